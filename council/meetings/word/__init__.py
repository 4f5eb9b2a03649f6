"""Written material out and in: the papers of a meeting as Word files, and Word files as the papers of a meeting."""

"""The meetings of a year: overview, planning of new meetings, and publication of their dates."""

"""The meeting desk: one screen for a whole meeting, saved field by field, by several people at once."""

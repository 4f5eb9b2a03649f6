"""The meeting desk: one page for a whole meeting, saved field by field and by several people at once."""

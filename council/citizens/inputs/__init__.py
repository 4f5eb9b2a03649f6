"""What citizens write to the council: taken in, answered, put on an agenda, and forgotten."""

"""Citizens' inputs to a council: received, answered, put on an agenda, and deleted after the council's period."""

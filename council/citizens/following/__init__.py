"""Following a council, a strategy or a topic by e-mail: what is new, who is told, and the pages for it."""

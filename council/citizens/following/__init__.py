"""Following a council, strategy or topic by e-mail: news items, notices and digests, and the subscription pages."""

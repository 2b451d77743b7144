"""Mail: who gets which, what follows from events for them, how it is handed to the relay, and what became of it."""

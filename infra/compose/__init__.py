"""Self-hosting without Azure, in containers."""

"""The HTTP API against real servers."""

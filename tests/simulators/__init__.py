"""Azure's own protocols over HTTP, for the real SDK to speak to."""

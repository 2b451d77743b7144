"""What goes in and out of the API, as documented in its schema."""

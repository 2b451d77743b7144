"""The routes of the API, one noun per module."""

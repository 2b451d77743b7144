"""Mails as they are written: what each kind says, as data first, then as text and HTML, then as a message."""

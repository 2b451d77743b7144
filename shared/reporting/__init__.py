"""Clients, uploads, reports and what is in them: what can be asked of them, and what can be done."""

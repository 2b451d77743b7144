"""Branding: the logo, colours, fonts and words that a tenant or a client wants on its reports."""

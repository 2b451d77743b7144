"""Asking Azure: what can go wrong on the way, and how it is told."""

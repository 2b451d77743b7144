"""Ticks: what recurs without anybody asking, done by whoever comes first and holds the lock."""

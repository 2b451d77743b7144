"""Snapshots: one collection of recommendations at a time, written by the hundred thousand and read as a stream."""

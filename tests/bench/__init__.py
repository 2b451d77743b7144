"""Measurements of speed and memory, as ratios against a peer or a limit in one interleaved run."""

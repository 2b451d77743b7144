"""The HTTP API: one router per noun over the domain in ``shared``."""

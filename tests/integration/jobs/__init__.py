"""Jobs against real servers and, where it matters, real worker processes."""

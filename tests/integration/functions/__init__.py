"""The front inside the library that the Functions host runs Python apps with."""

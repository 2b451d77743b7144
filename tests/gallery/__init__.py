"""The gallery of the documentation: reports that look the same on every machine, as small images of their pages."""

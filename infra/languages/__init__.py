"""The catalogues of translated words, brought up to date with the code and the templates."""

"""Whether stored credentials still work: checked again and again, told once when one does not, and when it does again."""

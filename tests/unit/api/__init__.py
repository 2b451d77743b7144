"""What the front does without any server."""

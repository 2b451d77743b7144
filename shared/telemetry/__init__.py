"""What the product says about itself: logs, traces and metrics, none of which ever holds a secret."""

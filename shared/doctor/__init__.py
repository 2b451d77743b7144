"""The doctor: one probe through every leg the product stands on, each timed, with a next step where it fails."""

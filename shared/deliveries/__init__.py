"""What deliveries have in common, whoever gets them: jobs for attempts, waits in between, a row for every attempt."""

"""What changed between two snapshots of one client, and over the last twelve."""

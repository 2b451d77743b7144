"""The broker: which queues there are, and how a job's message is sent."""

"""Azure Advisor's recommendations: what they are, and how they are read from exports."""

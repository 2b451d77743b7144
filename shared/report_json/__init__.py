"""The JSON file of a report: its types, from which its JSON Schema is made."""

"""The part of the Kusto query language that the product writes, read and carried out by the letter."""

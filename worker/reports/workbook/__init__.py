"""The sheets of the Excel workbook, one a file."""

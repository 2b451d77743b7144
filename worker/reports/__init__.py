"""Reports: one typed content value, and the renderers that turn it into PDF, HTML, Excel and CSV files."""

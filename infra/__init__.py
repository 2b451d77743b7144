"""Where the product runs: in Azure, and on one machine."""

"""The chapters of a report, one a file: each computes its blocks from a draft, or says that it has nothing to tell."""

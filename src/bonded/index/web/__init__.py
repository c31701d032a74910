"""The index on the web: one file for each family of URLs."""

"""Stand-ins for well-known actions: one file each, one list in `catalogue.py`."""

"""The report as one HTML page: its parts, each a pure function from values to markup."""

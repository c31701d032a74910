"""What it takes to run an index for others: watched, bounded, copied, and held to be whole."""

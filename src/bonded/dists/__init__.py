"""What a distribution file is: its names, its digests, and the endpoints that take it."""

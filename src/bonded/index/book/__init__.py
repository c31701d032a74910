"""The book of an index: its tables, and everything that is read from them and written into them."""

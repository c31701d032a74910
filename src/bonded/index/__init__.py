"""A package index: the server that takes uploads from trusted publishers and serves installers."""

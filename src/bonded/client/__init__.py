"""The client: files and an identity in, a release on an index out."""

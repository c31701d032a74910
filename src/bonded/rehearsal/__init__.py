"""Publish here first, for nothing: a release played from the tag to the install."""

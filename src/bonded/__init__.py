"""Trusted publishing for Python packages, from the commit to the install."""

__version__ = "0.1.0"

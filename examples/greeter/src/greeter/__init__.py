"""Greets people by name, one or many."""

from greeter.greeting import greet, join_names

__all__ = ["greet", "join_names"]

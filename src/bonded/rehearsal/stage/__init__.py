"""The set of a rehearsal: everything that stands in for somebody else's servers and machines."""

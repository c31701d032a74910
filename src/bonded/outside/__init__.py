"""The only way out to other people's servers, guarded: which addresses, how much, how long."""

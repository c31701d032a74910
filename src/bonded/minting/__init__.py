"""A token in, a grant or a refusal out."""

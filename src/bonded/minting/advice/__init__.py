"""What a refusal tells its owner to do: one table of words for each kind of publisher, and what all share."""

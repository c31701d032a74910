"""Release workflows written, and what belongs to them: pins, registrations, the settings of an environment."""

"""Is this ID token genuine? Reading, verifying and, for the stage, issuing OpenID Connect tokens."""

"""Another index behind this one: asked with suspicion, kept on disk, shown under our address."""

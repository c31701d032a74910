"""GitHub Actions workflows as data: read, judged and predicted, never run here."""

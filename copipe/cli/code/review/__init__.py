"""`copipe review`."""

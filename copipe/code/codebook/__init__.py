"""Codebooks: read, written, changed, compared."""

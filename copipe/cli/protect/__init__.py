"""Commands that protect people."""

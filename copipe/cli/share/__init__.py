"""Commands that read and share."""

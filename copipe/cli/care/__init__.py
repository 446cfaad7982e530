"""Commands that look after a study."""

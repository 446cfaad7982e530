"""Who spoke when, and which role each voice is."""

"""Names out, stable replacements in."""

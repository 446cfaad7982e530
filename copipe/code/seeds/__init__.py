"""The language of seeds, and where they hit."""

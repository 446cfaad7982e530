"""A study on disk: what the researcher wrote, what was decided, what was made."""

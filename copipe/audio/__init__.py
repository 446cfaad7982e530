"""Sound: decoded, and where there is speech in it."""

"""A person's corrections: an overlay on words that outlives every rerun."""

"""The stages of a meeting, in order, and what they share."""

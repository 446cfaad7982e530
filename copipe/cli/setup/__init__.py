"""Commands that set up."""

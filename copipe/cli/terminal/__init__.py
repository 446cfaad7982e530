"""What all commands share of a terminal."""

"""Audio to words: engines, suspect passages, corrections."""

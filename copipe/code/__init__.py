"""Candidate codes for passages, from the researcher's own codebook."""

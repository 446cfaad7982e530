"""`copipe codebook`."""

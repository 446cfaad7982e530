"""What leaves a study: reports and packs, and what they are made from."""

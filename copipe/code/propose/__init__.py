"""Candidates and stories: what is proposed, by what evidence."""

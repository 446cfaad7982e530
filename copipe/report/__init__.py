"""Markdown for people: transcripts of record, meeting reports, the synthesis."""

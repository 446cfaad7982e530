"""Transcripts of other programs, a format a module."""

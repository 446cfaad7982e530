"""Figures of reports, drawn from plain numbers."""

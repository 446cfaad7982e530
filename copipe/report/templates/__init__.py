"""The templates of reports (Jinja2)."""

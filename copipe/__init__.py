"""copipe: from recordings of a group that meets again and again to cited, role-coded reports, offline."""

__version__ = "0.1.0"

"""Tables and pages to work on away from copipe."""

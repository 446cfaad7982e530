"""Who speaks when, behind one protocol, an engine a module."""

"""Speech to text behind one protocol, an engine a module."""

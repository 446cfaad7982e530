"""What identifies somebody, found in files of any kind."""

"""What voices sound like, whose they are, and voices as a person put them right."""

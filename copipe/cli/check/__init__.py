"""Commands that check words and voices."""

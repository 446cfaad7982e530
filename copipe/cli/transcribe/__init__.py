"""Commands that transcribe and run."""

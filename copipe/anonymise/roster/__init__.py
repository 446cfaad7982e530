"""The names that a study knows, what stands for them, and what was decided about others."""

"""Who may be heard: withdrawal, destruction, and what must go with them."""

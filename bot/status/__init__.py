"""What the bot's operator asks for: whether it is well, and what it does."""

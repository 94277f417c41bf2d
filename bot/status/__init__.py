"""Answers for the bot's operator: whether the bot is well, and what it does."""

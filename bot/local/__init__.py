"""A small Discord on loopback, for trying the bot without a token and for end-to-end tests."""

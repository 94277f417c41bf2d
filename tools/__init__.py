"""Tools of developers, which make and measure the bot. Run one with python -m tools.NAME."""

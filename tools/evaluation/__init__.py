"""What `python -m bot.evaluate` measures, beside what, and how it is shown."""

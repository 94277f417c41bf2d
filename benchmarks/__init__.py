"""How fast the bot answers and how much memory it takes. Run one with python -m benchmarks.NAME."""

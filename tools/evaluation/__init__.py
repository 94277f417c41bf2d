"""Evaluation by `python -m bot.evaluate`: measures, baselines and pages."""

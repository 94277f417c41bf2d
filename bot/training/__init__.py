"""Trainings and their results: `/retrain`, `/models`, `/namer`."""

"""Commands about models: `/retrain`, `/models`, `/namer`."""

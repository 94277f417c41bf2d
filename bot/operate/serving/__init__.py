"""Serves Discord, Slack, both, or a local simulation, until the bot is stopped."""

"""Slack over the network: the Web API, and connections in Socket Mode."""

"""Hostile text on Slack: what it may become in what is sent, and all the ways in which it comes."""

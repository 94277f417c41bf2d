"""Polls on names: voting, closing, the hall of fame."""

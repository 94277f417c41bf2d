"""Shared by all commands: messages, turns, the app, dispatch, error messages."""

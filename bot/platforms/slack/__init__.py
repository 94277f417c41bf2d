"""Slack's side: the client, rendering, modals, and commands typed in one line."""

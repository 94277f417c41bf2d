"""Moderation: blocks, removals, and the record of who did what."""

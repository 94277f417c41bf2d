"""Moderation: who may do what, removals, blocks, and the record."""

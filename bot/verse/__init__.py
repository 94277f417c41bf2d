"""Poems: writing and keeping them."""

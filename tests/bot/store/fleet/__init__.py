"""Tests of what processes that share a database tell each other."""

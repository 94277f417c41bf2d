"""Fixtures of the end-to-end tests, some of which are here, since they are slow."""

from tests.end_to_end.conftest import local, without_writers

__all__ = ["local", "without_writers"]

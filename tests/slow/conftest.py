"""Fixtures of the end-to-end tests, some of which are here, since they are slow."""

from tests.end_to_end.conftest import browser, local, toy, without_writers

__all__ = ["browser", "local", "toy", "without_writers"]

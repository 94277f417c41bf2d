"""Fixtures of the slow tests on Slack."""

from tests.end_to_end.conftest import without_writers
from tests.end_to_end.slack.conftest import _without_proxy

__all__ = ["_without_proxy", "without_writers"]

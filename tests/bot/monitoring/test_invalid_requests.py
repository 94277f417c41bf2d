"""Counting requests that Discord refuses, before it bans the address."""

import pytest

from bot.monitoring.invalid_requests import SAVE_AT, WARN_AT, WINDOW_S, InvalidRequests


@pytest.fixture
def now() -> list[float]:
    """The time: a test changes it."""
    return [1000.0]


@pytest.fixture
def invalid(now: list[float]) -> InvalidRequests:
    return InvalidRequests(lambda: now[0])


@pytest.mark.parametrize(
    ("status", "scope", "counted"),
    [(401, "", 1), (403, "", 1), (429, "user", 1), (429, "shared", 0), (404, "", 0), (200, "", 0)],
)
def test_what_counts(invalid: InvalidRequests, status: int, scope: str, counted: int) -> None:
    invalid.count(status, {"X-RateLimit-Scope": scope})
    assert invalid.recent == counted


def test_window(invalid: InvalidRequests, now: list[float]) -> None:
    invalid.count(403, {})
    now[0] += WINDOW_S / 2
    for _ in range(3):
        invalid.count(429, {})
    assert invalid.recent == 4
    now[0] += WINDOW_S / 2
    assert invalid.recent == 3
    now[0] += WINDOW_S
    assert invalid.recent == 0


def test_warnings_are_few(
    invalid: InvalidRequests, now: list[float], caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(WARN_AT - 1):
        invalid.count(403, {})
    assert caplog.messages == []
    for _ in range(3 * WARN_AT):
        invalid.count(403, {})
    assert len(caplog.messages) == 2  # at 500 and at 1,000
    assert "a missing permission (403)" in caplog.messages[0]
    now[0] += 2 * WINDOW_S
    for _ in range(WARN_AT):
        invalid.count(403, {})
    assert len(caplog.messages) == 3


def test_many(invalid: InvalidRequests, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(SAVE_AT - 1):
        invalid.count(429, {})
    assert not invalid.are_many
    invalid.count(429, {})
    assert invalid.are_many
    assert "optional edits are left out" in caplog.messages[-1]

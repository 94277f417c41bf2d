"""Cooldowns per key."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from bot.chat.cooldowns import Cooldowns, TooSoon
from tests.bot.conftest import NOW


def test_ended_cooldown() -> None:
    """It is that of one key."""
    cooldowns = Cooldowns(10)
    for name in ("alice", "bob"):
        cooldowns.start(name, NOW)
    cooldowns.end("alice")
    cooldowns.start("alice", NOW)
    with pytest.raises(TooSoon):
        cooldowns.start("bob", NOW)


def test_keys_are_forgotten() -> None:
    cooldowns = Cooldowns(10)
    for member in range(1000):
        cooldowns.start(member, NOW + timedelta(seconds=member))
    assert len(cooldowns._until) == 10


DAY = -86_400
"""Seconds to yesterday: the clock has stepped back."""


@pytest.mark.parametrize(
    ("most", "requests"),
    [
        (1, [(0, True), (9, False), (10, True)]),
        (1, [(0, True), (-0.001, False)]),  # made first, and looked at second
        (1, [(0, True), (DAY, True), (DAY + 9, False), (DAY + 10, True)]),
        (2, [(0, True), (0, True), (DAY, True), (DAY, True), (DAY, False)]),
        (2, [(0, True), (0, True), (20, True), (20, True), (20, False)]),  # a rest restores all
        # A rush is stopped, and goes on at the pace of the cooldown.
        (3, [(0, True), (1, True), (2, True), (9, False), (10, True), (19, False), (20, True)]),
    ],
)
def test_cooldown(most: int, requests: list[tuple[float, bool]]) -> None:
    cooldowns = Cooldowns(10, most=most)
    for second, is_granted in requests:
        with nullcontext() if is_granted else pytest.raises(TooSoon):
            cooldowns.start("alice", NOW + timedelta(seconds=second))

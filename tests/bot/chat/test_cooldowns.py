"""Cooldowns per key."""

from datetime import timedelta

import pytest

from bot.chat.cooldowns import Cooldowns, TooSoon
from tests.bot.conftest import NOW


def test_once_per_cooldown() -> None:
    cooldowns = Cooldowns(10)
    cooldowns.start("alice", NOW)
    with pytest.raises(TooSoon):
        cooldowns.start("alice", NOW + timedelta(seconds=9))
    cooldowns.start("bob", NOW + timedelta(seconds=9))
    cooldowns.start("alice", NOW + timedelta(seconds=10))


def test_ended_cooldown() -> None:
    cooldowns = Cooldowns(10)
    cooldowns.start("alice", NOW)
    cooldowns.end("alice")
    cooldowns.start("alice", NOW)


def test_keys_are_forgotten() -> None:
    cooldowns = Cooldowns(10)
    for member in range(1000):
        cooldowns.start(member, NOW + timedelta(seconds=member))
    assert len(cooldowns._until) == 10


def test_clock_steps_back() -> None:
    cooldowns = Cooldowns(10)
    cooldowns.start("alice", NOW)
    yesterday = NOW - timedelta(days=1)
    cooldowns.start("alice", yesterday)
    with pytest.raises(TooSoon):
        cooldowns.start("alice", yesterday + timedelta(seconds=9))
    cooldowns.start("alice", yesterday + timedelta(seconds=10))


def test_several_in_a_row() -> None:
    """A rush is stopped, and goes on at the pace of the cooldown."""
    cooldowns = Cooldowns(10, most=3)
    for second in (0, 1, 2):
        cooldowns.start("alice", NOW + timedelta(seconds=second))
    with pytest.raises(TooSoon):
        cooldowns.start("alice", NOW + timedelta(seconds=9))
    cooldowns.start("alice", NOW + timedelta(seconds=10))
    with pytest.raises(TooSoon):
        cooldowns.start("alice", NOW + timedelta(seconds=19))
    cooldowns.start("bob", NOW + timedelta(seconds=19))
    cooldowns.start("alice", NOW + timedelta(seconds=20))


def test_rest_restores_all() -> None:
    cooldowns = Cooldowns(10, most=2)
    for second in (0, 0, 20, 20):
        cooldowns.start("alice", NOW + timedelta(seconds=second))
    with pytest.raises(TooSoon):
        cooldowns.start("alice", NOW + timedelta(seconds=20))


def test_clock_steps_back_after_a_rush() -> None:
    cooldowns = Cooldowns(10, most=2)
    yesterday = NOW - timedelta(days=1)
    for now in (NOW, NOW, yesterday, yesterday):
        cooldowns.start("alice", now)
    with pytest.raises(TooSoon):
        cooldowns.start("alice", yesterday)


def test_another_order() -> None:
    """A request that was made first, and is looked at second, is too soon as well."""
    cooldowns = Cooldowns(10)
    cooldowns.start("x", NOW)
    with pytest.raises(TooSoon):
        cooldowns.start("x", NOW - timedelta(milliseconds=1))

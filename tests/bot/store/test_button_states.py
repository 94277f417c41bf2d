import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from bot.store import Store
from bot.store.answers import ButtonStates

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=9)
PAYLOAD = '{"opening": "Shall I compare thee — to 龍"}'


async def test_prune(store: Store) -> None:
    states = store[ButtonStates]
    old = await states.put(PAYLOAD, 3, 1, NOW)
    new = await states.put("{}", 3, None, NOW + timedelta(days=1))
    assert 0 < old != new > 0
    assert await states.prune(NOW) == 0
    assert [await states.get(number, 1) for number in (old, new, 1)] == [PAYLOAD, "{}", None]
    assert await states.prune(NOW + timedelta(days=1)) == 1
    assert [await states.get(number, 1) for number in (old, new)] == [None, "{}"]


async def test_oldest_of_a_member_make_room(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the same member in the same community, however many they store elsewhere."""
    monkeypatch.setattr("bot.store.answers.MOST_STATES", 3)
    states = store[ButtonStates]
    elsewhere = ((4, 1), (3, 2), (3, None))
    others = [await states.put(PAYLOAD, member, place, NOW) for member, place in elsewhere]
    numbers = [await states.put("{}", 3, 1, NOW + timedelta(days=day)) for day in range(5)]
    kept = [await states.get(number, 1) for number in numbers]
    assert kept == [None, None, "{}", "{}", "{}"]
    found = [await states.get(each, place) for each, place in zip(others, (1, 2, 1), strict=True)]
    assert found == [PAYLOAD] * 3
    assert await states.get(await states.put("{}", 3, 1, NOW), 1) == "{}"  # the clock was ahead
    many = await asyncio.gather(*(states.put("{}", 3, None, LATER) for _ in range(9)))
    assert len([each for each in many if await states.get(each, None) is not None]) == 3

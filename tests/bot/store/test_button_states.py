from datetime import UTC, datetime, timedelta

from bot.store import Store
from bot.store.answers import ButtonStates

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
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

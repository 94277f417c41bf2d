from datetime import UTC, datetime, timedelta

from bot.store import Store
from bot.store.answers import ButtonStates

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAYLOAD = '{"opening": "Shall I compare thee — to 龍"}'


async def test_put_and_get(store: Store) -> None:
    first = await store[ButtonStates].put(PAYLOAD, 3, 1, NOW)
    second = await store[ButtonStates].put("{}", 3, None, NOW)
    assert 0 < first != second > 0
    assert await store[ButtonStates].get(first) == PAYLOAD
    assert await store[ButtonStates].get(second) == "{}"
    assert await store[ButtonStates].get(1) is None


async def test_prune(store: Store) -> None:
    old = await store[ButtonStates].put(PAYLOAD, 3, 1, NOW)
    new = await store[ButtonStates].put(PAYLOAD, 3, 1, NOW + timedelta(days=1))
    assert await store[ButtonStates].prune(NOW) == 0
    assert await store[ButtonStates].prune(NOW + timedelta(days=1)) == 1
    assert await store[ButtonStates].get(old) is None
    assert await store[ButtonStates].get(new) == PAYLOAD

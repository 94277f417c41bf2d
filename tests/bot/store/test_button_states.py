from datetime import UTC, datetime, timedelta

from bot.store import Store

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
PAYLOAD = '{"opening": "Shall I compare thee — to 龍"}'


async def test_put_and_get(store: Store) -> None:
    first = await store.button_states.put(PAYLOAD, 3, 1, NOW)
    second = await store.button_states.put("{}", 3, None, NOW)
    assert 0 < first != second > 0
    assert await store.button_states.get(first) == PAYLOAD
    assert await store.button_states.get(second) == "{}"
    assert await store.button_states.get(1) is None


async def test_prune(store: Store) -> None:
    old = await store.button_states.put(PAYLOAD, 3, 1, NOW)
    new = await store.button_states.put(PAYLOAD, 3, 1, NOW + timedelta(days=1))
    assert await store.button_states.prune(NOW) == 0
    assert await store.button_states.prune(NOW + timedelta(days=1)) == 1
    assert await store.button_states.get(old) is None
    assert await store.button_states.get(new) == PAYLOAD

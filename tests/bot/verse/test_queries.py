import asyncio
from datetime import UTC, datetime

import pytest

from bot.store import Store
from bot.verse import queries as poems
from bot.verse.queries import Full, Poems

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LINES = "Shall I compare thee to a summer’s day?\nThou art more lovely 🦕"


async def keep(store: Store, message: int, member: int = 5) -> bool:
    return await store[Poems].keep(member, 1, message, f"Sonnet {message}", LINES, NOW)


async def test_concurrent_keeps(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    kept = await asyncio.gather(*(keep(s, 9) for s in (store, other) * 5))
    await other.close()
    assert sum(kept) == 1
    assert await store[Poems].count(5) == 1


async def test_full(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(poems, "MOST", 2)
    await keep(store, 1)
    await keep(store, 2)
    assert not await keep(store, 2)
    with pytest.raises(Full):
        await keep(store, 3)
    assert await keep(store, 3, member=6)
    assert await store[Poems].drop(5, (await store[Poems].of(5))[0].id)
    assert await keep(store, 3)

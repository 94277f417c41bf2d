"""Which commands were registered."""

from bot.store import Store
from bot.store.fleet.registrations import Registrations


async def test_digests(store: Store) -> None:
    assert await store[Registrations].digest(1) is None
    await store[Registrations].note(1, "a" * 64)
    await store[Registrations].note(2, "b" * 64)
    await store[Registrations].note(1, "c" * 64)
    assert await store[Registrations].digest(1) == "c" * 64
    assert await store[Registrations].digest(2) == "b" * 64

"""Which commands were registered."""

from bot.store import Store


async def test_digests(store: Store) -> None:
    assert await store.registrations.digest(1) is None
    await store.registrations.note(1, "a" * 64)
    await store.registrations.note(2, "b" * 64)
    await store.registrations.note(1, "c" * 64)
    assert await store.registrations.digest(1) == "c" * 64
    assert await store.registrations.digest(2) == "b" * 64

import asyncio

from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.identities import Identities, Identity, is_id_of
from bot.store.schema import FIRST_SURROGATE

ADA = ("slack", "user", "T1", "U1")


async def test_resolve_is_stable(store: Store) -> None:
    """To look one up assigns none."""
    identities = store[Identities]
    assert await identities.look_up(*ADA) is None
    ada = await identities.resolve(*ADA)
    assert FIRST_SURROGATE <= ada < 2**63
    assert await identities.resolve(*ADA) == await identities.look_up(*ADA) == ada
    assert await identities.find(ada) == Identity(ada, *ADA)
    assert await identities.find(ada + 1) is None
    for number, platform in ((ada, "slack"), (81384788765712384, "discord")):
        others = {"slack", "discord"} - {platform}
        assert is_id_of(platform, number)
        assert not any(is_id_of(other, number) for other in others)


async def test_each_part_counts(store: Store) -> None:
    others = [("matrix", *ADA[1:]), ("slack", "channel", "T1", "U1"), ("slack", "user", "T2", "U1")]
    ids = [await store[Identities].resolve(*parts) for parts in (ADA, *others)]
    assert len(set(ids)) == 4
    assert ids == sorted(ids)


async def test_concurrent_resolves_agree(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    people = [("slack", "user", "T1", f"U{number}") for number in range(5)]
    calls = [(s, parts) for parts in people * 4 for s in (store, other)]
    ids = await asyncio.gather(*(s[Identities].resolve(*parts) for s, parts in calls))
    await other.close()
    found = {parts: number for (_, parts), number in zip(calls, ids, strict=True)}
    assert ids == [found[parts] for _, parts in calls]
    assert len(set(ids)) == len(people)


async def test_surrogates_are_not_reused(store: Store) -> None:
    """Nor kept for a member who is forgotten."""
    identities = store[Identities]
    bob = await identities.resolve("slack", "user", "T1", "U2")
    for forget in (identities.forget, store[Privacy].forget_member):
        ada = await identities.resolve(*ADA)
        await forget(ada)
        assert await identities.find(ada) is None
        assert await identities.resolve(*ADA) > ada
    assert await identities.find(bob) is not None

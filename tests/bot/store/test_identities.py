import asyncio

from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.identities import Identities, Identity, is_id_of
from bot.store.schema import FIRST_SURROGATE

ADA = ("slack", "user", "T1", "U1")


async def test_resolve_is_stable(store: Store) -> None:
    ada = await store[Identities].resolve(*ADA)
    assert FIRST_SURROGATE <= ada < 2**63
    assert await store[Identities].resolve(*ADA) == ada
    assert await store[Identities].find(ada) == Identity(ada, *ADA)
    assert await store[Identities].find(ada + 1) is None


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
    ada = await store[Identities].resolve(*ADA)
    await store[Identities].forget(ada)
    assert await store[Identities].find(ada) is None
    assert await store[Identities].resolve(*ADA) > ada


async def test_forgotten_member_has_no_identity(store: Store) -> None:
    ada = await store[Identities].resolve(*ADA)
    bob = await store[Identities].resolve("slack", "user", "T1", "U2")
    await store[Privacy].forget_member(ada)
    assert await store[Identities].find(ada) is None
    assert await store[Identities].find(bob) is not None


async def test_look_up_assigns_nothing(store: Store) -> None:
    assert await store[Identities].look_up(*ADA) is None
    ada = await store[Identities].resolve(*ADA)
    assert await store[Identities].look_up(*ADA) == ada


async def test_ids_of_platforms(store: Store) -> None:
    ada = await store[Identities].resolve(*ADA)
    assert is_id_of("slack", ada)
    assert not is_id_of("discord", ada)
    assert is_id_of("discord", 81384788765712384)
    assert not is_id_of("slack", 81384788765712384)

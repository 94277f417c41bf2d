"""Discoveries: what enters a museum and a collection, and what leaves them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from bot.community.queries import Action, RecordEntry
from bot.creatures.animal import profile_of
from bot.creatures.profile import to_json
from bot.discoveries import queries
from bot.discoveries.queries import ORDERS, Discoveries, Exhibit
from bot.moderation.queries import Moderation
from bot.polls.queries import PollRecord, Polls
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.people import Person
from bot.store.schema import Discovery
from tests.bot.champions import crown
from tests.texts import WORDS

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DAY = timedelta(days=1)
HERE, ELSEWHERE = 1, 2
ADA, BOB, MO = 11, 12, 13


async def found(
    store: Store, name: str, at: datetime = NOW, member: int = ADA, community: int = HERE
) -> int:
    """Let a name win. Returns the id of its poll."""
    return (await crown(store, name, at=at, community_id=community, member_id=member)).id


async def opened(store: Store, member: int) -> PollRecord:
    """A poll that Kilosaurus will win tomorrow, opened before somebody owns that."""
    at = NOW + DAY
    return await crown(
        store, "Kilosaurus", at=at, community_id=HERE, member_id=member, is_open=True
    )


async def museum(store: Store, community: int = HERE) -> list[str]:
    exhibits = await store[Discoveries].exhibits(WORDS, community, most=1000)
    assert await store[Discoveries].count(community) == len(exhibits)
    return [exhibit.name for exhibit in exhibits]


async def collection(store: Store, member: int = ADA, community: int = HERE) -> list[Exhibit]:
    exhibits = await store[Discoveries].exhibits(WORDS, community, owner_id=member, most=1000)
    assert await store[Discoveries].count(community, member) == len(exhibits)
    return exhibits


def names(exhibits: Sequence[Exhibit]) -> list[str]:
    return [exhibit.name for exhibit in exhibits]


async def test_winner_is_discovered(store: Store) -> None:
    poll_id = await found(store, "Kilosaurus")
    (exhibit,) = await collection(store)
    assert exhibit.profile == profile_of("Kilosaurus")
    facts = exhibit.name, exhibit.poll_id, exhibit.found_at, exhibit.discoverer, exhibit.owner_id
    assert facts == ("Kilosaurus", poll_id, NOW, Person(ADA), ADA)
    assert await museum(store) == ["Kilosaurus"]
    assert await store[Discoveries].named(HERE, "kiloSAURUS") == exhibit
    assert await store[Discoveries].named(ELSEWHERE, "Kilosaurus") is None


async def test_what_is_no_dinosaur(store: Store) -> None:
    place = {"at": NOW, "community_id": HERE}
    await crown(store, "Elrond", namer="elves", **place)  # type: ignore[arg-type]
    await crown(store, "Мангозавр", **place)  # type: ignore[arg-type]
    await crown(store, "Nobodysaurus", votes=0, **place)  # type: ignore[arg-type]
    assert await museum(store) == []


async def test_two_polls_close_at_once(store: Store) -> None:
    """Also in two processes."""
    others = [Store(store.database) for _ in range(6)]
    await asyncio.gather(
        *(found(other, f"Kilosaurus{'abcdef'[i]}") for i, other in enumerate(others))
    )
    assert len(await museum(store)) == 6
    assert len(await collection(store)) == 3
    await asyncio.gather(*(found(other, "Megasaurus", NOW + DAY, BOB + 5) for other in others))
    assert len(await museum(store)) == 7


async def test_favourite(store: Store) -> None:
    for letter in "abc":
        await found(store, f"Kilosaurus{letter}")
    await found(store, "Bobsaurus", member=BOB)
    newest = await collection(store)
    for chosen in (newest[2], newest[1]):
        await store[Discoveries].favour(HERE, ADA, chosen.id)
        ordered = await collection(store)
        assert ordered[0].id == chosen.id
        assert [exhibit.is_favourite for exhibit in ordered] == [True, False, False]
    await store[Discoveries].favour(HERE, BOB, newest[0].id)  # which is not theirs
    assert (await collection(store))[0].id == newest[1].id
    await asyncio.gather(*(store[Discoveries].favour(HERE, ADA, each.id) for each in newest * 3))
    assert sum(exhibit.is_favourite for exhibit in await collection(store)) == 1
    await store[Discoveries].favour(HERE, ADA, newest[1].id)
    await store[Discoveries].release(HERE, ADA, newest[1].id)
    assert not any(exhibit.is_favourite for exhibit in await collection(store))


async def test_orders(store: Store) -> None:
    for i, name in enumerate(("Stegosaurus", "Minmi", "Diplodocus", "Plateosaurus")):
        await found(store, name, NOW + timedelta(hours=i), BOB if i % 2 else ADA)
    await store[Discoveries].hide(HERE, ADA, hidden=True)
    shown = {
        order: names(await store[Discoveries].exhibits(WORDS, HERE, order=order, skip=0, most=3))
        for order in ORDERS
    }
    assert shown == {
        "newest": ["Plateosaurus", "Diplodocus", "Minmi"],
        "family": ["Diplodocus", "Plateosaurus", "Stegosaurus"],
        "period": ["Plateosaurus", "Diplodocus", "Stegosaurus"],
        "discoverer": ["Plateosaurus", "Minmi", "Diplodocus"],
    }
    hidden = await store[Discoveries].exhibits(WORDS, HERE, skip=1, most=1)
    assert [exhibit.discoverer for exhibit in hidden] == [None]


@pytest.mark.parametrize("is_removed", [False, True])
async def test_void_while_the_other_finder_is_forgotten(
    store: Store, monkeypatch: pytest.MonkeyPatch, *, is_removed: bool
) -> None:
    """Or while a moderator removes the name there: what comes second waits."""
    second = (await opened(store, BOB)).id
    first = await found(store, "Kilosaurus")
    assert await store[Polls].close(second, NOW + DAY)
    may_grow, tasks = queries._may_grow, list[asyncio.Task[Any]]()

    async def slow(*given: Any) -> bool:  # noqa: ANN401 (passed on)
        entry = RecordEntry(Action.REMOVE_NAME, MO, NOW, HERE)
        meanwhile: Any = store[Privacy].forget_member(BOB)
        if is_removed:
            meanwhile.close()
            meanwhile = store[Moderation].remove_name(second, 1, entry)
        tasks.append(asyncio.create_task(meanwhile))
        await asyncio.wait(tasks, timeout=0.3)
        return await may_grow(*given)

    monkeypatch.setattr(queries, "_may_grow", slow)
    await store[Polls].void(first, NOW)
    await asyncio.gather(*tasks)
    assert not await store[Privacy].of(BOB) or is_removed
    assert await museum(store) == ([] if is_removed else ["Kilosaurus"])
    assert not await collection(store, BOB)


async def test_void_while_another_poll_closes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another process, before it has committed. The name has won that one, so it stays."""
    discover = queries.discover

    async def slowly(*arguments: Any) -> None:  # noqa: ANN401 (passed on)
        await discover(*arguments)
        await asyncio.sleep(0.1)

    second = await opened(store, ADA)
    first = await found(store, "Kilosaurus")
    monkeypatch.setattr(queries, "discover", slowly)
    one, other = Store(store.database), Store(store.database)
    closing = asyncio.create_task(one[Polls].close(second.id, NOW + DAY))
    await asyncio.sleep(0.05)
    await asyncio.gather(closing, other[Polls].void(first, NOW))
    (exhibit,) = await store[Discoveries].exhibits(WORDS, HERE)
    assert exhibit.poll_id == second.id


async def test_spellings_of_one_name(store: Store) -> None:
    """The case of letters, and how their accents are written, make no other creature."""
    for i, name in enumerate(("Éomaia", "E\u0301OMAIA", "éomaia", "Kiloſaurus", "KILOSAURUS")):
        await found(store, name, NOW + i * DAY)
    assert await museum(store) == ["Kiloſaurus", "Éomaia"]


async def test_leaders(store: Store) -> None:
    for i in range(5):
        await found(store, f"Kilosaurus{'abcde'[i]}", NOW)
    await found(store, "Bobsaurus", NOW + DAY, BOB)
    await found(store, "Farsaurus", NOW + DAY, MO, ELSEWHERE)
    assert await store[Discoveries].leaders(HERE, None) == [(Person(ADA), 5), (Person(BOB), 1)]
    assert await store[Discoveries].leaders(HERE, NOW + DAY) == [(Person(BOB), 1)]
    assert await store[Discoveries].leaders(HERE, None, most=1) == [(Person(ADA), 5)]
    await store[Discoveries].hide(HERE, ADA, hidden=True)
    await store[Discoveries].hide(HERE, ADA, hidden=True)
    assert await store[Discoveries].leaders(HERE, None) == [(Person(BOB), 1)]
    assert await store[Discoveries].owner(HERE, ADA) is None
    assert await store[Discoveries].owner(ELSEWHERE, ADA) is not None
    await store[Discoveries].hide(HERE, ADA, hidden=False)
    assert len(await store[Discoveries].leaders(HERE, None)) == 2


async def test_privacy(store: Store) -> None:
    await found(store, "Kilosaurus")
    await found(store, "Bobsaurus", member=BOB)
    await store[Discoveries].hide(HERE, ADA, hidden=True)
    counts = await store[Privacy].of(ADA)
    assert (counts["discoveries"], counts["hidden_collections"]) == (1, 1)
    exported = await store[Privacy].all_of(ADA)
    assert exported["discoveries"][0]["name"] == "Kilosaurus"
    assert len(exported["hidden_collections"]) == 1
    await store[Privacy].forget_member(ADA)
    assert await store[Privacy].of(ADA) == {}
    shown = {
        str(each.name): each.discoverer for each in await store[Discoveries].exhibits(WORDS, HERE)
    }
    assert shown == {"Kilosaurus": None, "Bobsaurus": Person(BOB)}
    assert not await collection(store)


async def test_missing_profiles_are_made_once(store: Store) -> None:
    """What is stored never changes."""
    await found(store, "Kilosaurus")
    await found(store, "Megasaurus")
    made = (await museum_exhibit(store, "Kilosaurus")).profile
    kept = to_json(profile_of("Gigasaurus"))
    async with store.database.writing() as session:
        await session.execute(update(Discovery).values(profile=None, family=None, period=None))
    assert (await museum_exhibit(store, "Kilosaurus")).profile == made
    async with store.database.writing() as session:
        of_other = update(Discovery).where(Discovery.key == "megasaurus")
        await session.execute(of_other.values(profile=kept))
    await store[Discoveries].complete(HERE)
    async with store.database.reading() as session:
        columns = Discovery.name, Discovery.profile, Discovery.family, Discovery.period
        rows = await session.execute(select(*columns).order_by(Discovery.id))
        assert [tuple(row) for row in rows] == [
            ("Kilosaurus", to_json(made), made.family, made.period),
            ("Megasaurus", kept, None, None),
        ]


async def museum_exhibit(store: Store, name: str) -> Exhibit:
    exhibit = await store[Discoveries].named(HERE, name)
    assert exhibit is not None
    return exhibit

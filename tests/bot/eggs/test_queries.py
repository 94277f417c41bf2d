"""Nests: one a day, what hatches from them, and what is kept of them."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from sqlalchemy import update

from bot.community.moments import today_in, zone_of
from bot.community.queries import Action, Blocks, Communities, Record, RecordEntry
from bot.creatures.animal import profile_of
from bot.creatures.rarity import rarity_of
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Discoveries, Exhibit
from bot.eggs.queries import LONGEST_NEST, NestRecord, Nests, Outcome
from bot.moderation.queries import Moderation
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import NoNameLeft, Polls
from bot.polls.removal_queries import RemovedNames
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.members import Forgotten, note_received
from bot.store.people import Person
from bot.store.schema import Discovery
from tests.bot.champions import crown, outdated
from tests.texts import WORDS, named

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
HERE, ELSEWHERE = 1, 2
ADA, BOB, MO = 11, 12, 13
NAMES = "Aosaurus", "Bosaurus", "Cosaurus"
REMOVED = RecordEntry(Action.REMOVE_NAME, MO, NOW, HERE)
RARE = next(
    name for i in range(500) if rarity_of(name := f"Ra{i:b}saurus".translate({48: "o", 49: "i"}))
)


async def laid(
    store: Store, *names: str, at: datetime = NOW, member: int = ADA, community: int = HERE
) -> NestRecord:
    """A nest, with `NAMES` unless others are given."""
    return await store[Nests].lay(community, member, names or NAMES, at)


async def press(
    store: Store, nest: NestRecord, name: str = NAMES[0], at: datetime = NOW
) -> Outcome:
    """Press the egg of a name."""
    return await store[Nests].hatch(nest, profile_of(name), nest.eggs.values(), at)


async def museum(store: Store) -> list[str]:
    return [each.name for each in await store[Discoveries].exhibits(WORDS, HERE, most=99)]


async def collection(store: Store, member: int = ADA) -> list[Exhibit]:
    return await store[Discoveries].exhibits(WORDS, HERE, owner_id=member, most=99)


async def test_same_nest_all_day(store: Store) -> None:
    """Also after a kill before it was shown, and if two processes lay one at once."""
    assert await store[Nests].of_today(HERE, ADA, NOW) is None
    others = [Store(store.database) for _ in range(5)]
    nests = await asyncio.gather(*(laid(other, f"A{i}saurus") for i, other in enumerate(others)))
    assert len({nest.id for nest in nests}) == 1
    nest = await laid(store, "Zosaurus", at=NOW + 11 * HOUR)
    assert nest == nests[0] == await store[Nests].of_today(HERE, ADA, NOW)
    assert nest == await store[Nests].find(nest.id, NOW)
    assert nest.until == datetime(2026, 11, 26, tzinfo=UTC)
    assert (await laid(store, member=BOB)).names == NAMES
    assert (await laid(store, community=ELSEWHERE)).names == NAMES


async def test_unused_days_do_not_add_up(store: Store) -> None:
    old = await laid(store)
    today = await laid(store, "Dosaurus", at=NOW + 5 * DAY)
    assert (today.names, today.is_current) == (("Dosaurus",), True)
    found = await store[Nests].find(old.id, NOW + 5 * DAY)
    assert found is not None
    assert not found.is_current
    assert await press(store, old, at=NOW + 5 * DAY) is Outcome.STALE
    assert await press(store, today, "Dosaurus", NOW + 5 * DAY) is Outcome.HATCHED
    assert await museum(store) == ["Dosaurus"]


async def test_hatching(store: Store) -> None:
    nest = await laid(store)
    assert await press(store, nest, "Bosaurus") is Outcome.HATCHED
    (exhibit,) = await collection(store)
    facts = exhibit.name, exhibit.found_at, exhibit.discoverer, exhibit.owner_id
    assert facts == ("Bosaurus", NOW, Person(ADA), ADA)
    assert (exhibit.is_hatched, exhibit.profile) == (True, profile_of("Bosaurus"))
    assert await museum(store) == ["Bosaurus"]
    assert await store[Discoveries].leaders(HERE, None) == [(Person(ADA), 1)]
    after = await laid(store, "Dosaurus", at=NOW + HOUR)
    assert (after.id, after.names, after.is_hatched) == (nest.id, (), True)
    assert after.discovery_id == exhibit.id
    for name in NAMES:  # the others are forgotten
        assert await press(store, nest, name) is Outcome.STALE
    assert await store[Nests].new_among(HERE, NAMES) == {"aosaurus", "cosaurus"}


async def test_one_press_counts(store: Store) -> None:
    """Whichever process gets it."""
    nest = await laid(store)
    presses = [press(Store(store.database), nest, name) for name in NAMES * 2]
    assert Counter(await asyncio.gather(*presses)) == {Outcome.HATCHED: 1, Outcome.STALE: 5}
    assert len(await museum(store)) == 1


async def test_same_name_in_two_nests(store: Store) -> None:
    """It hatches once. The other member has the eggs that are left."""
    mine, theirs = await laid(store), await laid(store, "Aosaurus", "Dosaurus", member=BOB)
    both = [press(Store(store.database), each) for each in (mine, theirs)]
    outcomes = await asyncio.gather(*both)
    assert Counter(outcomes) == {Outcome.HATCHED: 1, Outcome.UNFIT: 1}
    second = ADA if outcomes[0] is Outcome.UNFIT else BOB
    left = await laid(store, member=second)
    assert left.names == {ADA: (None, *NAMES[1:]), BOB: (None, "Dosaurus")}[second]
    assert await press(store, left, left.eggs[1]) is Outcome.HATCHED


@pytest.mark.parametrize("why", ["polled", "removed", "discovered", "filtered"])
async def test_what_may_not_hatch_any_more(store: Store, why: str) -> None:
    nest, fit = await laid(store, "Aosaurus", "Bosaurus"), {"Aosaurus", "Bosaurus"}
    at = {"at": NOW, "community_id": HERE, "member_id": BOB}
    match why:
        case "polled":
            await crown(store, "aoSaurus", is_open=True, **at)  # type: ignore[arg-type]
        case "removed":
            poll = await crown(store, "Aosaurus", **at)  # type: ignore[arg-type]
            await store[Moderation].remove_name(poll.id, 1, REMOVED)
            await store[Polls].prune(NOW + DAY)
        case "discovered":
            assert await press(store, await laid(store, "Aosaurus", member=BOB)) is Outcome.HATCHED
        case "filtered":
            fit = {"Bosaurus"}
    assert await store[Nests].hatch(nest, profile_of("Aosaurus"), fit, NOW) is Outcome.UNFIT
    left = await laid(store)
    assert (left.id, left.names) == (nest.id, (None, "Bosaurus"))
    assert await store[Nests].hatch(nest, profile_of("Bosaurus"), (), NOW) is Outcome.EMPTY
    again = await laid(store, "Dosaurus")
    assert again.id != nest.id
    assert await press(store, again, "Dosaurus") is Outcome.HATCHED


async def test_poll_that_opens_meanwhile(store: Store) -> None:
    """Either it has the name, which then does not hatch, or it is opened without it."""
    for number in range(6):
        name, at = f"Kilo{'abcdef'[number]}saurus", NOW + number * DAY
        nest = await laid(store, name, at=at)
        poll = crown(store, name, at=at, community_id=HERE, member_id=BOB, is_open=True)
        outcome, opened = await asyncio.gather(press(Store(store.database), nest, name, at), poll)
        stored = await store[Polls].find(opened.id)
        assert stored is not None
        assert (name in stored.names) == (outcome is Outcome.EMPTY)


async def test_owned_names_are_in_no_poll(store: Store) -> None:
    """Until their owner releases them. Namers write what they like."""
    await press(store, await laid(store))
    assert await store[RemovedNames].owned(HERE) == {"aosaurus"}
    again = {"at": NOW + DAY, "community_id": HERE, "member_id": BOB, "is_open": True}
    stored = await crown(store, "AOSAURUS", **again)  # type: ignore[arg-type]
    assert (await found(store, stored.id)) == ("Anothersaurus",)
    of_namer = await crown(store, "Aosaurus", namer="elves", **again)  # type: ignore[arg-type]
    assert (await found(store, of_namer.id)) == ("Anothersaurus", "Aosaurus")
    elsewhere = await crown(store, "Aosaurus", **again | {"community_id": ELSEWHERE})  # type: ignore[arg-type]
    assert "Aosaurus" in await found(store, elsewhere.id)
    (own,) = await collection(store)
    await store[Discoveries].release(HERE, ADA, own.id)
    await crown(store, "Aosaurus", at=NOW + DAY, community_id=HERE, member_id=BOB)
    (kept,) = await store[Discoveries].exhibits(WORDS, HERE)
    assert (kept.id, kept.owner_id, kept.is_hatched) == (own.id, None, True)
    await press(store, await laid(store, "Dosaurus", member=BOB), "Dosaurus")
    alone = replace(stored, id=9, names=named("Dosaurus"), day=NOW.date())
    for opened in (store[Polls].open(alone), store[Polls].open_daily(alone)):
        with pytest.raises(NoNameLeft):
            await opened


async def found(store: Store, poll_id: int) -> tuple[str, ...]:
    poll = await store[Polls].find(poll_id)
    assert poll is not None
    return tuple(map(str, poll.names))


async def test_full_collection(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The egg waits. Three finds of a day enter besides it."""
    nest = await laid(store)
    for letter in "xyz":
        await crown(store, f"{letter}osaurus", at=NOW, community_id=HERE, member_id=ADA)
    monkeypatch.setattr(discoveries, "MOST_OWNED", 3)
    assert await press(store, nest) is Outcome.FULL
    (_newest, _second, oldest) = await collection(store)
    await store[Discoveries].release(HERE, ADA, oldest.id)
    assert await press(store, nest) is Outcome.HATCHED
    assert len(await collection(store)) == 3


async def test_hatched_ones_are_none_of_three(store: Store) -> None:
    await press(store, await laid(store))
    for letter in "vwxyz":
        await crown(store, f"{letter}osaurus", at=NOW, community_id=HERE, member_id=ADA)
    assert [each.is_hatched for each in await collection(store)].count(False) == 3


async def test_blocked_meanwhile(store: Store) -> None:
    nest = await laid(store)
    await store[Blocks].block(HERE, ADA, RecordEntry(Action.BLOCK, MO, NOW, HERE, ADA))
    assert await press(store, nest) is Outcome.BLOCKED
    assert await museum(store) == []


ZONES = "UTC", "Pacific/Kiritimati", "Etc/GMT+12", "Europe/Berlin", "Pacific/Apia"


@pytest.mark.parametrize("seed", range(4))
async def test_days_of_a_moving_zone(store: Store, seed: int) -> None:
    """However managers move it, nobody gets two nests of a day, or waits for long.

    Pacific/Apia skipped 30 December 2011.
    """
    rng, laid_at, days = np.random.default_rng(seed), list[datetime](), list[date]()
    zone, begin = "UTC", datetime(2011, 12, 26, 12, tzinfo=UTC)
    for now in (begin + hours * HOUR for hours in range(10 * 24)):
        if rng.random() < 0.15:
            zone = str(rng.choice(ZONES))
            await store[Communities].change(HERE, daily_zone=zone)
        if await store[Nests].of_today(HERE, ADA, now) is None:
            await laid(store, at=now)
            laid_at.append(now)
            days.append(today_in(now, zone_of(zone)))
    assert len({*days}) == len(days) > 5
    assert max(later - earlier for earlier, later in pairwise(laid_at)) <= 75 * HOUR


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
async def test_zone_is_moved(store: Store, zone: str) -> None:
    """To a place where it is tomorrow already, or still today when the day has ended."""
    await press(store, await laid(store))
    await store[Communities].change(HERE, daily_zone=zone)
    for hours in range(12):  # until midnight in UTC
        assert (await laid(store, "Dosaurus", at=NOW + hours * HOUR)).is_hatched
    waits = 12 if zone == "Etc/GMT+12" else 0
    assert (await laid(store, "Dosaurus", at=NOW + (12 + waits) * HOUR - HOUR)).is_hatched
    assert not (await laid(store, "Dosaurus", at=NOW + (12 + waits) * HOUR)).is_hatched


async def test_privacy(store: Store) -> None:
    """A file says that there is a nest, and not what is in it. A deletion deletes it."""
    await press(store, await laid(store, "Dosaurus", at=NOW - DAY), "Dosaurus", NOW - DAY)
    nest = await laid(store)
    counts = await store[Privacy].of(ADA)
    assert (counts["nests"], counts["discoveries"]) == (2, 1)
    exported = await store[Privacy].all_of(ADA)
    assert [row["id"] for row in exported["nests"]].count(nest.id) == 1
    assert not any(name in str(exported) for name in NAMES)
    assert "Dosaurus" in str(exported)
    await store[Privacy].forget_member(ADA)
    assert await store[Privacy].of(ADA) == {}
    assert await store[Nests].find(nest.id, NOW) is None
    (left,) = await store[Discoveries].exhibits(WORDS, HERE)
    assert (left.name, left.discoverer, left.owner_id) == ("Dosaurus", None, None)


async def test_deletion_meanwhile(store: Store) -> None:
    nest = await laid(store)
    note_received(store.database)
    await store[Privacy].forget_member(ADA)
    with pytest.raises(Forgotten):
        await laid(store)
    with pytest.raises(Forgotten):
        await press(store, nest)
    assert await store[Privacy].of(ADA) == {}


async def test_old_nests_are_swept(store: Store) -> None:
    old, new = await laid(store), await laid(store, at=NOW + 4 * DAY)
    await store[Nests].prune(NOW + 4 * DAY - LONGEST_NEST)
    assert await store[Nests].find(old.id, NOW) is None
    assert await store[Nests].find(new.id, NOW) is not None
    await store[Privacy].left(HERE, NOW)
    assert await store[Privacy].forget_communities(NOW + DAY) == [HERE]
    assert await store[Nests].find(new.id, NOW) is None


async def test_removed_by_name(store: Store) -> None:
    """It leaves the museum, the collection, and the answers that show it, with a record."""
    nest = await laid(store)
    await press(store, nest)
    hall = store[HallOfFame]
    await hall.note_shown(HERE, 5, 51, names=["Aosaurus"], now=NOW)
    await hall.note_shown(HERE, 5, 52, names=["Otherosaurus"], now=NOW)
    assert await hall.hatched_on(HERE, (5, 51)) == "Aosaurus"
    assert await hall.hatched_on(HERE, (5, 52)) is None
    assert await hall.winners(HERE, "AO") == ["Aosaurus"]
    assert (
        await store[Moderation].remove_winner("aosaurus", replace(REMOVED, community_id=9)) is None
    )
    removal = await store[Moderation].remove_winner("aosaurus", REMOVED)
    assert removal is not None
    assert (removal.name, removal.poll_ids) == ("Aosaurus", ())
    assert [entry.subject for entry in await store[Record].entries(HERE)] == ["Aosaurus"]
    assert await outdated(store) == [(HERE, 5, 51)]
    assert await museum(store) == []
    assert await store[Polls].removed_since(HERE, NOW) == ["Aosaurus"]
    after = await store[Nests].of_today(HERE, ADA, NOW)
    assert after is not None
    assert (after.is_hatched, after.discovery_id) == (True, None)
    assert await store[Nests].new_among(HERE, NAMES) == {"bosaurus", "cosaurus"}
    assert await store[Moderation].remove_winner("aosaurus", REMOVED) is None


async def test_rarity_is_told_once(store: Store) -> None:
    """Of what was found before; who hatches an egg is told at once."""
    await crown(store, RARE, at=NOW, community_id=HERE, member_id=ADA)
    await crown(store, "Mangosaurus", at=NOW, community_id=HERE, member_id=ADA)
    tell = store[Discoveries].tell_rarities
    assert await tell(WORDS, HERE, BOB) == []
    both = await asyncio.gather(tell(WORDS, HERE, ADA), tell(WORDS, HERE, ADA))
    assert sorted([each.name for each in told] for told in both) == [[], [RARE]]
    async with store.database.writing() as session:
        await session.execute(update(Discovery).values(owner_id=None))
        of_rare = update(Discovery).where(Discovery.name == RARE)
        await session.execute(of_rare.values(key="another", name="Another"))
    await press(store, await laid(store, RARE), RARE)
    assert await tell(WORDS, HERE, ADA) == []

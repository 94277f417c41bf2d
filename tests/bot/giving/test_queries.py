"""Offers: who may make and accept them, and what becomes of them, on both databases."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.community.queries import Action, Blocks, Record, RecordEntry
from bot.creatures.animal import profile_of
from bot.discoveries import queries as discoveries
from bot.discoveries.queries import Discoveries, Exhibit
from bot.eggs.queries import Nests
from bot.giving.queries import LASTS, MOST_OFFERS, RECORDED, OfferRecord, Offers, Outcome
from bot.moderation.queries import Moderation
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.members import Forgotten, note_received
from bot.store.people import Person
from tests.texts import WORDS

DAY = timedelta(days=1)
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
HERE, ELSEWHERE = 1, 2
ADA, BOB, CAT, MO = 11, 12, 13, 14
GIFT, OTHER = "Aosaurus", "Bosaurus"
UNDONE = RecordEntry(Action.UNDO_GIFT, MO, NOW, HERE, ADA, GIFT)


async def hatched(store: Store, name: str, member: int = ADA, at: datetime = NOW - DAY) -> Exhibit:
    nest = await store[Nests].lay(HERE, member, [name], at)
    await store[Nests].hatch(nest, profile_of(name), [name], at)
    return await creature(store, name)


async def creature(store: Store, name: str = GIFT) -> Exhibit:
    found = await store[Discoveries].named(HERE, name)
    assert found is not None
    return found


async def owners(store: Store) -> dict[str, int | None]:
    return {str(e.name): e.owner_id for e in await store[Discoveries].exhibits(WORDS, HERE)}


async def offer(
    store: Store,
    given: Exhibit,
    wanted: Exhibit | None = None,
    *,
    by: int = ADA,
    to: int = BOB,
    at: datetime = NOW,
    here: int = HERE,
) -> Outcome:
    midnight = at.replace(hour=0)
    number = None if wanted is None else wanted.id
    return await store[Offers].offer(here, by, to, given.id, number, at, midnight)


async def offers(store: Store, member: int = BOB, at: datetime = NOW) -> list[OfferRecord]:
    return await store[Offers].of_member(WORDS, HERE, member, at)


async def test_gift(store: Store) -> None:
    """It leaves the one collection for the other; who found it stays known."""
    gift = await hatched(store, GIFT)
    await store[Discoveries].favour(HERE, ADA, gift.id)
    assert await offer(store, gift) is Outcome.DONE
    assert await offer(store, gift) is Outcome.DONE  # once
    (made,) = await offers(store)
    assert await offers(store, ADA) == [made]
    assert (made.member_id, made.recipient_id, made.name, made.wanted) == (ADA, BOB, GIFT, None)
    assert [await store[Offers].waiting(HERE, each, NOW) for each in (ADA, BOB, CAT)] == [
        (1, 0),
        (0, 1),
        (0, 0),
    ]
    assert await owners(store) == {GIFT: ADA}
    assert await store[Offers].accept(made, NOW) is Outcome.DONE
    after = await creature(store)
    assert (after.owner_id, after.discoverer, after.is_favourite) == (BOB, Person(ADA), False)
    assert (after.came_at, after.found_at) == (NOW, NOW - DAY)
    assert await store[Offers].accept(made, NOW) is Outcome.GONE
    assert await offers(store) == []
    assert await store[Discoveries].leaders(HERE, None) == [(Person(ADA), 1)]
    assert await offer(store, gift) is Outcome.GONE
    assert await offer(store, after, by=BOB, to=ADA) is Outcome.TOO_NEW
    assert await offer(store, after, by=BOB, to=ADA, at=NOW + DAY) is Outcome.DONE


async def test_swap(store: Store) -> None:
    """Both or none."""
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    assert await offer(store, mine, theirs) is Outcome.DONE
    assert await offer(store, theirs, mine, by=BOB, to=ADA) is Outcome.DONE
    first, second = sorted(await offers(store), key=lambda each: each.recipient_id, reverse=True)
    outcomes = await asyncio.gather(
        *(Store(store.database)[Offers].accept(each, NOW) for each in (first, second, first))
    )
    assert sorted(each.name for each in outcomes) == ["DONE", "GONE", "GONE"]
    assert await owners(store) == {GIFT: BOB, OTHER: ADA}
    assert await offers(store) == []


@pytest.mark.parametrize("whose", [GIFT, OTHER])
async def test_swap_of_what_is_gone(store: Store, whose: str) -> None:
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    (made,) = await offers(store)
    gone = mine if whose == GIFT else theirs
    await store[Discoveries].release(HERE, gone.owner_id or 0, gone.id)
    assert await offers(store) == []
    assert await store[Offers].accept(made, NOW) is Outcome.GONE
    assert await owners(store) == {GIFT: ADA, OTHER: BOB} | {whose: None}


async def test_two_offers_of_one(store: Store) -> None:
    """Whoever accepts first has it, in whatever process; the other offer ends."""
    gift = await hatched(store, GIFT)
    made = []
    for each in (BOB, CAT):
        assert await offer(store, gift, to=each) is Outcome.DONE
        made += await offers(store, each)
    accepts = [Store(store.database)[Offers].accept(each, NOW) for each in made]
    outcomes = await asyncio.gather(*accepts)
    winner = made[outcomes.index(Outcome.DONE)].recipient_id
    assert {*outcomes} == {Outcome.DONE, Outcome.GONE}
    assert await owners(store) == {GIFT: winner}
    assert await offers(store, ADA) == []


async def test_released_at_once(store: Store) -> None:
    gift = await hatched(store, GIFT)
    await offer(store, gift)
    (made,) = await offers(store)
    other = Store(store.database)
    outcome, released = await asyncio.gather(
        store[Offers].accept(made, NOW), other[Discoveries].release(HERE, ADA, gift.id)
    )
    assert (outcome is Outcome.DONE) != released
    assert await owners(store) == {GIFT: None if released else BOB}


async def test_declined_or_taken_back(store: Store) -> None:
    gift = await hatched(store, GIFT)
    for member, may in ((CAT, False), (BOB, True), (ADA, True)):
        await offer(store, gift)
        (made,) = await offers(store)
        assert await store[Offers].withdraw(ELSEWHERE, member, made.id) is False
        assert await store[Offers].withdraw(HERE, member, made.id) is may
        assert len(await offers(store)) == 1 - may
    assert await store[Offers].accept(made, NOW) is Outcome.GONE
    assert await owners(store) == {GIFT: ADA}


async def test_time(store: Store) -> None:
    """From the day after it came, for a week."""
    gift = await hatched(store, GIFT, at=NOW)
    assert await offer(store, gift) is Outcome.TOO_NEW
    assert await offer(store, gift, at=NOW + DAY) is Outcome.DONE
    (made,) = await offers(store, at=NOW + DAY)
    ends = NOW + DAY + LASTS
    assert await offers(store, at=ends) == []
    assert await store[Offers].accept(made, ends) is Outcome.GONE
    await store[Offers].prune(ends + DAY)
    assert await store[Offers].find(WORDS, HERE, made.id) is None


async def test_five_at_a_time(store: Store) -> None:
    days = [NOW - days * DAY for days in range(6, 0, -1)]
    gifts = [await hatched(store, f"{day:%a}osaurus", at=day) for day in days]
    for each in gifts[:MOST_OFFERS]:
        assert await offer(store, each) is Outcome.DONE
    assert await offer(store, gifts[-1]) is Outcome.TOO_MANY
    made = await offers(store)
    await store[Offers].withdraw(HERE, BOB, made[0].id)
    assert await offer(store, gifts[-1]) is Outcome.DONE


async def test_who_may(store: Store) -> None:
    gift = await hatched(store, GIFT)
    assert await offer(store, gift, by=CAT) is Outcome.GONE
    assert await offer(store, gift, here=ELSEWHERE) is Outcome.GONE
    await offer(store, gift)
    (made,) = await offers(store)
    entry = RecordEntry(Action.BLOCK, MO, NOW, HERE, BOB)
    for each in (ADA, BOB):
        await store[Blocks].block(HERE, each, entry)
        assert await offers(store) == []
        assert await store[Offers].accept(made, NOW) is Outcome.GONE
        assert await offer(store, gift) is Outcome.REFUSED
        await store[Blocks].unblock(HERE, each, entry)
    assert await store[Offers].accept(made, NOW) is Outcome.DONE


async def test_full_collection(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before the offer, unless the collection is hidden; a swap needs no room."""
    monkeypatch.setattr(discoveries, "MOST_OWNED", 1)
    gift, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    assert await offer(store, gift) is Outcome.FULL
    await store[Discoveries].hide(HERE, BOB, hidden=True)
    assert await offer(store, gift) is Outcome.DONE
    assert await offer(store, gift, theirs) is Outcome.GONE
    (made,) = await offers(store)
    assert await store[Offers].accept(made, NOW) is Outcome.FULL
    await store[Discoveries].hide(HERE, BOB, hidden=False)
    await offer(store, gift, theirs)
    (swap,) = [each for each in await offers(store) if each.wanted is not None]
    assert await store[Offers].accept(swap, NOW) is Outcome.DONE
    assert await owners(store) == {GIFT: BOB, OTHER: ADA}


async def test_name_is_removed(store: Store) -> None:
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    (made,) = await offers(store)
    removed = RecordEntry(Action.REMOVE_NAME, MO, NOW, HERE)
    assert await store[Moderation].remove_winner(OTHER, removed) is not None
    assert await store[Offers].accept(made, NOW) is Outcome.GONE
    assert await owners(store) == {GIFT: ADA}
    assert await offers(store) == await offers(store, ADA) == []


async def test_name_of_a_gift_is_removed(store: Store) -> None:
    """The other creature of the swap can still go back."""
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    await store[Offers].accept((await offers(store))[0], NOW)
    removed = RecordEntry(Action.REMOVE_NAME, MO, NOW, HERE)
    await store[Moderation].remove_winner(GIFT, removed)
    (gift,) = await store[Offers].gifts(WORDS, HERE)
    assert gift.name.instead is not None
    assert (str(gift.name), str(gift.wanted)) == ("", OTHER)
    assert await store[Offers].undo(gift, UNDONE) is Outcome.DONE
    assert await owners(store) == {OTHER: BOB}


async def test_deletion(store: Store) -> None:
    """What was given stays with its owner; offers go, and none reaches who has left."""
    gift, other = await hatched(store, GIFT, at=NOW - 2 * DAY), await hatched(store, OTHER)
    await offer(store, gift)
    (made,) = await offers(store)
    await store[Offers].accept(made, NOW)
    await offer(store, other)
    assert (await store[Privacy].of(BOB))["offers"] == 2
    exported = await store[Privacy].all_of(BOB)
    assert [row["recipient_id"] for row in exported["offers"]] == [BOB, BOB]
    assert not any("member_id" in row for row in exported["offers"])
    (open_,) = await offers(store)
    note_received(store.database)
    await store[Privacy].forget_member(ADA)
    after = await creature(store)
    assert (after.owner_id, after.discoverer) == (BOB, None)
    assert await owners(store) == {GIFT: BOB, OTHER: None}
    assert await store[Offers].accept(open_, NOW) is Outcome.GONE
    assert await store[Privacy].of(ADA) == {}
    with pytest.raises(Forgotten):
        await offer(store, gift)
    assert await offer(store, after, by=BOB, to=ADA, at=NOW + DAY) is Outcome.REFUSED
    await store[Privacy].forget_member(BOB)
    with pytest.raises(Forgotten):
        await store[Offers].accept(open_, NOW)
    assert await owners(store) == {GIFT: None, OTHER: None}


async def test_recipient_leaves(store: Store) -> None:
    """The finder stays known, and does not get it back."""
    gift = await hatched(store, GIFT)
    await offer(store, gift)
    await store[Offers].accept((await offers(store))[0], NOW)
    await store[Privacy].forget_member(BOB)
    after = await creature(store)
    assert (after.owner_id, after.discoverer) == (None, Person(ADA))


async def test_undone(store: Store) -> None:
    """What those who were given it still have. An entry tells who did it."""
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    await store[Offers].accept((await offers(store))[0], NOW)
    (gift,) = await store[Offers].gifts(WORDS, HERE)
    assert (gift.is_kept, gift.accepted_at) == (True, NOW)
    undos = [Store(store.database)[Offers].undo(gift, UNDONE) for _process in range(2)]
    assert {*await asyncio.gather(*undos)} == {Outcome.DONE, Outcome.GONE}
    assert await owners(store) == {GIFT: ADA, OTHER: BOB}
    assert await store[Offers].gifts(WORDS, HERE) == []
    entries = await store[Record].entries(HERE)
    other = replace(UNDONE, target_id=BOB, subject=OTHER)
    assert sorted(entries, key=lambda entry: entry.subject) == [UNDONE, other]


async def test_half_of_a_swap_goes_back(store: Store) -> None:
    """Who was cheated may have released what they got."""
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    await store[Offers].accept((await offers(store))[0], NOW)
    await store[Discoveries].release(HERE, BOB, mine.id)
    (gift,) = await store[Offers].gifts(WORDS, HERE)
    assert await store[Offers].undo(gift, UNDONE) is Outcome.DONE
    assert await owners(store) == {GIFT: None, OTHER: BOB}
    assert await store[Record].entries(HERE) == [replace(UNDONE, target_id=BOB, subject=OTHER)]


async def test_chain_of_gifts_goes_back(store: Store) -> None:
    gift = await hatched(store, GIFT)
    for day, (by, to) in enumerate([(ADA, BOB), (BOB, CAT)]):
        later = NOW + day * DAY
        await offer(store, gift, by=by, to=to, at=later)
        assert await store[Offers].accept((await offers(store, to, later))[0], later)
    for owner in (BOB, ADA):
        last = (await store[Offers].gifts(WORDS, HERE))[0]
        assert await store[Offers].undo(last, UNDONE) is Outcome.DONE
        assert await owners(store) == {GIFT: owner}


async def test_wanted_is_hidden_since(store: Store) -> None:
    """Nothing is told about a hidden collection, also not by an offer of before.

    Its giver can take it back, and no more than five are there when the collection is shown again.
    """
    mine, theirs = await hatched(store, GIFT), await hatched(store, OTHER, BOB)
    await offer(store, mine, theirs)
    (made,) = await offers(store)
    await store[Discoveries].hide(HERE, BOB, hidden=True)
    assert await offers(store) == []
    assert await offers(store, ADA) == [made]
    assert [await store[Offers].waiting(HERE, who, NOW) for who in (ADA, BOB)] == [(1, 0), (0, 0)]
    assert await store[Offers].accept(made, NOW) is Outcome.GONE
    today = await hatched(store, "Cosaurus", BOB, at=NOW)
    assert await offer(store, mine, today) is Outcome.GONE


async def test_blocks_leave_no_more_than_five_offers(store: Store) -> None:
    gifts = [
        await hatched(store, f"{letter}osaurus", at=NOW - day * DAY)
        for day, letter in zip(range(6, 0, -1), "ABCDEF", strict=True)
    ]
    for gift in gifts[:MOST_OFFERS]:
        await offer(store, gift)
    entry = RecordEntry(Action.BLOCK, MO, NOW, HERE, BOB)
    await store[Blocks].block(HERE, BOB, entry)
    assert await offer(store, gifts[-1], to=CAT) is Outcome.TOO_MANY
    assert [await store[Offers].waiting(HERE, who, NOW) for who in (ADA, BOB)] == [
        (MOST_OFFERS, 0),
        (0, 0),
    ]
    for each in await offers(store, ADA):  # which can be taken back
        assert await store[Offers].withdraw(HERE, ADA, each.id)
    assert await offer(store, gifts[-1], to=CAT) is Outcome.DONE


async def test_cannot_be_undone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once it has gone on, even if it came back."""
    gift = await hatched(store, GIFT)
    await offer(store, gift)
    await store[Offers].accept((await offers(store))[0], NOW)
    (first,) = await store[Offers].gifts(WORDS, HERE)
    with monkeypatch.context() as patch:
        patch.setattr(discoveries, "MOST_OWNED", 0)
        assert await store[Offers].undo(first, UNDONE) is Outcome.FULL
    for day, (by, to) in enumerate([(BOB, ADA), (ADA, BOB)], 1):
        later = NOW + day * DAY
        await offer(store, gift, by=by, to=to, at=later)
        (made,) = await offers(store, to, later)
        assert await store[Offers].accept(made, later) is Outcome.DONE
    assert await store[Offers].undo(first, UNDONE) is Outcome.GONE
    assert [each.is_kept for each in await store[Offers].gifts(WORDS, HERE)] == [True, False, False]
    assert await owners(store) == {GIFT: BOB}
    assert not await store[Record].entries(HERE)
    await store[Offers].prune(NOW + RECORDED + DAY / 2)
    assert len(await store[Offers].gifts(WORDS, HERE)) == 2


async def test_former_community(store: Store) -> None:
    gift = await hatched(store, GIFT)
    await offer(store, gift)
    await store[Privacy].left(HERE, NOW)
    assert await store[Privacy].forget_communities(NOW + DAY) == [HERE]
    assert await offers(store) == []
    assert await store[Privacy].of(BOB) == {}

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.community import queries as module
from bot.community.queries import (
    Action,
    Blocks,
    Communities,
    CommunitySettings,
    Record,
    RecordEntry,
    TooManyBlocks,
)
from bot.moderation.queries import Moderation
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import Ballot, Polls, RecentPoll
from bot.polls.removal_queries import Removal
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.trainer.queries import CustomModels
from bot.verse.queries import Poems
from tests.bot.champions import announce
from tests.bot.polls.test_hall_queries import hold_poll
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened, votes_of
from tests.bot.trainer.test_custom_model_queries import create
from tests.texts import named

BY = RecordEntry(Action.BLOCK, 9, NOW, 1)


async def test_removed_name_loses_its_votes(store: Store) -> None:
    await opened(store)
    for member in (5, 6):
        await store[Polls].cast(Ballot(POLL.id, member, 0), NOW)
    await store[Polls].cast(Ballot(POLL.id, 7, 1), NOW)
    removed = await store[Moderation].remove_name(POLL.id, 0, BY)
    assert removed == Removal("Mangosaurus", (POLL.id,), frozenset())
    assert not await store[Polls].cast(Ballot(POLL.id, 8, 0), NOW)  # a button of an old rendering
    assert await store[Polls].cast(Ballot(POLL.id, 5, 2), NOW)
    assert await votes_of(store) == (0, 1, 1)
    closed = await store[Polls].close(POLL.id, LATER)
    assert closed is not None
    assert (closed.winner, closed.removed) == (1, frozenset({0}))
    assert closed.standing == {1: "Bravosaurus", 2: "Kilosaurus"}


async def test_only_the_community_removes(store: Store) -> None:
    await opened(store)
    assert await store[Moderation].remove_name(POLL.id, 0, replace(BY, community_id=2)) is None
    assert await store[Moderation].remove_name(POLL.id, 3, BY) is None
    assert await store[Moderation].remove_name(1234, 0, BY) is None
    assert await store[Moderation].remove_name(POLL.id, 0, BY) is not None
    assert await store[Moderation].remove_name(POLL.id, 0, BY) is None  # already removed
    await hold_poll(store, 1, "Bravosaurus", 2)
    assert await store[Moderation].remove_name(1, 0, BY)
    found = await store[Polls].find(1)
    assert found is not None
    assert (found.winner, found.removed) == (1, frozenset({0}))  # another one has won


async def test_removal_during_votes(store: Store) -> None:
    """Whatever the order, no vote for a removed name is left."""
    await opened(store)
    results = await asyncio.gather(
        *(store[Polls].cast(Ballot(POLL.id, member, 0), NOW) for member in range(40)),
        store[Moderation].remove_name(POLL.id, 0, BY),
        *(store[Polls].cast(Ballot(POLL.id, member, 1), NOW) for member in range(40, 80)),
    )
    assert isinstance(results[40], Removal)
    assert await votes_of(store) == (0, 40, 0)


async def test_remover_and_forgetter(store: Store) -> None:
    """They lock polls and votes in the same order."""
    for number in range(1, 6):
        await opened(store, replace(POLL, id=number, member_id=9))  # who is not forgotten
        for member in range(6):
            await store[Polls].cast(Ballot(number, member, member % 2), NOW)
    other = Store(type(store.database)(store.database.url))
    await asyncio.gather(
        *(store[Moderation].remove_name(number, 0, BY) for number in range(1, 6)),
        *(other[Privacy].forget_member(member) for member in range(6)),
    )
    await other.close()
    assert [await votes_of(store, replace(POLL, id=n)) for n in range(1, 6)] == [(0, 0, 0)] * 5


async def test_winners_by_name(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await hold_poll(store, 2, "Mango%", 1, minute=20)
    await hold_poll(store, 3, "Elsewhere", 1, community_id=2)
    winners = store[HallOfFame].winners
    assert await winners(1, "") == ["Mango%", "Mangosaurus"]
    assert await winners(1, "O%") == ["Mango%"]
    assert await store[Moderation].remove_winner("mango", BY) is None
    removed = await store[Moderation].remove_winner("mangoSAURUS", BY)
    assert removed == Removal("Mangosaurus", (1,), frozenset({1}))


async def test_on_message(store: Store) -> None:
    await opened(store)
    await store[Polls].sent(POLL.id, 50)
    await store[Polls].close(POLL.id, NOW)
    await announce(store, POLL.id, NOW, 51)
    for message in (50, 51):
        found = await store[Polls].on_message(1, message)
        assert found is not None
        assert found.id == POLL.id
    assert await store[Polls].on_message(2, 50) is None
    assert await store[Polls].on_message(1, 52) is None


async def test_poem_is_removed_for_all_who_kept_it(store: Store) -> None:
    for member in (3, 4):
        await store[Poems].keep(member, 1, 9, "Shall I", "Shall I compare", NOW)
    elsewhere = replace(BY, community_id=2)
    await store[Poems].keep(3, 1, 10, "Another", "Another", NOW)
    assert await store[Moderation].remove_poems(9, elsewhere, is_emptied=False) == 0
    assert await store[Record].entries(2) == []
    assert await store[Moderation].remove_poems(9, BY, is_emptied=False) == 2
    assert await store[Moderation].remove_poems(9, BY, is_emptied=True) == 0
    assert await store[Record].entries(1) == [BY, BY]
    assert [poem.title for poem in await store[Poems].of(3)] == ["Another"]


async def test_refused_model(store: Store) -> None:
    models = store[CustomModels]
    weights = (b"file", "digest")
    await create(store, "own", community_id=1, weights=weights)
    shared = await create(store, "shared", community_id=2, weights=weights)
    await models.share(shared.id, True)
    assert [m.name for m in await models.usable(1)] == ["own", "shared"]
    assert await store[Moderation].refuse_model(shared.id, BY)
    assert not await store[Moderation].refuse_model(shared.id, BY)
    assert [m.id for m in await models.refused(1)] == [shared.id]
    assert [m.name for m in await models.usable(1)] == ["own"]
    assert await models.usable_one(shared.id, 1) is None
    assert await models.usable_one(shared.id, 2) is not None  # its community keeps it
    assert await models.usable_one(shared.id, None) is not None
    assert await store[Moderation].accept_model(shared.id, BY)
    assert await models.usable_one(shared.id, 1) is not None
    await store[Moderation].refuse_model(shared.id, BY)
    await models.delete(shared.id)
    assert await models.refused(1) == []


async def test_community_accepts_no_shared_models(store: Store) -> None:
    weights = (b"file", "digest")
    own = await create(store, "own", community_id=1, weights=weights)
    shared = await create(store, "shared", community_id=2, weights=weights)
    await store[CustomModels].share(shared.id, True)
    await store[CustomModels].share(own.id, True)
    await store[Communities].change(1, accepts_shared=False)
    assert [m.name for m in await store[CustomModels].usable(1)] == ["own"]
    assert [m.name for m in await store[CustomModels].usable(2)] == ["shared", "own"]
    assert [m.name for m in await store[CustomModels].usable(None)] == ["own", "shared"]


async def test_settings_are_independent(store: Store) -> None:
    await store[Communities].change(1, vote_minutes=30)
    await store[Communities].set_log_channel(replace(BY, target_id=5))
    await store[Communities].change(1, in_public_hall=False)
    found = await store[Communities].settings(1)
    assert found == CommunitySettings(in_public_hall=False, log_channel_id=5)
    assert await store[Communities].poll_minutes(1) == 30


async def test_blocks(store: Store) -> None:
    blocks = store[Blocks]
    versions = [await blocks.version()]
    assert await blocks.block(1, 3, BY)
    versions.append(await blocks.version())
    assert not await blocks.block(1, 3, BY)
    await blocks.block(EVERYWHERE, 4, BY)
    await blocks.block(2, EVERYBODY, BY)
    assert await blocks.all() == {(1, 3), (EVERYWHERE, 4), (2, EVERYBODY)}
    assert [b.member_id for b in await blocks.listed(1)] == [3]
    assert [b.member_id for b in await blocks.listed(2)] == []
    assert [b.member_id for b in await blocks.listed(None)] == [EVERYBODY, 4]
    assert await blocks.unblock(2, EVERYBODY, BY)
    assert not await blocks.unblock(2, EVERYBODY, BY)
    versions.append(await blocks.version())
    await blocks.block(2, EVERYBODY, BY)
    versions.append(await blocks.version())
    assert len({*versions}) == len(versions)


async def test_blocks_are_bounded(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BLOCKS", 2)
    for member in (3, 4):
        await store[Blocks].block(1, member, BY)
    with pytest.raises(TooManyBlocks):
        await store[Blocks].block(1, 5, BY)
    await store[Blocks].block(2, 5, BY)
    await store[Blocks].block(2, EVERYBODY, BY)


async def test_blocks_by_owners_are_all_loaded(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many moderators of all servers have made since."""
    monkeypatch.setattr(module, "MOST_LOADED", 2)
    await store[Blocks].block(EVERYWHERE, 4, BY)
    await store[Blocks].block(2, EVERYBODY, BY)
    for member in range(10, 14):
        await store[Blocks].block(1, member, BY)
    assert await store[Blocks].all() == {(EVERYWHERE, 4), (2, EVERYBODY), (1, 13), (1, 12)}


async def test_record(store: Store) -> None:
    entries = [RecordEntry(Action.REMOVE_NAME, 9, NOW, 1, None, f"Name {n}") for n in range(12)]
    for entry in entries:
        await store[Record].add(entry)
    await store[Record].add(RecordEntry(Action.BLOCK, 9, LATER, None, 3))
    newest = await store[Record].entries(1)
    assert list(newest) == entries[:1:-1]
    assert list(await store[Record].entries(1, skip=10)) == entries[1::-1]
    assert await store[Record].prune(NOW + timedelta(minutes=1)) == 12
    assert [entry.target_id for entry in await store[Record].entries(None)] == [3]


async def test_what_happened_is_recorded(store: Store) -> None:
    """In the same transaction; what changed nothing is not."""
    await opened(store)
    model = await create(store)
    entry = replace(BY, action=Action.REMOVE_NAME)
    for _twice in range(2):
        await store[Moderation].remove_name(POLL.id, 0, entry)
        await store[Moderation].refuse_model(model.id, replace(BY, action=Action.REFUSE_MODEL))
        await store[Blocks].block(1, 3, replace(BY, target_id=3))
    assert await store[Record].entries(1) == [
        replace(BY, target_id=3),
        replace(BY, action=Action.REFUSE_MODEL),
        replace(entry, subject="Mangosaurus"),
    ]


async def test_recent_polls(store: Store) -> None:
    for number, community in ((1, 1), (2, 1), (3, 1), (4, 2)):
        opened_at = NOW + timedelta(minutes=number)
        poll = replace(POLL, id=number, community_id=community, opened_at=opened_at)
        await opened(store, poll)
        if number != 3:  # its message is not known
            await store[Polls].sent(number, 100 + number)
    await store[Moderation].remove_name(2, 0, BY)
    recent = await store[Polls].recent(1)
    assert recent == [
        RecentPoll(POLL.channel_id, 102, named(*POLL.names[1:])),
        RecentPoll(POLL.channel_id, 101, named(*POLL.names[1:])),
    ]
    assert await store[Polls].recent(1, most=1) == recent[:1]


async def test_as_many_refused_models_as_a_menu_has(store: Store) -> None:
    for number in range(26):
        model = await create(store, f"Elves {number}", community_id=2, most=26)
        await store[CustomModels].share(model.id, shared=True)
        await store[Moderation].refuse_model(model.id, BY)
    assert len(await store[CustomModels].refused(1)) == 25

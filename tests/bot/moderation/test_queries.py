import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.community import queries as module
from bot.community.queries import Action, Blocks, Record, RecordEntry, TooManyBlocks
from bot.moderation.queries import Moderation
from bot.polls.queries import Ballot, Polls
from bot.polls.removal_queries import Removal
from bot.privacy.queries import Privacy
from bot.store import Store
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.trainer.queries import CustomModels
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened, votes_of
from tests.bot.trainer.test_queries import create

BY = RecordEntry(Action.BLOCK, 9, NOW, 1)


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


async def test_as_many_refused_models_as_a_menu_has(store: Store) -> None:
    for number in range(26):
        model = await create(store, f"Elves {number}", community_id=2, most=26)
        await store[CustomModels].share(model.id, shared=True)
        await store[Moderation].refuse_model(model.id, BY)
    assert len(await store[CustomModels].refused(1)) == 25

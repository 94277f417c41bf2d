"""Blocks in memory."""

import asyncio
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.community.blocks import FRESH_S, Blocked, LoadedBlocks, Reason
from bot.community.queries import Action, Blocks, RecordEntry
from bot.store import Store
from bot.store.schema import EVERYBODY, EVERYWHERE
from tests.bot.fakes import unavailable
from tests.bot.turns import ADA, COMMUNITY, FakePlatform, FakeTurn
from tests.clock import Clock

BY = RecordEntry(Action.BLOCK, 9, datetime(2026, 11, 25, 12, tzinfo=UTC), 1)


async def settled(blocks: LoadedBlocks) -> None:
    """Let a reading in progress end."""
    if blocks._reading is not None:
        await blocks._reading


async def test_reasons(store: Store) -> None:
    await store[Blocks].block(1, 3, BY)
    await store[Blocks].block(EVERYWHERE, 4, BY)
    await store[Blocks].block(2, EVERYBODY, BY)
    blocks = LoadedBlocks(store[Blocks])
    assert await blocks.reason(1, 3) is Reason.MEMBER_HERE
    assert await blocks.reason(5, 3) is None
    assert await blocks.reason(None, 3) is None
    assert await blocks.reason(None, 4) is Reason.MEMBER
    assert await blocks.reason(1, 4) is Reason.MEMBER
    assert await blocks.reason(2, 5) is Reason.COMMUNITY


@pytest.mark.parametrize(
    ("community", "is_manager", "is_refused"),
    [
        (COMMUNITY, False, True),
        (COMMUNITY, True, False),  # moderators cannot lock managers out
        (EVERYWHERE, False, True),
        (EVERYWHERE, True, True),  # owners can
    ],
)
async def test_managers(store: Store, community: int, is_manager: bool, is_refused: bool) -> None:
    await store[Blocks].block(community, ADA.id, BY)
    turn = FakeTurn(FakePlatform(), replace(ADA, is_manager=is_manager))
    with pytest.raises(Blocked) if is_refused else nullcontext():
        await LoadedBlocks(store[Blocks]).check(turn)


async def test_own_changes_hold_at_once(store: Store) -> None:
    blocks = LoadedBlocks(store[Blocks], clock=Clock())
    assert await blocks.reason(1, 3) is None
    assert await blocks.block(1, 3, BY)
    assert not await blocks.block(1, 3, BY)
    assert await blocks.reason(1, 3) is Reason.MEMBER_HERE
    assert await blocks.unblock(1, 3, BY)
    assert not await blocks.unblock(1, 3, BY)
    assert await blocks.reason(1, 3) is None


async def test_changes_of_other_processes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """During an outage, what was read holds."""
    clock = Clock()
    blocks = LoadedBlocks(store[Blocks], clock=clock)
    assert await blocks.reason(1, 3) is None
    await store[Blocks].block(1, 3, BY)
    assert await blocks.reason(1, 3) is None
    for _again in range(2):
        clock.now += FRESH_S
        await blocks.reason(1, 3)  # which does not wait
        await settled(blocks)
        assert await blocks.reason(1, 3) is Reason.MEMBER_HERE
        monkeypatch.setattr(store[Blocks], "version", unavailable)


async def test_hung_database_delays_no_request(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the first reading is waited for, half a second at most."""
    monkeypatch.setattr("bot.community.blocks.FIRST_S", 0.01)
    hung = asyncio.Event()

    async def hang() -> tuple[int, int]:
        await hung.wait()
        return 0, 0

    monkeypatch.setattr(store[Blocks], "version", hang)
    blocks = LoadedBlocks(store[Blocks], clock=Clock())
    async with asyncio.timeout(5):
        assert await blocks.reason(1, 3) is None
    hung.set()
    await settled(blocks)


async def test_older_reading_undoes_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    blocks = LoadedBlocks(store[Blocks], clock=clock)
    await blocks.reason(1, 3)
    read, go_on = store[Blocks].all, asyncio.Event()

    async def slow() -> frozenset[tuple[int, int]]:
        found = await read()
        await go_on.wait()
        return found

    await store[Blocks].block(5, 5, BY)
    monkeypatch.setattr(store[Blocks], "all", slow)
    clock.now = FRESH_S
    await blocks.reason(1, 3)
    await blocks.block(1, 3, BY)
    go_on.set()
    await settled(blocks)
    assert await blocks.reason(1, 3) is Reason.MEMBER_HERE

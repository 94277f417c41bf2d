"""Calls of a database that does not answer in time: given up, and honest about what was kept."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import text

from bot.community.queries import DEFAULT_MINUTES, Communities
from bot.polls.queries import Ballot, Polls
from bot.store import Database, OutcomeUnknown, Store, Unavailable
from bot.store import database as module
from bot.store.calls import Batches, current_call, run_call
from bot.store.queries import Queries, patient
from tests.bot.polls.test_queries import NOW, POLL, opened, votes_of


@asynccontextmanager
async def locked(store: Store) -> AsyncIterator[None]:
    """Another process holds the lock that all writers need."""
    other = Database(store.database.url)
    async with other.writing() as session:
        lock = "LOCK TABLE communities, polls IN ACCESS EXCLUSIVE MODE"
        await session.execute(text("SELECT 1" if other.is_sqlite else lock))
        yield
    await other.close()


async def let_run() -> None:
    """Let other tasks run until they wait for something."""
    for _step in range(20):
        await asyncio.sleep(0)


async def leftovers() -> None:
    """Wait for the tasks of calls that were given up."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)


@asynccontextmanager
async def hurried() -> AsyncIterator[None]:
    """Calls are given up at once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ANSWER_S", 0.05)
        patch.setattr(module, "AWAY_S", 0.05)
        yield


async def test_write_that_was_given_up_is_never_made(store: Store) -> None:
    """The member was told that nothing was saved."""
    async with locked(store), hurried():
        with pytest.raises(Unavailable, match=r"longer than 0\.05 s") as caught:
            await store[Communities].change(1, vote_minutes=99)
    assert not isinstance(caught.value, OutcomeUnknown)
    await leftovers()
    assert await store[Communities].poll_minutes(1) == DEFAULT_MINUTES


async def test_votes_behind_a_hanging_batch(store: Store) -> None:
    """Those in the batch may be counted, and are; those behind it are taken back."""
    await opened(store)
    async with locked(store), hurried():
        first = asyncio.create_task(store[Polls].cast(Ballot(POLL.id, 5, 0), NOW))
        await let_run()  # until its batch is being written
        with pytest.raises(Unavailable) as caught:
            await store[Polls].cast(Ballot(POLL.id, 6, 1), NOW)
        assert not isinstance(caught.value, OutcomeUnknown)
        with pytest.raises(OutcomeUnknown):
            await first
    await leftovers()
    assert await votes_of(store) == (1, 0, 0)


async def test_next_calls_fail_sooner(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    limits: list[float] = []
    patience_s = 0.05

    async def run(seconds: float, work: Coroutine[Any, Any, object]) -> object:
        limits.append(seconds)
        return await run_call(patience_s, work)

    monkeypatch.setattr(module, "run_call", run)
    async with locked(store):
        for _ in range(2):
            with pytest.raises(Unavailable):
                await store[Communities].change(1, vote_minutes=99)
    await leftovers()
    patience_s = 60
    await store[Communities].change(1, vote_minutes=5)
    await store[Communities].poll_minutes(1)
    assert limits == [module.ANSWER_S, module.AWAY_S, module.AWAY_S, module.ANSWER_S]


async def test_no_commit_after_giving_up() -> None:
    """One that hangs may have happened."""
    go_on, refused = asyncio.Event(), asyncio.Event()

    async def write() -> None:
        await go_on.wait()
        try:
            current_call().commit()
        except Unavailable:
            refused.set()
        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await run_call(0.01, write())
    go_on.set()
    await asyncio.wait_for(refused.wait(), 60)
    with pytest.raises(OutcomeUnknown):
        await run_call(0.01, write())


async def test_batch_outlives_the_call_that_began_it() -> None:
    """The writer serves other calls as well: it is not given up with the first one."""
    go_on = asyncio.Event()

    async def write(items: Sequence[int]) -> Sequence[int]:
        await go_on.wait()
        current_call().commit()
        return [item * 2 for item in items]

    batches = Batches(write, 10)
    with pytest.raises(OutcomeUnknown):
        await run_call(0.01, batches.put(1))
    second = asyncio.create_task(batches.put(2))
    await let_run()
    go_on.set()
    assert await second == 4


async def test_bad_item_does_not_stop_its_batch() -> None:
    """While the database is away, no item is tried again."""
    tried: list[int] = []

    async def write(items: Sequence[int]) -> Sequence[int]:
        tried.append(len(items))
        if 3 in items:
            raise error
        return items

    batches, error = Batches(write, 10), Exception("bad")
    written = await asyncio.gather(*map(batches.put, range(5)), return_exceptions=True)
    assert written == [0, 1, 2, error, 4]
    tried.clear()
    error = Unavailable()
    written = await asyncio.gather(*map(batches.put, range(5)), return_exceptions=True)
    assert (tried, written) == ([5], [error] * 5)


async def test_patient_query_is_not_given_up(database: Database) -> None:
    class Some(Queries):
        async def quick(self) -> None:
            await asyncio.sleep(0.2)

        @patient
        async def slow(self) -> None:
            await asyncio.sleep(0.2)

    async with hurried():
        await Some(database).slow()
        with pytest.raises(Unavailable):
            await Some(database).quick()

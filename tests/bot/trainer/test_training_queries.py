import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bot.privacy.queries import Privacy
from bot.store import Store
from bot.trainer.queries import (
    SILENCE,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    Versions,
)
from tests.bot.trainer.test_custom_model_queries import create
from tests.bot.trainer.test_version_queries import FILES, version

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)
LATER = NOW + SILENCE + timedelta(seconds=1)
NEW = TrainingRequest(policy="shared", task="names", recipe="quick", seed=2**62, queued_at=NOW)


async def enqueue(store: Store, **changed: Any) -> int:  # noqa: ANN401
    return await store[Trainings].enqueue(replace(NEW, **changed))


async def claim(
    store: Store, owner: str = "a", now: datetime = NOW, policy: str = "shared"
) -> int | None:
    found = await store[Trainings].next_queued(policy, owner, now)
    return None if found is None else found.id


async def started(store: Store, **changed: Any) -> int:  # noqa: ANN401
    number = await enqueue(store, **changed)
    assert await claim(store, policy=changed.get("policy", "shared")) == number
    return number


async def get(store: Store, number: int) -> TrainingRecord:
    found = await store[Trainings].get(number)
    assert found is not None
    return found


async def test_one_process_claims(store: Store) -> None:
    """Many processes ask at once: one gets the first, none the second."""
    others = [Store(type(store.database)(store.database.url)) for _ in range(4)]
    first, _ = await enqueue(store), await enqueue(store)
    claims = [claim(other, str(n)) for n, other in enumerate([store, *others] * 2)]
    assert list(filter(None, await asyncio.gather(*claims))) == [first]
    for other in others:
        await other.close()


async def test_only_the_owner_beats_and_ends(store: Store) -> None:
    beat, number = store[Trainings].beat, await started(store)
    await beat(number, "b", SOON)
    assert (await get(store, number)).beat_at == NOW
    await beat(number, "a", SOON)
    assert (await get(store, number)).beat_at == SOON
    late = LATER + (SOON - NOW)
    await store[Trainings].fail_stale_runs(late, 2)
    await claim(store, "b", late)
    await beat(number, "a", LATER)
    assert (await get(store, number)).beat_at == late
    assert not await store[Trainings].finish(number, "a", "done", late)


async def test_queued_is_stopped_at_once(store: Store) -> None:
    number = await enqueue(store, corpus=b"a", extra_names=["b"])
    assert await store[Trainings].request_stop(number, "Stopped by Ada.", SOON)
    record = await get(store, number)
    assert (record.state, record.message) == ("stopped", "Stopped by Ada.")
    assert (record.queued_at, record.ended_at) == (NOW, SOON)
    assert not record.has_corpus
    assert await claim(store) is None
    assert not await store[Trainings].request_stop(number, "Again.", SOON)
    assert not await store[Trainings].request_stop(number + 1, "Nothing.", SOON)


async def test_member_forgotten_while_version_is_stored(store: Store) -> None:
    number = await started(store, member_id=3)
    await store[Privacy].forget_member(3)
    # By a process that read the training before.
    await store[Versions].add(version(member_id=3), FILES, SOON, "better", number)
    assert not await store[Privacy].of(3)
    assert [stored.member_id for stored in await store[Versions].of("names")] == [None]


async def test_stale_run_that_was_asked_to_stop(store: Store) -> None:
    number = await started(store)
    await store[Trainings].request_stop(number, "Stopped by Ada.", SOON)
    (record,) = await store[Trainings].fail_stale_runs(LATER, 9)
    assert (record.id, record.state, record.message) == (number, "stopped", "Stopped by Ada.")


async def test_one_process_handles_a_stale_run(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    await started(store)
    found = await asyncio.gather(
        *(s[Trainings].fail_stale_runs(LATER, 1) for s in (store, other) * 3)
    )
    await other.close()
    assert sorted(len(records) for records in found) == [0, 0, 0, 0, 0, 1]


async def test_queued_and_running(store: Store) -> None:
    model = await create(store)
    trainings = store[Trainings]
    assert await trainings.active() == {"queued": 0, "running": 0}
    assert await trainings.active_of(model.id) is None
    ended = await started(store, policy="custom")
    await trainings.finish(ended, "a", "done", SOON)
    running = await started(store, policy="custom", community_id=1, custom_model_id=model.id)
    queued = await enqueue(store, policy="custom", community_id=2)
    await enqueue(store)
    waiting = await trainings.waiting("custom")
    assert waiting == [await get(store, running), await get(store, queued)]
    assert [(one.community_id, one.state) for one in waiting] == [(1, "running"), (2, "queued")]
    await trainings.request_stop(await enqueue(store), "button", NOW)
    assert await trainings.active() == {"queued": 2, "running": 1}
    assert await trainings.active_of(model.id) == waiting[0]
    await trainings.finish(running, "a", "done", SOON)
    assert await trainings.active_of(model.id) is None


async def test_clock_steps_back(store: Store) -> None:
    """A process that died a day ahead does not hold up the queue for a day."""
    number = await started(store)
    yesterday = NOW - timedelta(days=1)
    assert await store[Trainings].fail_stale_runs(yesterday, 2) == []
    silent = yesterday + SILENCE + timedelta(seconds=1)
    (record,) = await store[Trainings].fail_stale_runs(silent, 2)
    assert record.state == "queued"
    assert await claim(store, "b", silent) == number


async def test_trainings_on_an_upload_of_a_member(store: Store) -> None:
    running = await started(store, member_id=3, corpus=b"Elrond", title="elves.txt")
    queued = await enqueue(store, member_id=3, corpus=b"Bree", title="towns.txt")
    await enqueue(store, member_id=3)
    await enqueue(store, member_id=4, corpus=b"Elrond", title="elves.txt")
    found = await store[Trainings].with_corpus_of(3)
    assert {training.id for training in found} == {running, queued}
    await store[Trainings].finish(running, "a", "done", SOON)
    assert [training.id for training in await store[Trainings].with_corpus_of(3)] == [queued]

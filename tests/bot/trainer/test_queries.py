import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.polls.queries import Polls
from bot.privacy.queries import Privacy
from bot.store import Store, Unavailable
from bot.trainer import queries
from bot.trainer.queries import (
    SILENCE,
    CustomModelRecord,
    CustomModels,
    Live,
    NameTaken,
    StoredList,
    TooManyModels,
    TrainingRecord,
    TrainingRequest,
    Trainings,
    VersionFiles,
    VersionRecord,
    Versions,
)
from tests.bot.polls.test_queries import POLL, opened
from tests.texts import written

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


# Versions


def version(**changed: Any) -> VersionRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "task": "names",
        "digest": "d" * 64,
        "corpus": "dinosaurs",
        "corpus_sha256": "0" * 64,
        "recipe": "default",
        "seed": 2**62,
        "validation": 1.5,
        "reference_loss": 1.25,
        "baseline_loss": None,
    }
    return VersionRecord(**(wanted | changed))


FILES = VersionFiles(b"weights", b"png")


async def add(store: Store, **changed: Any) -> int:  # noqa: ANN401
    return (await store[Versions].add(version(**changed), FILES, NOW))[0]


async def activate(store: Store, number: int | None, why: str = "activated") -> Live:
    return await store[Versions].activate("names", number, member_id=3, reason=why, now=NOW)


async def back(store: Store) -> Live | None:
    earlier = await store[Versions].earlier("names")
    return await activate(store, earlier[0], "rollback") if earlier else None


async def live(store: Store) -> int | None:
    return (await store[Versions].live())["names"].version_id


async def test_repeated_rollback(store: Store) -> None:
    first, second, third = [await add(store) for _ in range(3)]
    sonnets = await add(store, task="sonnets")
    await store[Versions].activate("sonnets", sonnets, member_id=None, reason="better", now=NOW)
    assert await back(store) is None
    for number in (first, second, second):
        await activate(store, number)
    await back(store)
    assert await live(store) == first
    await activate(store, third)
    seen = []
    while (step := await back(store)) is not None:
        assert step.reason == "rollback"
        seen.append(await live(store))
    assert seen == [first, None]
    assert (await store[Versions].live())["sonnets"].version_id == sonnets


async def test_rollback_skips_deleted_weights(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "KEPT", 3)
    numbers = [await add(store) for _ in range(6)]
    for number in (numbers[3], numbers[0], numbers[1], numbers[5]):
        await activate(store, number)
    assert await store[Versions].earlier("names") == [numbers[3], None]
    seen = []
    while await back(store) is not None:
        seen.append(await live(store))
    assert seen == [numbers[3], None]


async def test_adding_live_is_atomic(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number, made = await store[Versions].add(version(), FILES, NOW, "better")
    assert made == (await store[Versions].live())["names"]
    assert (made.version_id, made.reason) == (number, "better")

    async def broken(*_: object) -> Live:
        raise OSError("gone")

    monkeypatch.setattr(store[Versions], "_activate", broken)
    with pytest.raises(Unavailable):
        await store[Versions].add(version(), FILES, NOW, "better")
    assert [kept.number for kept in await store[Versions].of("names")] == [number]


async def test_old_weights_are_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """But neither those of other tasks, nor those that were live of late."""
    monkeypatch.setattr(queries, "KEPT", 2)
    sonnets, first = await add(store, task="sonnets"), await add(store)
    await activate(store, first)
    numbers = [await add(store) for _ in range(4)]
    kept = await store[Versions].of("names")
    assert [v.number for v in kept if v.has_weights] == [numbers[3], numbers[2], first]
    assert await store[Versions].weights(numbers[0]) is None
    assert await store[Versions].weights(sonnets) is not None
    await activate(store, await add(store))
    await add(store)
    await back(store)
    assert await live(store) == first
    assert await store[Versions].weights(first) is not None


# Custom models


ELVES = ("Elrond", "Galadriel", "Lúthien")


async def create(store: Store, name: str = "Elves", **changed: Any) -> CustomModelRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "community_id": 1,
        "member_id": 3,
        "corpus": StoredList("elves.txt", ELVES),
        "now": NOW,
        "most": 5,
    }
    return await store[CustomModels].create(name=name, **(wanted | changed))


async def test_longest_casefolded_name(store: Store) -> None:
    """One letter may become three."""
    name = "ΐ" * 32
    assert len(name.casefold()) == 96
    model = await create(store, name)
    assert await store[CustomModels].named(1, name) == model


@pytest.mark.parametrize(
    ("names", "most", "error"), [("abcde", 3, TooManyModels), ("aaaaa", 1, NameTaken)]
)
async def test_concurrent_creates(store: Store, names: str, most: int, error: type) -> None:
    creates = (create(store, name, most=3) for name in names)
    made = await asyncio.gather(*creates, return_exceptions=True)
    assert sum(isinstance(result, CustomModelRecord) for result in made) == most
    assert sum(isinstance(result, error) for result in made) == len(names) - most
    assert len(await store[CustomModels].of(1)) == most


async def test_usable_models(store: Store) -> None:
    """Those that are trained, by what is typed: its own first, then those that are shared."""
    models, mine = store[CustomModels], await create(store, "Zab")
    theirs = await create(store, "a", community_id=2, weights=(b"w", "d"))

    async def usable(community_id: int | None, **options: Any) -> list[str]:  # noqa: ANN401
        return [model.name for model in await models.usable(community_id, **options)]

    assert await usable(1) == await usable(None) == []
    assert await models.trained(mine.id, b"weights", "digest", 2.5)
    (found,) = await models.usable(1)
    assert (found.digest, found.seconds) == ("digest", 2.5)
    assert await models.weights(mine.id) == b"weights"
    await models.share(theirs.id, True)
    assert (await usable(1), await usable(None)) == (["Zab", "a"], ["a"])
    await models.share(theirs.id, False)
    for name in ("Za", "5% elves"):
        await create(store, name, weights=(b"w", "d"))
    assert await usable(1, typed="Z") == ["Za", "Zab"]
    assert await usable(1, typed="%") == ["5% elves"]
    assert await usable(1, most=2) == ["5% elves", "Za"]


async def test_delete_keeps_polls(store: Store) -> None:
    model = await create(store)
    await opened(store, replace(POLL, custom_model_id=model.id, custom_model=written("Elves")))
    await store[Trainings].enqueue(
        TrainingRequest("custom", "names", "list", 1, NOW, custom_model_id=model.id)
    )
    assert await store[CustomModels].delete(model.id)
    assert not await store[CustomModels].delete(model.id)
    assert not await store[CustomModels].trained(model.id, b"weights", "digest", 1.0)
    assert not await store[CustomModels].share(model.id, True)
    poll = await store[Polls].find(POLL.id)
    assert poll is not None
    assert (poll.custom_model_id, poll.custom_model) == (None, "Elves")
    assert await create(store) != model

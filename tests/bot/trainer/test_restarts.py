"""Trainings of processes that stop, are killed, or lose the database."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.trainer import service
from bot.trainer.events import Interrupted
from bot.trainer.queries import SHARED, SILENCE, Trainings, VersionRecord
from bot.trainer.service import SHOWN_AGAIN
from models.training.events import Failed, Planned, Progress, Stopped
from tests.bot.fakes import FakeTrainer
from tests.bot.trainer.processes import DONE, NOW, ON_SQLITE, PAUSE, REQUEST, Bots, until


async def test_shutdown_requeues_and_restart_resumes(bots: Bots) -> None:
    one = bots.process(Planned(1, "Mine"), PAUSE, DONE)
    number = await one.service.enqueue(replace(REQUEST, corpus=b"own", title="own.txt"))
    await one.paused()
    async with asyncio.timeout(60):
        await one.service.close()
    assert one.last(number) == Interrupted()
    record = await one.record(number)
    assert (record.state, record.attempts) == ("queued", 0)
    other = bots.process(DONE)
    await until(lambda: isinstance(other.last(number), VersionRecord))
    (trainer,) = other.trainers
    assert trainer.resume
    assert trainer.request.corpus == b"own"
    assert (await one.record(number)).attempts == 1


@ON_SQLITE
async def test_training_that_starts_anew(
    bots: Bots, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Without its folder, and if its checkpoint is refused: after an upgrade of the bot, say."""
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await one.paused()
    await one.service.close()
    bots.folder = tmp_path / "elsewhere"
    other = bots.process(PAUSE)
    assert not (await other.paused()).resume
    await other.service.close()
    last = bots.process(Failed("Galadriel.txt is empty."))
    await until(lambda: last.last(number) == Failed("Galadriel.txt is empty."))
    assert [trainer.resume for trainer in last.trainers] == [True, False]
    assert f"Training {number} starts over" in caplog.text
    assert "Galadriel" not in caplog.text  # the sentence is for the member


async def test_training_of_a_dead_process_is_taken_over(bots: Bots) -> None:
    number = await bots.store[Trainings].enqueue(REQUEST)
    then = NOW - SILENCE - timedelta(seconds=1)
    assert await bots.store[Trainings].next_queued(SHARED, "dead", then)
    one = bots.process(DONE)
    await until(lambda: isinstance(one.last(number), VersionRecord))


@ON_SQLITE
async def test_end_just_before_a_kill_is_shown(bots: Bots) -> None:
    """The process that ended it may have been killed before its message was edited."""
    trainings, ids = bots.store[Trainings], []
    for age in (SHOWN_AGAIN + timedelta(seconds=1), SHOWN_AGAIN - timedelta(seconds=1)):
        ids.append(await trainings.enqueue(REQUEST))
        assert await trainings.next_queued(SHARED, "dead", NOW)
        assert await trainings.finish(ids[-1], "dead", "failed", NOW - age, "No.")
    one = bots.process(DONE)
    await until(lambda: one.reports.updates)
    assert one.reports.updates == [(ids[1], "failed")]


@ON_SQLITE
async def test_training_that_died_too_often_is_reported(bots: Bots) -> None:
    number = await bots.store[Trainings].enqueue(REQUEST)
    then = NOW - SILENCE - timedelta(seconds=1)
    for _attempt in range(service.MAX_ATTEMPTS):
        await bots.store[Trainings].fail_stale_runs(NOW, service.MAX_ATTEMPTS)
        await bots.store[Trainings].next_queued(SHARED, "dead", then)
    one = bots.process(DONE)
    await until(lambda: one.reports.updates)
    assert one.reports.updates == [(number, "failed")]


@ON_SQLITE
async def test_recovery_spares_own_training(bots: Bots) -> None:
    """After an outage of the database it looks dead."""
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    one.now += 2 * SILENCE
    await one.service.recover()
    assert await one.state(number) == "running"


async def test_lost_training_is_left_to_the_other_process(bots: Bots) -> None:
    one = bots.process(Progress(1, 2, 1.0, None, 1, 1), PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await one.paused()
    one.script[:] = [DONE]
    await bots.store[Trainings].fail_stale_runs(NOW + 2 * SILENCE, service.MAX_ATTEMPTS)
    other = bots.process(DONE)
    await until(lambda: one.registry.added or other.registry.added)
    await until(lambda: not one.service._runs and not other.service._runs)
    assert len(one.registry.added + other.registry.added) == 1
    assert not any(isinstance(e, Stopped | Failed) for e in one.reports.seen[number])
    assert await one.state(number) == "done"


@ON_SQLITE
async def test_heartbeats(bots: Bots, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "BEAT_S", 0.01)
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    one.now += timedelta(seconds=30)
    async with asyncio.timeout(60):
        while (await one.record(number)).beat_at != one.now:  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_close_is_quick(bots: Bots, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for a trainer that does not listen."""
    monkeypatch.setattr(service, "GRACE_S", 0.1)
    monkeypatch.setattr(FakeTrainer, "stop", lambda _: None)
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    trainer = await one.paused()
    async with asyncio.timeout(60):
        await one.service.close()
    assert await one.state(number) == "queued"
    monkeypatch.undo()
    trainer.go_on()

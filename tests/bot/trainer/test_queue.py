"""One queue for all processes: who may wait in it, and how a training is stopped."""

import asyncio
import errno
import os
import time
import traceback
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.store import Unavailable
from bot.store.schema import FIRST_SURROGATE
from bot.trainer import service
from bot.trainer.custom_models import LARGEST_WEIGHTS, MOST_LOADED, CustomModelLoader
from bot.trainer.events import CustomModelTrained, EndReason, Interrupted
from bot.trainer.queries import (
    CUSTOM,
    SHARED,
    SILENCE,
    CustomModels,
    TrainingRequest,
    Trainings,
    VersionRecord,
)
from bot.trainer.service import (
    LONGEST_QUEUE,
    MOST_OF_A_COMMUNITY,
    SHOWN_AGAIN,
    AlreadyTraining,
    CoolingDown,
    TooManyTrainings,
    names_of,
    table_of,
)
from bot.trainer.trainer import RunFolder, TrainerProcess
from models.training.events import Failed, Planned, Progress, Stopped
from models.weights import WeightsError
from tests.bot.fakes import FakeTrainer, FakeWriter
from tests.bot.tiny import tiny_namer
from tests.bot.trainer.processes import (
    COOLDOWN,
    DONE,
    KANA,
    NOW,
    ON_SQLITE,
    PAUSE,
    REQUEST,
    Bots,
    FakeReports,
    Process,
    launched,
    paused,
    until,
)


async def test_one_training_at_a_time_in_all_processes(bots: Bots) -> None:
    one, other = bots.process(PAUSE, bots.trained()), bots.process(PAUSE, bots.trained())
    requests = [replace(await bots.request(name), seed=k) for k, name in enumerate("abc")]
    numbers = [await one.service.enqueue(request) for request in requests]
    await until(lambda: one.trainers or other.trainers)
    await asyncio.sleep(0.1)
    assert len(one.trainers + other.trainers) == 1
    await until(lambda: (numbers[2], "queued") in one.reports.updates)
    for count in (1, 2, 3):
        trainers = await launched(count, one, other)
        assert len(trainers) == count
        await paused(trainers[-1])
        trainers[-1].go_on()
    await until(lambda: len({**one.reports.seen, **other.reports.seen}) == 3)
    ends = one.reports.seen | other.reports.seen
    await until(lambda: all(isinstance(ends[n][-1], CustomModelTrained) for n in numbers))


async def test_stop(bots: Bots) -> None:
    """The reason is not stored, as it names a member: other processes do not know it."""
    one = bots.process(PAUSE, DONE)
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.trainers)
    other = bots.process()
    assert await other.service.stop(number, "Ada pressed Stop.")
    await until(lambda: one.last(number) == Stopped(EndReason.BUTTON))
    assert await one.state(number) == "stopped"
    assert not await other.service.stop(number, "Ada pressed Stop.")
    await other.service.close()
    one.now += COOLDOWN
    number = await one.service.enqueue(REQUEST)
    await until(lambda: len(one.trainers) == 2)
    await one.service.stop(number, "Ada pressed Stop.")
    await until(lambda: one.last(number) == Stopped("Ada pressed Stop."))
    assert (await one.record(number)).message == EndReason.BUTTON


async def test_deleted_custom_model_ends_its_training(bots: Bots) -> None:
    one = bots.process(PAUSE, bots.trained())
    request = await bots.request()
    number = await one.service.enqueue(request)
    await until(lambda: one.trainers)
    await bots.store[CustomModels].delete(request.custom_model_id or 0)
    await until(lambda: one.last(number) == Stopped(EndReason.DELETED))


@ON_SQLITE
async def test_clock_steps_back(bots: Bots) -> None:
    """Neither a cooldown nor a process that has died lasts for a day."""
    one = bots.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    one.now -= timedelta(days=1)
    await one.service.enqueue(REQUEST)


async def test_cooldown_survives_a_restart(bots: Bots) -> None:
    one = bots.process(Failed("no"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed("no"))
    other = bots.process(Failed("no"))
    with pytest.raises(CoolingDown) as caught:
        await other.service.enqueue(REQUEST)
    assert caught.value.until == NOW + COOLDOWN
    other.now += COOLDOWN
    await other.service.enqueue(REQUEST)


@ON_SQLITE
async def test_queue_has_limits(bots: Bots) -> None:
    """No community takes all places."""
    one = bots.process(PAUSE, bots.trained())
    for number in range(MOST_OF_A_COMMUNITY):
        await one.service.enqueue(await bots.request(str(number)))
    with pytest.raises(TooManyTrainings):
        await one.service.check(CUSTOM, community_id=1)
    for number in range(MOST_OF_A_COMMUNITY, LONGEST_QUEUE):
        await one.service.check(CUSTOM, community_id=number)
        await one.service.enqueue(await bots.request(str(number), community_id=number))
    with pytest.raises(TooManyTrainings):
        await one.service.enqueue(await bots.request("late", community_id=99))


@ON_SQLITE
async def test_model_trains_once_at_a_time(bots: Bots) -> None:
    """Each custom model; of the shared ones only one."""
    one = bots.process(PAUSE, bots.trained())
    request = await bots.request()
    enqueued = (one.service.enqueue(request) for _ in range(2))
    results = await asyncio.gather(*enqueued, return_exceptions=True)
    assert [type(result) for result in results] == [int, AlreadyTraining]
    await one.service.enqueue(REQUEST)
    with pytest.raises(AlreadyTraining):
        await one.service.enqueue(replace(REQUEST, task="sonnets"))


# Lists that members have uploaded: who can read them, and when they are deleted


@ON_SQLITE
async def test_folder_of_a_killed_process_is_deleted(bots: Bots) -> None:
    """Once no other process may still report it."""
    folder = RunFolder(bots.folder / "training", 999)
    old = time.time() - 2 * service.SWEEP_AGE_S
    folder.prepare(replace(REQUEST, title="list.txt", corpus=b"secret"))
    one = bots.process()
    await until(lambda: one.service._is_tidy)
    assert folder.path.exists()
    os.utime(folder.path, (old, old))
    await one.service.recover()
    assert not folder.path.exists()


async def test_forgotten_member_takes_lists_along(bots: Bots) -> None:
    """Both of a training that runs and of one that waits; another member's list stays."""
    one = bots.process(PAUSE)
    requests = [
        replace(await bots.request(name), member_id=member)
        for name, member in (("a", 7), ("b", 7), ("c", 8))
    ]
    running, waiting, of_another = [await one.service.enqueue(request) for request in requests]
    (trainer,) = await launched(1, one)
    await paused(trainer)
    folder = RunFolder(one.service.folder, running).path
    assert folder.exists()
    await one.service.forget_member(7)
    await until(lambda: not folder.exists())
    assert (await one.record(waiting)).message == EndReason.FORGOTTEN
    assert await one.state(running) == "stopped"
    assert [await bots.store[Trainings].corpus(number) for number in (running, waiting)] == [
        None
    ] * 2
    assert await bots.store[Trainings].corpus(of_another) is not None
    assert (waiting, "stopped") in one.reports.updates


def test_errors_do_not_name_uploads(tmp_path: Path) -> None:
    """The log has the stack trace, without words of members."""
    request = replace(REQUEST, corpus=b"grond", title="Galadriel.txt")
    folder = RunFolder(tmp_path, 1)
    path = folder.corpus(request)
    assert path is not None
    path.mkdir(parents=True)  # in the way
    with pytest.raises(IsADirectoryError) as caught:
        folder.prepare(request)
    logged = "".join(traceback.format_exception(caught.value))
    assert f"{os.strerror(errno.EISDIR)}: '{path.parent}'" in logged
    assert "Galadriel" not in logged


# Each training is reported on the platform on which it was started


END = Failed("no more letters")


@ON_SQLITE
@pytest.mark.parametrize(
    ("channel_id", "platforms"),
    [(5, ["discord"]), (FIRST_SURROGATE + 5, ["slack"]), (FIRST_SURROGATE + 5, [])],
)
async def test_platform_of_a_report(bots: Bots, channel_id: int, platforms: list[str]) -> None:
    """Without its platform, a training runs to its end: Slack's token was removed, say."""
    one, slack = bots.process(END), FakeReports()
    if platforms:
        one.service.report_to("slack", slack)
    number = await one.service.enqueue(replace(REQUEST, channel_id=channel_id))
    await until(lambda: one.service.finished["failed"])
    seen = {"discord": one.reports.seen, "slack": slack.seen}
    assert [name for name, each in seen.items() if each.get(number) == [END]] == platforms
    report = one.service.report_of(await one.record(number))
    assert (report is not None) == bool(platforms)
    for each in (one.reports, slack):
        each.updates.clear()
    if report is not None:
        await report.update()
    updated = {"discord": one.reports.updates, "slack": slack.updates}
    assert [name for name, each in updated.items() if each] == platforms


# Trainings of processes that stop, are killed, or lose the database


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


# How a training ends: a version, a custom model, or a reason


async def test_result_becomes_a_version(bots: Bots) -> None:
    one = bots.process(Planned(1, "Mine"), DONE)
    number = await one.service.enqueue(replace(REQUEST, member_id=7, force=True))
    await until(lambda: isinstance(one.last(number), VersionRecord))
    assert one.registry.added == [("names", True, number)]
    assert isinstance(one.reports.seen[number][0], Planned)
    await until(lambda: not one.service._runs)
    assert not list(one.service.folder.iterdir())
    assert await one.state(number) == "done"


@ON_SQLITE
@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (WeightsError("It babbles."), "It babbles."),
        (FileNotFoundError(2, "No such file"), EndReason.UNREADABLE),
        (RuntimeError("out of paper"), EndReason.BROKEN),
    ],
)
async def test_results_that_cannot_be_stored(bots: Bots, error: Exception, reason: str) -> None:
    one = bots.process(DONE)
    one.registry.error = [error]
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(reason))
    record = await one.record(number)
    assert (record.state, record.message) == ("failed", reason)


@ON_SQLITE
@pytest.mark.parametrize("retries", [1, 2])
async def test_only_a_long_outage_costs_a_training(
    bots: Bots, monkeypatch: pytest.MonkeyPatch, retries: int
) -> None:
    monkeypatch.setattr(service, "PAUSES", (0,) * retries)
    one = bots.process(DONE)
    one.registry.error = [Unavailable(), Unavailable()]
    number = await one.service.enqueue(REQUEST)
    await until(lambda: isinstance(one.last(number), VersionRecord | Failed))
    assert (one.last(number) == Failed(EndReason.DATABASE)) == (retries == 1)


@ON_SQLITE
async def test_trainer_that_cannot_start(bots: Bots, tmp_path: Path) -> None:
    one = bots.process()
    await one.service.close()

    def launch(request: TrainingRequest, folder: RunFolder, resume: bool) -> TrainerProcess:
        return TrainerProcess(request, folder, resume, command=[str(tmp_path / "nobody")])

    one.service = one.make_service(launch)
    one.start()
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(EndReason.BROKEN))


@ON_SQLITE
async def test_trainer_that_ends_without_a_result(bots: Bots) -> None:
    one = bots.process(Planned(1, "Mine"))
    number = await one.service.enqueue(REQUEST)
    await until(lambda: one.last(number) == Failed(EndReason.CRASHED))


@ON_SQLITE
async def test_reports_that_fail_do_not_end_the_training(bots: Bots) -> None:
    one = bots.process(Planned(1, "Mine"), DONE)
    one.reports.error = RuntimeError("out of paper")
    await one.service.enqueue(REQUEST)
    await until(lambda: one.registry.added)


@ON_SQLITE
async def test_custom_model_deleted_at_the_end(bots: Bots) -> None:
    one = Process(bots.folder, bots.store, [])
    request = await bots.request()
    await bots.store[Trainings].enqueue(request)
    record = await bots.store[Trainings].next_queued(CUSTOM, "x", NOW)
    assert record is not None
    await bots.store[CustomModels].delete(request.custom_model_id or 0)
    end = await one.service.complete(replace(record, corpus=request.corpus), bots.trained())
    assert end == Failed(EndReason.DELETED)


@ON_SQLITE
async def test_full_memory_costs_no_training(bots: Bots) -> None:
    """The result waits longer for memory than a member would."""
    request = await bots.request()
    await bots.store[Trainings].enqueue(request)
    record = await bots.store[Trainings].next_queued(CUSTOM, "x", NOW)
    assert record is not None
    sample = await CustomModelLoader(bots.store, FakeWriter()).validate(tiny_namer(KANA), "")
    size = sample.trained.resident_bytes + 100
    models = CustomModelLoader(bots.store, FakeWriter(), largest=size, patience_s=0)
    used = [await models.validate(tiny_namer(KANA, seed=9 + n), "") for n in range(MOST_LOADED)]
    one = Process(bots.folder, bots.store, [])
    one.custom_models = models
    complete = one.make_service().complete
    ending = asyncio.create_task(complete(replace(record, corpus=request.corpus), bots.trained()))
    done, _ = await asyncio.wait([ending], timeout=0.1)
    assert not done
    used.pop()
    assert isinstance(await ending, CustomModelTrained)


async def test_custom_model_gets_weights_and_new_corpus(bots: Bots) -> None:
    one = bots.process(bots.trained())
    names = ("Name", "a, b", *KANA)
    request = await bots.request()
    request = replace(request, corpus=table_of(names), corpus_is_new=True, title="new.txt")
    number = await one.service.enqueue(request)
    await until(lambda: isinstance(one.last(number), CustomModelTrained))
    end = one.last(number)
    assert isinstance(end, CustomModelTrained)
    assert (end.seconds, end.entries) == (2.5, len(names))
    model = await bots.store[CustomModels].get(request.custom_model_id or 0)
    assert model is not None
    assert (model.title, model.entries, model.seconds) == ("new.txt", len(names), 2.5)
    assert await bots.store[CustomModels].corpus(model.id) == names
    assert (await one.custom_models.load(model)).digest == model.digest


@ON_SQLITE
@pytest.mark.parametrize("content", [b"x", b"\0" * (LARGEST_WEIGHTS + 1)], ids=["bad", "large"])
async def test_custom_model_with_unusable_weights(bots: Bots, content: bytes) -> None:
    done = bots.trained()
    done.weights.write_bytes(content)
    one = bots.process(done)
    request = await bots.request()
    number = await one.service.enqueue(request)
    await until(lambda: isinstance(one.last(number), Failed))
    model = await bots.store[CustomModels].get(request.custom_model_id or 0)
    assert model is not None
    assert model.digest is None


@pytest.mark.parametrize("names", [KANA, ("Names", "Name", *KANA), ('a "quoted" one', *KANA)])
def test_table_of_names_is_read_back(names: tuple[str, ...]) -> None:
    assert names_of(table_of(names)) == names

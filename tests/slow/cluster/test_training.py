"""Trainings on workers of a cluster."""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.trainer import cluster as training
from bot.trainer.cluster import ClusterLaunch, ClusterTrainer, TrainingActor
from bot.trainer.events import EndReason
from bot.trainer.queries import TrainingRequest
from bot.trainer.service import table_of
from bot.trainer.trainer import RunFolder, TrainingHandle
from bot.writing.cluster import ClusterPool
from bot.writing.connection import Actor, ClusterUnreachable
from models.training.events import Done, Failed, Planned, Progress, Stopped, TrainingEvent
from models.weights import load_weights
from tests.bot.fakes import FakeTrainer
from tests.bot.tiny import tiny_namer
from tests.bot.trainer.processes import KANA, REQUEST
from tests.bot.trainer.test_trainer import PROGRESS
from tests.slow.cluster.dask_processes import Cluster, until
from tests.slow.cluster.forks import kill

PLAN = {"event": "plan", "steps": 10, "corpus": "Mine", "notes": []}
OWN = replace(REQUEST, recipe="list", title="kana.txt", corpus=table_of(KANA))
LOCAL = Failed("trained at home")


def local(request: TrainingRequest, folder: RunFolder, resume: bool) -> FakeTrainer:
    """Launches trainings at home."""
    return FakeTrainer(request, folder, resume, [LOCAL])


def script(tmp_path: Path, *lines: str) -> Sequence[str]:
    """A trainer that is a few lines of Python."""
    path = tmp_path / "script.py"
    start = ["import json, os, pathlib, signal, sys, time", f"print({json.dumps(PLAN)!r})"]
    path.write_text("\n".join([*start, "sys.stdout.flush()", *lines]))
    return [sys.executable, str(path)]


def succeeding(tmp_path: Path) -> Sequence[str]:
    """A trainer that soon has results."""
    trained = tmp_path / "trained"
    trained.write_bytes(tiny_namer(KANA))
    return script(
        tmp_path,
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])",
        f"out.write_bytes(pathlib.Path({str(trained)!r}).read_bytes())",
        "out.with_suffix('.png').write_bytes(b'plot')",
        f"print({json.dumps(PROGRESS)!r}, flush=True)",
        "time.sleep(0.1)",
        "done = {'event': 'done', 'weights': str(out), 'plot': str(out.with_suffix('.png')),",
        "        'validation': 1.5, 'samples': ['a'], 'seconds': 2.0}",
        "print(json.dumps(done))",
    )


def stoppable(tmp_path: Path) -> Sequence[str]:
    """A trainer that goes on until it is stopped, and then writes a checkpoint."""
    return script(
        tmp_path,
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])",
        "checkpoint = out.with_suffix('.checkpoint')",
        "def stop(*_):",
        "    checkpoint.write_bytes(b'so far')",
        '    print(json.dumps({"event": "stopped", "checkpoint": str(checkpoint)}), flush=True)',
        "    sys.exit(3)",
        "signal.signal(signal.SIGTERM, stop)",
        f"print({json.dumps(PLAN)!r}, flush=True)",
        "time.sleep(60)",
    )


def launched(
    pool: ClusterPool,
    tmp_path: Path,
    command: Sequence[str] | None = None,
    request: TrainingRequest = OWN,
    *,
    resume: bool = False,
) -> TrainingHandle:
    folder = RunFolder(tmp_path / "home", 12)
    folder.prepare(request)
    trainer = ClusterLaunch(pool, local)(request, folder, resume)
    if command is not None and isinstance(trainer, ClusterTrainer):
        trainer.command = command
    return trainer


async def reported(trainer: TrainingHandle) -> list[TrainingEvent]:
    return [event async for event in trainer.events()]


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "POLL_S", 0.05)
    monkeypatch.setattr(training, "LOST_S", 0.5)


async def test_trains_on_the_worker(pool: ClusterPool, tmp_path: Path) -> None:
    """Events arrive while it trains, and its files at the end, in the folder of the bot."""
    events = await reported(launched(pool, tmp_path, succeeding(tmp_path)))
    assert [type(event) for event in events] == [Planned, Progress, Done]
    done = events[-1]
    assert isinstance(done, Done)
    assert load_weights(done.weights).card.task == "names"
    assert done.plot.read_bytes() == b"plot"
    assert done.weights.is_relative_to(tmp_path)


async def test_worker_learns_of_nobody(pool: ClusterPool, tmp_path: Path) -> None:
    """It gets the corpus, but nobody's id; and its folder is empty afterwards."""
    request = replace(OWN, member_id=123456, community_id=234567, message_id=345678)
    command = script(
        tmp_path,
        "corpus = pathlib.Path(sys.argv[sys.argv.index('--corpus') + 1])",
        "message = str(corpus) + '|' + corpus.read_text()",
        'print(json.dumps({"event": "error", "message": message}))',
    )
    events = await reported(launched(pool, tmp_path, command, request))
    assert isinstance(events[-1], Failed)
    path, _, content = events[-1].message.partition("|")
    assert content.encode() == table_of(KANA)
    assert not os.path.exists(path)  # noqa: ASYNC240, PTH110 (nothing else runs here)
    sent = repr(vars(training._anonymous(request)))
    assert not any(number in sent for number in ("123456", "234567", "345678"))


async def test_stops_with_checkpoint(pool: ClusterPool, tmp_path: Path) -> None:
    """The checkpoint comes to the bot, and the next attempt goes on from it."""
    trainer = launched(pool, tmp_path, stoppable(tmp_path))
    events = list[TrainingEvent]()
    async for event in trainer.events():
        events.append(event)
        if len(events) == 2:
            trainer.stop()
    stopped = events[-1]
    assert isinstance(stopped, Stopped)
    assert stopped.checkpoint is not None
    assert stopped.checkpoint.is_relative_to(tmp_path)
    assert stopped.checkpoint.read_bytes() == b"so far"

    resuming = script(
        tmp_path,
        "out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])",
        "found = out.with_suffix('.checkpoint').read_text() + ' ' + str('--resume' in sys.argv)",
        'print(json.dumps({"event": "error", "message": found}))',
    )
    events = await reported(launched(pool, tmp_path, resuming, resume=True))
    assert events[-1] == Failed("so far True")


@pytest.mark.parametrize("lost", ["worker", "scheduler"])
async def test_lost_machine(
    lost: str,
    cluster: Cluster,
    own_pool: ClusterPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The bot's connection to the worker ends with that to the scheduler, too."""
    monkeypatch.setattr(training, "ANSWER_S", 2.0)
    worker = cluster.start_worker("--resources", "train=1 write=0")
    await until(lambda: own_pool.trainers("names"))
    assert own_pool.capacity == 0
    trainer = launched(own_pool, tmp_path, script(tmp_path, "time.sleep(60)"))
    events = list[TrainingEvent]()
    async for event in trainer.events():
        if isinstance(event, Planned):
            kill(worker if lost == "worker" else cluster.scheduler)
        events.append(event)
    assert events[-1] == Failed(EndReason.WORKER_LOST)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("method", ["poll", "files"])
async def test_lost_answer(
    method: str, pool: ClusterPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that was lost on its way is given again, with the events and files in it."""
    lost, answered = list[object](), Actor.call

    async def call(actor: Actor, name: str, *args: object, within: float) -> object:
        answer = await answered(actor, name, *args, within=within)
        if name == method and answer and not lost:
            lost.append(answer)
            raise ClusterUnreachable("does not answer")
        return answer

    monkeypatch.setattr(Actor, "call", call)
    async with asyncio.timeout(120):
        events = await reported(launched(pool, tmp_path, succeeding(tmp_path)))
    assert lost
    assert [type(event) for event in events] == [Planned, Progress, Done]
    assert (tmp_path / "home" / "12" / "names.png").read_bytes() == b"plot"


async def last_event(tmp_path: Path, command: Sequence[str]) -> str:
    """How a training on a worker ends that this process plays."""
    with pytest.MonkeyPatch.context() as patch:
        worker = SimpleNamespace(local_directory=str(tmp_path))
        patch.setattr("distributed.get_worker", lambda: worker)
        actor = TrainingActor(OWN, None, command)
        await actor.start()
        assert actor._running is not None
        await asyncio.wait_for(actor._running, 120)
    event = (await actor.poll(0))[-1]
    await actor.close()
    await actor._trainer._process.wait()  # type: ignore[union-attr]
    return event


async def test_worker_that_cannot_read_its_results(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor go on for another reason of its own: the bot does not wait for ever."""

    def broken(_event: TrainingEvent) -> training.Files:
        raise OSError("a broken disk")

    monkeypatch.setattr(training, "_files", broken)
    event = await last_event(tmp_path, succeeding(tmp_path))
    assert event == '{"message":"broken","event":"error"}'


async def test_abandoned_training(pool: ClusterPool, tmp_path: Path) -> None:
    """Closing its events kills the process on the worker."""
    pid = tmp_path / "pid"
    command = script(
        tmp_path, f"pathlib.Path({str(pid)!r}).write_text(str(os.getpid()))", "time.sleep(60)"
    )
    async with aclosing(launched(pool, tmp_path, command).events()) as events:
        assert isinstance(await anext(events), Planned)
        await until(lambda: pid.exists() and pid.read_text())

    def is_gone() -> bool:
        try:
            os.kill(int(pid.read_text()), 0)
        except ProcessLookupError:
            return True
        return False

    await until(is_gone)


async def test_no_worker_trains(tmp_path: Path) -> None:
    """Nor does one without the packages of the task: trainings are as without a cluster."""
    pool = ClusterPool("tcp://127.0.0.1:1")
    assert isinstance(launched(pool, tmp_path), FakeTrainer)
    pool._workers["tcp://a"] = SimpleNamespace(  # type: ignore[assignment]
        is_lost=False, trains=("sonnets",), address="tcp://a"
    )
    assert isinstance(launched(pool, tmp_path), FakeTrainer)
    assert isinstance(launched(pool, tmp_path, None, replace(OWN, task="sonnets")), ClusterTrainer)


async def test_worker_that_cannot_begin(pool: ClusterPool, tmp_path: Path) -> None:
    """The bot trains by itself."""
    trainer = launched(pool, tmp_path)
    await pool.connection.close()  # type: ignore[union-attr]
    assert await reported(trainer) == [LOCAL]


async def test_silent_bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker stops a training that nobody asks after."""
    monkeypatch.setattr(training, "SILENCE_S", 0.05)
    event = await last_event(tmp_path, script(tmp_path, "time.sleep(60)"))
    assert event == '{"reason":"","checkpoint":null,"event":"stopped"}'
    assert os.listdir(tmp_path) == ["script.py"]  # noqa: PTH208 (a short test)

"""The trainer as a child process: its arguments, its lines, its end."""

import asyncio
import logging
import stat
import sys
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.trainer import trainer as module
from bot.trainer.events import EndReason, from_json
from bot.trainer.queries import TrainingRequest
from bot.trainer.trainer import RunFolder, TrainerProcess, file_name, sweep
from models.training.events import Done, Failed, Planned, Progress, Samples, Stopped, TrainingEvent
from tests.texts import written

REQUEST = TrainingRequest(
    policy="shared",
    task="names",
    recipe="quick",
    seed=5,
    minutes=1,
    queued_at=datetime(2026, 1, 2, tzinfo=UTC),
)
PLAN = {"event": "plan", "steps": 10, "corpus": "Mine", "notes": ["2 dropped."]}
PROGRESS = {
    "event": "progress",
    "step": 5,
    "steps": 10,
    "loss": 2.0,
    "validation": None,
    "characters_per_second": 1000.0,
    "seconds_left": 3.0,
}
SAMPLES = {"event": "samples", "step": 5, "texts": ["a"]}
PLANS = f"print(json.dumps({PLAN!r}), flush=True)\ntime.sleep(60)"
"""It begins, and does not end."""


def script(
    tmp_path: Path, source: str, request: TrainingRequest = REQUEST, *, resume: bool = False
) -> TrainerProcess:
    """A trainer that is a few lines of Python."""
    path = tmp_path / "script.py"
    path.write_text("import json, signal, sys, time\n" + source)
    folder = RunFolder(tmp_path, 12)
    folder.prepare(request)
    return TrainerProcess(request, folder, resume, command=[sys.executable, str(path)])


async def reported(trainer: TrainerProcess) -> Sequence[TrainingEvent]:
    return [event async for event in trainer.events()]


async def test_lines_become_events(tmp_path: Path) -> None:
    lines = f"for line in {[PLAN, PROGRESS, SAMPLES]!r}: print(json.dumps(line), flush=True)\n"
    done = (
        'print(json.dumps({"event": "done", "weights": "w", "plot": "p", "validation": 1.5,'
        ' "samples": ["a"], "seconds": 2.0}))'
    )
    assert await reported(script(tmp_path, "print('noise')\n" + lines + done)) == [
        Planned(10, "Mine", (written("2 dropped."),)),
        Progress(5, 10, 2.0, None, 1000.0, 3.0),
        Samples(5, ("a",)),
        Done(Path("w"), Path("p"), 1.5, ("a",), 2.0),
    ]


@pytest.mark.parametrize("resume", [False, True])
async def test_arguments(tmp_path: Path, resume: bool) -> None:
    request = replace(REQUEST, corpus=b"own", title="own.txt", extra_names=("mango", "kiwi"))
    source = 'print(json.dumps({"event": "error", "message": " ".join(sys.argv[1:])}))'
    (event,) = await reported(script(tmp_path, source, request, resume=resume))
    assert isinstance(event, Failed)
    folder = tmp_path / "12"
    assert event.message == (
        f"names --recipe quick --out {folder / 'names.safetensors'} --seed 5 --minutes 1 "
        f"--progress json --corpus {folder / 'corpus' / 'own.txt'} "
        f"--also {folder / 'the hall of fame'}" + " --resume" * resume
    )
    assert (folder / "corpus" / "own.txt").read_bytes() == b"own"
    assert (folder / "the hall of fame").read_text() == "mango\nkiwi\n"


@pytest.mark.parametrize(
    "line", [b"", b"hello\n", b"[]\n", b'{"event": "plan"}\n', b"\xff\n", b"3"]
)
def test_other_lines_are_ignored(line: bytes) -> None:
    assert from_json(line) is None


@pytest.mark.parametrize(
    ("source", "reason", "logged"),
    [
        ("sys.exit('out of paper')", EndReason.CRASHED, "exit code 1: no stack trace"),
        ("import os\nos.kill(os.getpid(), signal.SIGKILL)", EndReason.KILLED, "exit code -9"),
        ("time.sleep(60)", EndReason.TOO_LONG, ""),
    ],
)
async def test_failure(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    source: str,
    reason: EndReason,
    logged: str,
) -> None:
    if reason is EndReason.TOO_LONG:
        monkeypatch.setattr(module, "OVERTIME", -module.OVERTIME)
    assert await reported(script(tmp_path, source)) == [Failed(reason)]
    assert logged in caplog.text


async def test_words_of_members_stay_out_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source = (
        "def read(): int('Galadriel')\n"
        "print('Galadriel', file=sys.stderr)\n"
        "print('Galadriel')\n"
        "try: read()\n"
        "except ValueError as e: raise RuntimeError('Galadriel:\\nGaladriel') from e\n"
    )
    assert await reported(script(tmp_path, source)) == [Failed(EndReason.CRASHED)]
    assert "Galadriel" not in caplog.text
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    path = tmp_path / "script.py"
    assert record.getMessage() == (
        "The trainer ended with exit code 1: "
        f"{path}:5 in <module>\n{path}:2 in read\nValueError\n"
        f"{path}:6 in <module>\nRuntimeError"
    )


ENDS = """
def end(*_):
    print(json.dumps({'event': 'stopped', 'checkpoint': 'c'}))
    sys.exit(3)
signal.signal(signal.SIGTERM, end)
"""


@pytest.mark.parametrize(
    ("source", "grace_s", "end"),
    [
        ("", 4, Stopped()),
        (ENDS, 60, Stopped(checkpoint=Path("c"))),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)\n", 0.1, Stopped()),  # it is killed
    ],
)
async def test_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str, grace_s: float, end: Stopped
) -> None:
    monkeypatch.setattr(module, "GRACE_S", grace_s)
    trainer = script(tmp_path, source + PLANS)
    async with aclosing(trainer.events()) as events:
        assert isinstance(await anext(events), Planned)
        trainer.stop()
        assert [event async for event in events] == [end]


async def test_closing_kills_the_process(tmp_path: Path) -> None:
    trainer = script(tmp_path, PLANS)
    async with aclosing(trainer.events()) as events:
        await anext(events)
    child = trainer._process
    assert child is not None
    assert await asyncio.wait_for(child.wait(), 60) != 0


async def test_files_are_private(tmp_path: Path) -> None:
    request = replace(REQUEST, corpus=b"own", title="own.txt")
    await reported(script(tmp_path, "open(sys.argv[5], 'w').close()", request))
    folder = tmp_path / "12"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) == 3  # corpus, errors, weights
    assert {stat.S_IMODE(path.stat().st_mode) & 0o077 for path in files} == {0}


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "", "a/b\\c", "💩.txt"])
def test_corpus_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    folder = RunFolder(tmp_path, 12)
    request = replace(REQUEST, corpus=b"own", title=name)
    folder.prepare(request)
    path = folder.corpus(request)
    assert path is not None
    assert path.resolve().parent == tmp_path / "12" / "corpus"
    assert path.read_bytes() == b"own"
    assert file_name(" The list") == "The list"
    assert file_name("x" * 300 + ".txt") == "x" * 56 + ".txt"


def test_sweep(tmp_path: Path) -> None:
    root = tmp_path / "training"
    for number in (1, 2):
        RunFolder(root, number).prepare(REQUEST)
    sweep(root, {2}, 60)
    assert len([*root.iterdir()]) == 2
    sweep(root, {2}, 0)
    assert [path.name for path in root.iterdir()] == ["2"]

"""Training in a process of its own: its lines, its end, its being stopped."""

import asyncio
import shutil
import string
import sys
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.services.training.events import (
    Done,
    Failed,
    Planned,
    Progress,
    Samples,
    Stopped,
    from_json,
)
from bot.services.training.retraining import (
    AlreadyTraining,
    Event,
    Events,
    Keep,
    MessageRef,
    Order,
    Resting,
    Retraining,
    TrainerProcess,
)
from bot.services.versions import VersionCreated
from bot.store import Unavailable
from data.corpora import CorpusError
from models.weights import WeightsError
from tests.bot.fakes import FakeTrainer, card

ORDER = Order("names", minutes=1, seed=5)
PLACE = MessageRef(channel=12, message=34)
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


def script(tmp_path: Path, source: str, order: Order = ORDER) -> TrainerProcess:
    """A trainer that is a few lines of Python."""
    path = tmp_path / "script.py"
    path.write_text("import json, signal, sys, time\n" + source)
    return TrainerProcess(order, tmp_path / "training", command=[sys.executable, str(path)])


async def told(trainer: TrainerProcess) -> list[Event]:
    """Everything that a trainer reports."""
    return [event async for event in trainer.events()]


async def test_lines_become_events(tmp_path: Path) -> None:
    lines = f"for line in {[PLAN, PROGRESS, SAMPLES]!r}: print(json.dumps(line), flush=True)\n"
    done = (
        'print(json.dumps({"event": "done", "weights": "w", "plot": "p", "validation": 1.5,'
        ' "samples": ["a"], "seconds": 2.0}))'
    )
    assert await told(script(tmp_path, lines + done)) == [
        Planned(10, "Mine", ("2 dropped.",)),
        Progress(5, 10, 2.0, None, 1000.0, 3.0),
        Samples(5, ("a",)),
        Done(Path("w"), Path("p"), 1.5, ("a",), 2.0),
    ]


async def test_the_trainer_is_given_the_order(tmp_path: Path) -> None:
    order = replace(ORDER, corpus=tmp_path / "own.txt", recipe="quick", also=tmp_path / "also.txt")
    trainer = script(
        tmp_path, 'print(json.dumps({"event": "error", "message": " ".join(sys.argv[1:])}))', order
    )
    (event,) = await told(trainer)
    assert isinstance(event, Failed)
    out = tmp_path / "training" / "names.safetensors"
    assert event.message == (
        f"names --recipe quick --out {out} --seed 5 --minutes 1 --progress json "
        f"--corpus {tmp_path / 'own.txt'} --also {tmp_path / 'also.txt'}"
    )


@pytest.mark.parametrize(
    "line", [b"", b"hello\n", b"[]\n", b'{"event": "plan"}\n', b"\xff\n", b"3"]
)
def test_what_is_no_event_is_skipped(line: bytes) -> None:
    assert from_json(line) is None


async def test_a_process_that_dies_is_reported_with_its_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (event,) = await told(script(tmp_path, "sys.exit('out of paper')"))
    assert isinstance(event, Failed)
    assert "exit code 1" in event.message
    assert "out of paper" in caplog.text


async def test_a_process_that_was_killed_may_have_lacked_memory(tmp_path: Path) -> None:
    source = "import os\nos.kill(os.getpid(), signal.SIGKILL)"
    (event,) = await told(script(tmp_path, source))
    assert isinstance(event, Failed)
    assert "memory" in event.message


async def test_a_stopped_process_ends_and_says_so(tmp_path: Path) -> None:
    trainer = script(tmp_path, f"print(json.dumps({PLAN!r}), flush=True)\ntime.sleep(60)")
    seen = []
    async for event in trainer.events():
        seen.append(event)
        trainer.stop()
    assert seen[1:] == [Stopped()]


async def test_leaving_early_ends_the_process(tmp_path: Path) -> None:
    source = (
        "import os\nprint(json.dumps({'event': 'error', 'message': str(os.getpid())}), flush=True)"
    )
    trainer = script(tmp_path, source + "\ntime.sleep(60)")
    async with aclosing(trainer.events()) as events:
        event = await anext(events)
    assert isinstance(event, Failed)
    process = trainer._process
    assert process is not None
    assert await asyncio.wait_for(process.wait(), 10) != 0


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = datetime(2025, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class FakeRuns:
    """Remembers which runs began, and how they ended."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[tuple[int, str, str, int | None]] = []
        self.beats = 0
        self.member: int | None = 3
        self.dead: list[tuple[int | None, int | None]] = []
        self.error: Exception | None = None

    async def begin_run(self, what: str, **_facts: object) -> int:
        if self.error:
            raise self.error
        self.begun.append(what)
        return len(self.begun)

    async def beat(self, run_id: int, now: datetime) -> None:
        self.beats += 1

    async def end_run(
        self,
        run_id: int,
        state: str,
        now: datetime,
        *,
        message: str = "",
        version_id: int | None = None,
    ) -> None:
        if self.error:
            raise self.error
        self.ended.append((run_id, state, message, version_id))

    async def member_of_run(self, run_id: int) -> int | None:
        if self.error:
            raise self.error
        return self.member

    async def fail_stale_runs(self, now: datetime) -> list[tuple[int | None, int | None]]:
        if self.error:
            raise self.error
        return self.dead


def kept(done: Done) -> VersionCreated:
    """What became of a training that went well."""
    return VersionCreated(7, card("names"), done, b"curve", "automatic", 1.44, 1.42)


async def keep(
    task: str, done: Done, *, force: bool = False, member_id: int | None = None
) -> VersionCreated:
    """Take any weights."""
    return kept(done)


def retraining(
    tmp_path: Path, clock: Clock, *events: Event, keep: Keep = keep, runs: FakeRuns | None = None
) -> Retraining:
    """The rules, with a trainer that reports these events."""
    return Retraining(
        tmp_path,
        keep,
        runs or FakeRuns(),
        rest=timedelta(minutes=5),
        now=clock,
        launch=lambda order, folder: FakeTrainer(order, folder, events),
    )


async def run(rules: Retraining) -> list[Event]:
    """Train once, and return what was reported."""
    seen: list[Event] = []
    finished = asyncio.Event()

    async def follow(events: Events) -> None:
        seen.extend([event async for event in events])
        finished.set()

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await finished.wait()
    await rules.stop("it is over")
    return seen


DONE = Done(Path("w"), Path("p"), 1.5, (), 1.0)


async def test_the_weights_are_kept_as_a_version_and_the_run_is_noted(tmp_path: Path) -> None:
    runs = FakeRuns()
    assert await run(retraining(tmp_path, Clock(), DONE, runs=runs)) == [kept(DONE)]
    assert runs.begun == ["names"]
    assert runs.ended == [(1, "done", "", 7)]


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (WeightsError("It babbles."), "cannot be used: It babbles."),
        (FileNotFoundError(2, "No such file"), "could not be read (No such file)"),
    ],
)
async def test_weights_that_cannot_be_kept_are_a_failure_that_says_why(
    tmp_path: Path, error: Exception, why: str
) -> None:
    async def refuse(
        task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionCreated:
        raise error

    runs = FakeRuns()
    (event,) = await run(retraining(tmp_path, Clock(), DONE, keep=refuse, runs=runs))
    assert isinstance(event, Failed)
    assert why in event.message
    assert runs.ended == [(1, "failed", event.message, None)]


async def test_a_database_that_is_away_for_a_moment_costs_no_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.training.retraining.PAUSES", (0, 0))
    tries = []

    async def keep_at_last(
        task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionCreated:
        tries.append(done)
        if len(tries) < 3:
            raise Unavailable
        return kept(done)

    assert await run(retraining(tmp_path, Clock(), DONE, keep=keep_at_last)) == [kept(DONE)]


async def test_without_a_database_the_weights_are_lost_and_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.services.training.retraining.PAUSES", (0,))
    runs = FakeRuns()
    runs.error = Unavailable()

    async def refuse(
        task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionCreated:
        raise Unavailable

    (event,) = await run(retraining(tmp_path, Clock(), DONE, keep=refuse, runs=runs))
    assert isinstance(event, Failed)
    assert "could not be kept" in event.message


async def test_a_run_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.training.retraining.BEAT", 0.001)
    runs = FakeRuns()
    rules = retraining(tmp_path, Clock(), Planned(1, "Mine"), runs=runs)

    async def follow(events: Events) -> None:
        async for _ in events:
            while runs.beats < 3:  # noqa: ASYNC110 (nobody signals a beat)
                await asyncio.sleep(0.001)

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await rules.stop("it is over")
    assert runs.beats >= 3


async def test_a_run_that_nobody_followed_to_its_end_has_failed(tmp_path: Path) -> None:
    runs = FakeRuns()
    rules = retraining(tmp_path, Clock(), Planned(1, "Mine"), runs=runs)

    async def follow(events: Events) -> None:
        raise RuntimeError("out of paper")

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await rules.stop("it is over")
    assert [state for _, state, *_ in runs.ended] == ["failed"]


async def test_names_that_are_read_as_well_are_handed_to_the_trainer(tmp_path: Path) -> None:
    order = await retraining(tmp_path, Clock()).with_names(ORDER, ["mango", "mango", "kiwi"])
    assert order.also is not None
    assert order.also.read_text() == "mango\nmango\nkiwi\n"


async def test_a_trainer_that_cannot_be_run_is_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    trainer = TrainerProcess(ORDER, tmp_path / "training", command=[str(tmp_path / "nobody")])
    rules = Retraining(
        tmp_path, keep, FakeRuns(), rest=timedelta(0), now=Clock(), launch=lambda *_: trainer
    )
    assert await run(rules) == [Failed("Something broke on my side; the log says more.")]
    assert "nobody" in caplog.text


async def test_one_training_at_a_time(tmp_path: Path) -> None:
    rules = retraining(tmp_path, Clock())
    with rules.claimed(), pytest.raises(AlreadyTraining), rules.claimed():
        pass


async def test_a_training_that_was_not_begun_needs_no_rest(tmp_path: Path) -> None:
    rules = retraining(tmp_path, Clock())
    with rules.claimed():
        pass
    with rules.claimed():
        pass


async def test_after_a_training_comes_a_rest(tmp_path: Path) -> None:
    clock = Clock()
    rules = retraining(tmp_path, clock, Failed("no"))
    await run(rules)
    with pytest.raises(Resting) as caught, rules.claimed():
        pass
    assert caught.value.until == clock.now + timedelta(minutes=5)
    clock.now += timedelta(minutes=5)
    with rules.claimed():
        pass


async def test_stopping_gives_the_reason_and_waits_for_the_follower(tmp_path: Path) -> None:
    rules = retraining(tmp_path, Clock(), Planned(1, "Mine"), Planned(2, "Mine"))
    seen: list[Event] = []
    begun = asyncio.Event()

    async def follow(events: Events) -> None:
        async for event in events:
            seen.append(event)
            begun.set()
            await asyncio.sleep(0.01)

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await begun.wait()
    await rules.stop("Lunch.")
    assert seen == [Planned(1, "Mine"), Stopped("Lunch.")]
    assert not rules.running


async def test_stopping_when_nothing_runs_does_nothing(tmp_path: Path) -> None:
    rules = retraining(tmp_path, Clock())
    await rules.stop("Lunch.")
    assert not rules.running


async def test_while_a_run_is_on_its_place_is_noted_for_the_next_start(tmp_path: Path) -> None:
    rules = retraining(tmp_path, Clock(), Planned(1, "Mine"))
    noted: list[list[MessageRef]] = []

    async def follow(events: Events) -> None:
        async for _ in events:
            (tmp_path / "elsewhere").mkdir()
            shutil.copy(tmp_path / "retraining.json", tmp_path / "elsewhere")
            noted.append(await retraining(tmp_path / "elsewhere", Clock()).interrupted())

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await rules.stop("it is over")
    assert noted == [[PLACE]]
    assert await rules.interrupted() == []


async def test_an_interruption_is_told_once(tmp_path: Path) -> None:
    note = '{"place": {"channel": 12, "message": 34, "guild": 5}, "run": 6}'
    (tmp_path / "retraining.json").write_text(note)
    runs = FakeRuns()
    rules = retraining(tmp_path, Clock(), runs=runs)
    assert await rules.interrupted() == [MessageRef(12, 34, 5)]
    assert [(number, state) for number, state, *_ in runs.ended] == [(6, "failed")]
    assert await rules.interrupted() == []


async def test_a_note_of_the_version_before_is_read(tmp_path: Path) -> None:
    (tmp_path / "retraining.json").write_text('{"channel": 12, "message": 34}')
    assert await retraining(tmp_path, Clock()).interrupted() == [PLACE]


async def test_runs_of_lost_disks_are_known_by_their_silence(tmp_path: Path) -> None:
    runs = FakeRuns()
    runs.dead = [(12, 34), (None, None)]
    assert await retraining(tmp_path, Clock(), runs=runs).interrupted() == [PLACE]


async def test_a_look_for_the_dead_spares_the_run_that_is_on(tmp_path: Path) -> None:
    runs = FakeRuns()
    rules = retraining(tmp_path, Clock(), Planned(1, "Mine"), runs=runs)
    looked = []

    async def follow(events: Events) -> None:
        async for _ in events:
            looked.append(await rules.fallen_silent())  # noqa: PERF401 (one at a time)

    with rules.claimed():
        rules.start(ORDER, follow, PLACE)
    await rules.stop("it is over")
    assert looked == [[]]
    assert runs.beats == 1
    assert "failed" not in [state for _, state, *_ in runs.ended[:-1]]


async def test_without_a_database_the_note_is_told_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "retraining.json").write_text('{"place": {"channel": 12, "message": 34}, "run": 6}')
    runs = FakeRuns()
    runs.error = Unavailable()
    assert await retraining(tmp_path, Clock(), runs=runs).interrupted() == [PLACE]


@pytest.mark.parametrize("note", ["{", "[]", '{"channel": 12}', '{"channel": "x", "message": 1}'])
async def test_a_note_that_cannot_be_read_is_none(tmp_path: Path, note: str) -> None:
    (tmp_path / "retraining.json").write_text(note)
    assert await retraining(tmp_path, Clock()).interrupted() == []
    assert not (tmp_path / "retraining.json").exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..", "", "a/b\\c", "💩.txt"])
async def test_an_uploaded_corpus_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    rules = retraining(tmp_path, Clock())
    names = "\n".join(f"{letter}osaurus" for letter in string.ascii_lowercase).encode()
    order = await rules.with_corpus(ORDER, name, names)
    assert order.corpus is not None
    assert order.corpus.resolve().parent == tmp_path / "training" / "corpus"
    assert order.corpus.read_bytes() == names


async def test_a_corpus_that_is_too_small_is_not_kept(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="at least 20"):
        await retraining(tmp_path, Clock()).with_corpus(ORDER, "mine.txt", b"one\ntwo\n")
    assert not (tmp_path / "training").exists()


@pytest.mark.parametrize("member", [None, 3])
async def test_whoever_is_forgotten_during_a_training_does_not_come_back_with_it(
    tmp_path: Path, member: int | None
) -> None:
    members = []

    async def remember(
        task: str, done: Done, *, force: bool = False, member_id: int | None = None
    ) -> VersionCreated:
        members.append(member_id)
        return kept(done)

    runs = FakeRuns()
    runs.member = member
    await run(retraining(tmp_path, Clock(), DONE, keep=remember, runs=runs))
    assert members == [member]

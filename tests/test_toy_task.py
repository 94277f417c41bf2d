"""A toy task: an entry in `TASKS` is all that training, storing and serving it takes."""

import asyncio
import sys
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from bot.store import Store
from bot.trainer.custom_models import CustomModelLoader
from bot.trainer.queries import TrainingRecord, TrainingRequest, Trainings, VersionRecord, Versions
from bot.trainer.registry import open_versions
from bot.trainer.service import Event as TrainingEvent
from bot.trainer.service import Events, TrainingService
from bot.trainer.trainer import TrainerProcess
from bot.writing import Inference
from models.tasks import TASKS, Task, task_of
from models.training.events import Done, Planned, Progress, Samples, Stopped
from models.weights import WeightsError
from tests.toy_task import NAME, WordsDraft, WordsRequest, register, start, words_task


def now() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """The registered task."""
    monkeypatch.setitem(TASKS, NAME, words_task(tmp_path))  # so that it is removed at the end
    return register(tmp_path / "shipped")


def test_run_reports_and_resumes(words: Task, tmp_path: Path) -> None:
    whole, broken = tmp_path / "new" / "whole.safetensors", tmp_path / "broken.safetensors"
    planned, *between, done = start(words, whole, seed=2).events(Event(), longest=60)
    assert isinstance(planned, Planned)
    assert [type(event) for event in between] == [Progress, Samples] * 4
    assert isinstance(done, Done)
    assert len(done.samples) == 3
    loaded = words.load(whole)
    assert (loaded.card.task, loaded.card.recipe, loaded.card.seed) == (NAME, "trigrams", 2)
    assert words.reference_loss(loaded.card) == done.validation
    stop = Event()
    for event in start(words, broken, seed=2).events(stop, longest=60):
        if isinstance(event, Progress) and event.step == 2:
            stop.set()
        last = event
    assert last == Stopped(checkpoint=broken.with_suffix(".checkpoint"))
    run = start(words, broken, seed=2)
    run.resume()
    events = [*run.events(Event(), longest=60)]
    assert [event.step for event in events if isinstance(event, Progress)] == [3, 4]
    assert words.load(broken).digest == loaded.digest


def test_weights_of_other_tasks_are_refused(words: Task) -> None:
    with pytest.raises(WeightsError, match="writes words, not names"):
        TASKS["names"].load(words.shipped_path)
    with pytest.raises(WeightsError, match="writes names, not words"):
        words.load(TASKS["names"].shipped_path)
    with pytest.raises(LookupError, match="no task 'haiku'; it can be names or sonnets or words"):
        task_of("haiku")


TRAIN = (
    "import sys; from pathlib import Path; from tests.toy_task import register; "
    "register(Path(sys.argv.pop(1))); from bot.train import main; sys.exit(main())"
)
"""`python -m bot.train` with the toy task."""


async def test_training_from_the_chat(words: Task, store: Store, tmp_path: Path) -> None:
    """Queued, trained in a child process, stored, activated, compared, reopened, rolled back."""
    inference, registry = await open_versions(store, lambda _: True, now=now)
    shipped = await written(inference)
    ended = asyncio.Event()
    seen: list[TrainingEvent] = []

    class Report:
        def __init__(self, _record: TrainingRecord) -> None:
            """Of the only training."""

        async def follow(self, events: Events) -> None:
            seen.extend([event async for event in events])
            ended.set()

        async def update(self) -> None:
            """Nothing to show."""

    command = [sys.executable, "-c", TRAIN, str(tmp_path / "child")]
    service = TrainingService(
        tmp_path,
        store,
        registry,
        CustomModelLoader(store, inference),
        cooldown=timedelta(0),
        now=now,
        launch=partial(TrainerProcess, command=command),
    )
    service.report_to("discord", Report)
    service.start()
    request = TrainingRequest(
        "shared", NAME, task_of(NAME).chat_recipe, 4, now(), minutes=1, force=True, member_id=7
    )
    corpus = "\n".join("z" * k + "oo" for k in range(1, 11)).encode()
    number = await service.enqueue(replace(request, corpus=corpus, title="z.txt"))
    async with asyncio.timeout(60):
        await ended.wait()
    await service.close()

    assert isinstance(seen[0], Planned)
    created = seen[-1]
    assert isinstance(created, VersionRecord)
    assert (created.task, created.recipe, created.seed) == (NAME, "bigrams", 4)
    assert set("".join(await written(inference))) == {"o", "z"}
    (version,) = await store[Versions].of(NAME)
    assert (version.member_id, version.corpus) == (7, "z.txt")
    record = await store[Trainings].get(number)
    assert record is not None
    assert (record.state, record.version_id) == ("done", created.number)
    assert not list((tmp_path / "training").iterdir())
    assert len((await registry.shipped(NAME, with_samples=True)).samples) == 3
    again, _ = await open_versions(store, lambda _: True, now=now)
    assert again.digests[NAME] == version.digest
    await registry.roll_back(NAME, member_id=7)
    assert await written(inference) == shipped
    assert registry.served["names"].version_id is None
    for each in (inference, again):
        await each.close()


async def written(inference: Inference) -> tuple[str, ...]:
    """All words of a request."""
    async with aclosing(inference.generate(NAME, WordsRequest(count=5, seed=3))) as drafts:
        found: list[WordsDraft] = [draft async for draft in drafts]
    return found[-1].words

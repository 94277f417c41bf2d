"""A toy task: an entry in `TASKS` is all that training, storing and serving it takes."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from bot.store import Store
from bot.train import main
from bot.training.custom_models import CustomModelLoader
from bot.training.events import from_json
from bot.training.queries import TrainingRecord, TrainingRequest, Trainings, VersionRecord, Versions
from bot.training.registry import MARGIN, ModelRegistry, NothingBefore, open_versions
from bot.training.service import Event as TrainingEvent
from bot.training.service import Events, TrainingService
from bot.training.trainer import TrainerProcess
from bot.writing import Inference
from models.tasks import TASKS, Task, task_of
from models.text_generator import Accept, GenerationError, ShouldStop, never
from models.training.events import Done, Planned, Progress, Samples, Stopped
from models.weights import Trained, WeightsError
from tests.toy_task import NAME, WordsDraft, WordsRequest, register, start, words_task

CHECKOUT = Path(__file__).parents[1]
REQUEST = WordsRequest(count=5, seed=3)


def now() -> datetime:
    return datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Task:
    """The registered task."""
    monkeypatch.setitem(TASKS, NAME, words_task(tmp_path))  # so that it is removed at the end
    return register(tmp_path / "shipped")


def trained(task: Task, out: Path, recipe: str = "trigrams", **options: object) -> Done:
    """The results of a whole training."""
    *_, done = start(task, out, recipe, **options).events(Event(), longest=60)
    assert isinstance(done, Done)
    return done


def test_run_reports_and_writes(words: Task, tmp_path: Path) -> None:
    out = tmp_path / "new" / "words.safetensors"
    events = [*start(words, out, seed=2).events(Event(), longest=60)]
    assert isinstance(events[0], Planned)
    assert sum(isinstance(event, Progress) for event in events) == 4
    assert sum(isinstance(event, Samples) for event in events) == 4
    done = events[-1]
    assert isinstance(done, Done)
    assert len(done.samples) == 3
    loaded = words.load(out)
    assert (loaded.card.task, loaded.card.recipe, loaded.card.seed) == (NAME, "trigrams", 2)
    assert words.reference_loss(loaded.card) == done.validation


def test_run_resumes_from_its_checkpoint(words: Task, tmp_path: Path) -> None:
    whole, broken = tmp_path / "whole.safetensors", tmp_path / "broken.safetensors"
    trained(words, whole)
    stop = Event()
    for event in start(words, broken).events(stop, longest=60):
        if isinstance(event, Progress) and event.step == 2:
            stop.set()
        last = event
    assert last == Stopped(checkpoint=broken.with_suffix(".checkpoint"))
    run = start(words, broken)
    run.resume()
    events = [*run.events(Event(), longest=60)]
    assert [event.step for event in events if isinstance(event, Progress)] == [3, 4]
    assert words.load(broken).digest == words.load(whole).digest


def test_train_command(words: Task, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "words.safetensors"
    arguments = [NAME, "--recipe", "bigrams", "--out", str(out), "--progress", "json"]
    assert main(arguments) == 0
    events = [from_json(line) for line in capsys.readouterr().out.splitlines()]
    assert isinstance(events[-1], Done)
    assert words.load(out).card.recipe == "bigrams"
    with pytest.raises(SystemExit):
        main([NAME, "--recipe", "best"])
    assert "words has no recipe 'best'; choose one of trigrams, bigrams" in capsys.readouterr().err


def test_train_process(tmp_path: Path) -> None:
    """The process that a training from the chat starts, with an entry module of its own."""
    corpus, out = tmp_path / "mine.txt", tmp_path / "words.safetensors"
    corpus.write_text("\n".join(a + b for a in ("mango", "tango", "kiwi", "fig") for b in "xyz"))
    code = (
        f"import sys; sys.path.insert(0, {str(CHECKOUT)!r}); from pathlib import Path; "
        f"from tests.toy_task import register; register(Path({str(tmp_path / 'shipped')!r})); "
        "from bot.train import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, NAME, "--corpus", corpus, "--out", out, "--progress", "json"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert isinstance(from_json(done.stdout.splitlines()[-1]), Done)
    assert words_task(tmp_path / "shipped").load(out).card.corpus == "mine.txt"


def test_weights_of_other_tasks_are_refused(words: Task) -> None:
    with pytest.raises(WeightsError, match="writes words, not names"):
        TASKS["names"].load(words.shipped_path)
    with pytest.raises(WeightsError, match="writes names, not words"):
        words.load(TASKS["names"].shipped_path)
    with pytest.raises(LookupError, match="no task 'haiku'; it can be names or sonnets or words"):
        task_of("haiku")


@pytest.fixture
async def opened(
    words: Task, store: Store, tmp_path: Path
) -> AsyncIterator[tuple[Inference, ModelRegistry]]:
    """Inference and registry, as the bot opens them."""
    inference, registry = await open_versions(store, lambda _: True, now=now)
    yield inference, registry
    await inference.close()


TRAIN = (
    "import sys; from pathlib import Path; from tests.toy_task import register; "
    "register(Path(sys.argv.pop(1))); from bot.train import main; sys.exit(main())"
)
"""`python -m bot.train` with the toy task."""


async def test_training_from_the_chat(
    opened: tuple[Inference, ModelRegistry], store: Store, tmp_path: Path
) -> None:
    """Queued, trained in a child process, stored, activated, sampled and rolled back."""
    inference, registry = opened
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
    await registry.roll_back(NAME, member_id=7)
    assert await written(inference) == shipped


async def written(inference: Inference, request: WordsRequest = REQUEST) -> tuple[str, ...]:
    """All words of a request."""
    async with aclosing(inference.generate(NAME, request)) as drafts:
        found: list[WordsDraft] = [draft async for draft in drafts]
    return found[-1].words


async def test_versions_of_a_toy_task(
    opened: tuple[Inference, ModelRegistry], words: Task, store: Store, tmp_path: Path
) -> None:
    """Stored, activated by itself and by a member, compared, listed, rolled back, reopened."""
    inference, registry = opened
    shipped = await written(inference)
    assert len(shipped) == 5

    same = await registry.add_trained(NAME, trained(words, tmp_path / "a.safetensors", seed=9))
    live = registry.served[NAME]  # a tie with the shipped weights
    assert (live.version_id, live.reason) == (same.number, "automatic")
    assert inference.cards[NAME].seed == 9

    corpus = tmp_path / "z.txt"
    corpus.write_text("\n".join("z" * k + "oo" for k in range(1, 11)))
    done = trained(words, tmp_path / "b.safetensors", "bigrams", corpus=corpus)
    worse = await registry.add_trained(NAME, done)
    assert registry.served[NAME] == live
    assert worse.reference_loss is not None
    assert worse.baseline_loss is not None
    assert worse.reference_loss > worse.baseline_loss + MARGIN
    await registry.activate(NAME, worse.number, member_id=7)
    assert set("".join(await written(inference))) == {"o", "z"}

    comparison = await registry.compare(NAME, worse.number)
    assert comparison is not None
    assert (comparison.version.task, comparison.version.recipe) == (NAME, "bigrams")
    assert comparison.previous is not None
    assert comparison.previous.number == same.number
    assert len(comparison.shipped.samples) == 3
    page = await registry.page(NAME, 0, 10)
    assert [one.number for one in page.versions] == [worse.number, same.number, None]

    again, _ = await open_versions(store, lambda _: True, now=now)
    assert again.digests[NAME] == words.load(tmp_path / "b.safetensors").digest
    await again.close()

    await registry.roll_back(NAME, member_id=7)
    assert registry.served[NAME].version_id == same.number
    await registry.roll_back(NAME, member_id=7)
    assert await written(inference) == shipped
    with pytest.raises(NothingBefore):
        await registry.roll_back(NAME, member_id=7)
    assert registry.served["names"].version_id is None


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_requests_of_a_toy_task_share_batches(
    opened: tuple[Inference, ModelRegistry], monkeypatch: pytest.MonkeyPatch, words: Task
) -> None:
    inference, _ = opened
    requests = [WordsRequest(4, seed) for seed in range(6)]
    alone = [await written(inference, request) for request in requests]
    sizes: list[int] = []
    extend = words.generator.extend

    def counted(
        trained: Trained, drafts: list[WordsDraft], accepts: list[Accept], stop: ShouldStop = never
    ) -> list[WordsDraft]:
        sizes.append(len(drafts))
        return extend(trained, drafts, accepts, stop)

    monkeypatch.setattr(words.generator, "extend", counted)
    assert await asyncio.gather(*(written(inference, request) for request in requests)) == alone
    assert max(sizes) == 4
    with pytest.raises(GenerationError, match="1 to 20 words"):
        await written(inference, WordsRequest(99, 0))

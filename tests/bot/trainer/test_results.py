"""How a training ends: a version, a custom model, or a reason."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from bot.store import Unavailable
from bot.trainer import service
from bot.trainer.custom_models import LARGEST_WEIGHTS, MOST_LOADED, CustomModelLoader
from bot.trainer.events import CustomModelTrained, EndReason
from bot.trainer.queries import CUSTOM, CustomModels, TrainingRequest, Trainings, VersionRecord
from bot.trainer.service import names_of, table_of
from bot.trainer.trainer import RunFolder, TrainerProcess
from models.training.events import Failed, Planned
from models.weights import WeightsError
from tests.bot.fakes import FakeWriter
from tests.bot.tiny import tiny_namer
from tests.bot.trainer.processes import DONE, KANA, NOW, ON_SQLITE, REQUEST, Bots, Process, until


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

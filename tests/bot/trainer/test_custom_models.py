"""Weights of custom models: loaded from the database, the last few kept."""

import asyncio
from dataclasses import replace

import pytest

from bot.store import Store
from bot.trainer.custom_models import MOST_LOADED, CustomModelLoader, Untrained
from bot.trainer.queries import CustomModelRecord, CustomModels
from bot.writing.errors import TooSlow
from models.weights import TooLarge, WeightsError
from tests.bot.fakes import FakeWriter
from tests.bot.tiny import tiny_namer
from tests.bot.trainer.processes import KANA, untrained

CONTENT = tiny_namer(KANA)
SLACK = 100
"""Bytes. Models of the same list hardly differ in size."""
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def service(store: Store) -> CustomModelLoader:
    """As a new process has it."""
    return CustomModelLoader(store, FakeWriter())


async def trained(store: Store, name: str = "kana", content: bytes = CONTENT) -> CustomModelRecord:
    model = await untrained(store, name)
    sample = await service(store).validate(content, name)
    await store[CustomModels].trained(model.id, content, sample.trained.digest, 2.5)
    return replace(model, digest=sample.trained.digest)


async def several(store: Store, count: int) -> list[CustomModelRecord]:
    return [
        await trained(store, f"kana {number}", tiny_namer(KANA, seed=number))
        for number in range(count)
    ]


async def limited(store: Store, **limits: float) -> CustomModelLoader:
    """Has room for `MOST_LOADED` of `several`."""
    sample = await service(store).validate(CONTENT, "kana")
    size = sample.trained.resident_bytes + SLACK
    return CustomModelLoader(store, FakeWriter(), largest=size, **limits)


async def test_last_few_are_kept(store: Store) -> None:
    models = await several(store, MOST_LOADED + 1)
    fresh = await limited(store)
    loaded = [await fresh.load(model) for model in models[:MOST_LOADED]]
    assert await fresh.load(models[-2]) is loaded[-1]
    oldest = loaded[0].resident_bytes
    del loaded
    await fresh.load(models[-1])
    await asyncio.sleep(0)
    assert fresh.loaded_bytes <= MOST_LOADED * (oldest + SLACK)


async def test_request_waits_for_memory(store: Store) -> None:
    models = await several(store, MOST_LOADED + 1)
    fresh = await limited(store)
    used = [await fresh.load(model) for model in models[:MOST_LOADED]]
    waiting = asyncio.create_task(fresh.load(models[-1]))
    while not waiting.done() and len(used) == MOST_LOADED:
        await asyncio.sleep(0.01)
        used.pop(0)
    assert (await waiting).digest == models[-1].digest


async def test_memory_in_use_is_not_waited_for_endlessly(store: Store) -> None:
    models = await several(store, MOST_LOADED + 1)
    fresh = await limited(store, patience_s=0)
    used = [await fresh.load(model) for model in models[:MOST_LOADED]]
    with pytest.raises(TooSlow):
        await fresh.load(models[-1])
    again = [await fresh.load(model) for model in models[:MOST_LOADED]]
    assert all(a is b for a, b in zip(again, used, strict=True))


async def test_trial_counts(store: Store) -> None:
    models = await several(store, MOST_LOADED)
    fresh = await limited(store, patience_s=0)
    trial = await fresh.validate(tiny_namer(KANA, seed=99), "import")
    assert (fresh.loaded, bool(fresh.loaded_bytes)) == (1, True)
    used = [await fresh.load(model) for model in models[: MOST_LOADED - 1]]
    with pytest.raises(TooSlow):
        await fresh.load(models[-1])
    del trial
    await asyncio.sleep(0)
    used.append(await fresh.load(models[-1]))
    with pytest.raises(TooSlow):
        await fresh.validate(tiny_namer(KANA, seed=98), "import")
    assert len(used) == MOST_LOADED


async def test_load(store: Store) -> None:
    model = await trained(store)
    fresh = service(store)
    assert fresh.loaded_one(model) is None
    assert fresh.loaded == 0
    loaded = await fresh.load(model)
    assert loaded.digest == model.digest
    assert loaded.words == tuple(sorted(KANA))
    assert fresh.loaded_one(model) is loaded


async def test_model_in_use_is_not_loaded_twice(store: Store) -> None:
    models = await several(store, 3 * MOST_LOADED)
    fresh = await limited(store)
    first = await fresh.load(models[0])
    for model in models[1:]:
        await fresh.load(model)
    assert await fresh.load(models[0]) is first


async def test_too_large_for_memory(store: Store) -> None:
    strict = CustomModelLoader(store, FakeWriter(), largest=1_000)
    with pytest.raises(TooLarge):
        await strict.validate(CONTENT, "kana")


async def test_changed_weights_are_refused(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    model = await trained(store, "Galadriel")
    flipped = bytearray(CONTENT)
    flipped[-1] ^= 1
    await store[CustomModels].trained(model.id, bytes(flipped), model.digest or "", 2.5)
    with pytest.raises(WeightsError):
        await service(store).load(model)
    assert f"Custom model {model.id} cannot be used: WeightsError" in caplog.text
    assert "Galadriel" not in caplog.text  # a member typed it


async def test_without_weights(store: Store) -> None:
    """Before the first training, and after a deletion."""
    deleted = await trained(store)
    await store[CustomModels].delete(deleted.id)
    for model in (deleted, await untrained(store)):
        with pytest.raises(Untrained):
            await service(store).load(model)


@pytest.mark.parametrize("content", [b"x", tiny_namer(KANA, kind="sonnets")], ids=["bad", "verse"])
async def test_validate_refuses(store: Store, content: bytes) -> None:
    with pytest.raises(WeightsError):
        await service(store).validate(content, "kana")

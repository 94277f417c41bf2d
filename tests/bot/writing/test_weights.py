"""Weights: those that are served, swapped, passed with a request, and refused."""

import asyncio
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from bot.writing import Inference, limits, open_inference
from models import weights
from models.networks.vocabulary import END
from models.tasks import TASKS
from models.weights import Trained, WeightsError
from tests.bot.tiny import tiny_namer
from tests.bot.writing.serving import (
    KANA,
    NAMES,
    POEM,
    Serve,
    anything,
    kana,
    last_of,
    poem_of,
    save,
    swap,
)
from tests.models.tiny import lstm, namer, poet


async def test_weights_that_load_for_ever(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are refused, and do not keep others from being loaded."""
    monkeypatch.setattr(limits, "LOADING_S", 0.05)
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    inference, gate = serve(), threading.Event()

    def load() -> Trained:
        gate.wait(60)
        raise WeightsError("late")

    try:
        with pytest.raises(WeightsError, match="no answer within"):
            await inference.validate("names", load)
        assert inference.stuck == 1
        with pytest.raises(WeightsError, match="broken"):
            await inference.prepare("names", broken)
    finally:
        gate.set()


def broken() -> Trained:
    raise WeightsError("They are broken.")


@pytest.mark.parametrize(
    ("kind", "made", "why"),
    [("names", namer, "five names"), ("sonnets", lambda: poet(lstm(seed=5)), "a poem")],
    ids=["names", "sonnets"],
)
async def test_weights_with_blocked_samples(
    tmp_path: Path, kind: str, made: Callable[[], Trained], why: str
) -> None:
    path = save(tmp_path, made())
    inference = Inference({"names": namer(), "sonnets": poet()}, accept=lambda _: False)
    before = dict(inference.cards)
    with pytest.raises(WeightsError, match=f"cannot write {why}"):
        await swap(inference, kind, path)
    assert inference.cards == before
    await inference.close()


async def test_old_and_new_weights_together(serve: Serve, tmp_path: Path) -> None:
    other = poet(lstm(seed=5))
    path = save(tmp_path, other)
    inference = serve()
    old = inference.sonnet(POEM)
    await anext(old)
    await swap(inference, "sonnets", path)
    new = inference.sonnet(POEM)
    await anext(new)
    rest = [asyncio.create_task(last_of(poem)) for poem in (old, new)]
    old_lines, new_lines = await asyncio.gather(*rest)
    assert old_lines == await poem_of(serve(), POEM)
    assert new_lines == await poem_of(serve(sonnets=other), POEM)


async def test_invalid_weights_change_nothing(serve: Serve, tmp_path: Path) -> None:
    inference = serve()
    before = await poem_of(inference, POEM)
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"no weights")
    namers = save(tmp_path, namer())
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        await swap(inference, "sonnets", broken)
    with pytest.raises(WeightsError, match=r"These weights write names, not sonnets"):
        await swap(inference, "sonnets", namers)
    assert await poem_of(inference, POEM) == before
    assert inference.cards["sonnets"] == poet().card


async def test_passed_weights(serve: Serve) -> None:
    inference = serve()
    sample = await inference.validate("names", kana(capitals="^"), full=False)
    assert len(sample.samples) == 10
    result = await inference.names(NAMES, sample.trained)
    assert set("".join(result.names)) <= set("".join(KANA))
    assert not set(result.names) & set(KANA)
    dissection = await inference.dissect(KANA[0], sample.trained)
    assert [choice.letter for choice in dissection.letters] == [*KANA[0], END]


async def test_prepare_takes_no_sample(serve: Serve) -> None:
    inference = serve(accept=lambda _: False)
    assert (await inference.prepare("names", kana())).words == tuple(sorted(KANA))
    with pytest.raises(WeightsError, match="five names that are new and fit to be shown"):
        await inference.validate("names", kana(), full=False)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (tiny_namer(KANA, kind="sonnets"), "kana writes sonnets, not names"),
        (tiny_namer([*KANA, *map(chr, range(0x4E00, 0x5000))]), "522 characters, at most 256"),
        (tiny_namer(KANA, layers=40), "40 layers, at most 32"),
        (tiny_namer(KANA)[:-9], "not a whole"),
    ],
    ids=range(4),
)
async def test_harmful_weights(serve: Serve, content: bytes, why: str) -> None:
    with pytest.raises(WeightsError, match=why):
        await serve().prepare("names", partial(TASKS["names"].read, content, "kana"))


@pytest.mark.usefixtures("shipped")
async def test_unfilled_caches_stop_nothing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    maker = "models.verse.poem.metrical_writer_of"
    monkeypatch.setattr(maker, lambda _: 1 / 0)
    inference = await open_inference(anything)
    inference.warm_up()
    inference.warm_up()  # a second platform is connected
    assert (await inference.names(NAMES)).names
    assert inference.warming is not None
    await inference.warming
    assert caplog.text.count("Caches could not be filled") == 1
    await inference.close()


async def test_no_usable_weights(
    tmp_path: Path, shipped: dict[str, Trained], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert shipped
    monkeypatch.setattr(weights, "SHIPPED", tmp_path / "nowhere")
    with pytest.raises(WeightsError, match="restore both"):
        await open_inference(anything)

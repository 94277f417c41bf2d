"""Inference with small weights, and networks that wait for a test."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.writing import Inference
from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest
from models.networks.lstm import LSTM
from models.networks.network import State
from models.tasks import TASKS
from models.text_generator import Accept, ShouldStop, never
from models.verse.poem import SonnetDraft, SonnetRequest, extend
from models.weights import Trained, load_weights, save_weights
from tests.bot.tiny import tiny_namer

Serve = Callable[..., Inference]
NAMES = NamesRequest(count=3, seed=1)
POEM = SonnetRequest("Shall I", seed=1)


def anything(_text: str) -> bool:
    """A filter without words."""
    return True


KANA = tuple(a + b + c for a in "サクタマ" for b in "トクロ" for c in "シラウミ")


def kana(**facts: object) -> Callable[[], Trained]:
    """Loads small weights for names in kana."""
    return partial(TASKS["names"].read, tiny_namer(KANA, **facts), "kana")  # type: ignore[arg-type]


class Gated(LSTM):
    """A network that waits in its thread until a gate opens, and tells that it does."""

    gate: threading.Event
    reached: threading.Event

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        self.reached.set()
        assert self.gate.wait(timeout=60)
        return super().step(x, state)


def gated(network: LSTM) -> Gated:
    """The same network, with a closed gate."""
    copy = Gated(network.vocabulary, network.layers, network.Wy, network.by)
    object.__setattr__(copy, "gate", threading.Event())
    object.__setattr__(copy, "reached", threading.Event())
    return copy


async def poem_of(inference: Inference, request: SonnetRequest) -> tuple[str, ...]:
    """A whole poem."""
    return await last_of(inference.sonnet(request))


async def in_thread(event: threading.Event) -> None:
    """Wait for what happens in the networks' thread."""
    assert await asyncio.to_thread(event.wait, 60)


def save(folder: Path, trained: Trained) -> Path:
    """Write a file of weights."""
    path = folder / f"{trained.card.task}.safetensors"
    save_weights(path, trained.network.arrays(), trained.card, Fingerprints.of([]))
    return path


async def swap(inference: Inference, kind: str, path: Path) -> None:
    """Serve the weights of a file, as an activation does."""
    inference.swap(kind, (await inference.validate(kind, partial(load_weights, path))).trained)


def batch_sizes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many poems get a line together, call by call from now on."""
    sizes: list[int] = []

    def counted(
        trained: Trained,
        drafts: Sequence[SonnetDraft],
        accepts: Sequence[Accept],
        should_stop: ShouldStop = never,
    ) -> list[SonnetDraft]:
        sizes.append(len(drafts))
        return extend(trained, drafts, accepts, should_stop)

    monkeypatch.setattr("models.verse.poem.extend", counted)
    return sizes


async def last_of(poem: AsyncIterator[SonnetDraft]) -> tuple[str, ...]:
    """The rest of a poem."""
    lines: tuple[str, ...] = ()
    async for draft in poem:
        lines = draft.lines
    return lines

"""Who waits for whom, and what leaves a queue."""

import asyncio
import threading
from dataclasses import replace

import pytest

from bot.writing import Caller, limits
from bot.writing.errors import Busy, TooManyQueued, TooSlow
from bot.writing.service import DISSECTION
from models.names.generator import MAX_FRUITLESS
from models.names.problems import NamesError
from models.verse.poem import SonnetError
from tests.bot.writing.serving import NAMES, POEM, Serve, gated, in_thread, last_of, poem_of
from tests.models.tiny import LETTERS, lstm, namer, poet, words_and_characters


async def test_invalid_requests_free_the_queue(serve: Serve) -> None:
    inference = serve(queue=1)
    with pytest.raises(NamesError):
        await inference.names(replace(NAMES, starts_with="🦖"))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, opening="a" * 301))
    with pytest.raises(SonnetError, match="at most 300"):
        await poem_of(inference, replace(POEM, about="a" * 301))
    assert inference.at_work == 0
    assert (await inference.names(NAMES)).names


async def test_bounds(serve: Serve) -> None:
    """Of a queue, and of a member's requests in it."""
    network = gated(lstm())
    inference = serve(sonnets=poet(network), queue=2, per_member=1)
    poem = asyncio.create_task(last_of(inference.sonnet(POEM, Caller(requester=7))))
    await in_thread(network.reached)
    with pytest.raises(TooManyQueued):
        await last_of(inference.sonnet(POEM, Caller(requester=7)))
    other = asyncio.create_task(last_of(inference.sonnet(POEM, Caller(requester=8))))
    await asyncio.sleep(0)
    with pytest.raises(Busy) as busy:
        await poem_of(inference, POEM)
    assert busy.value.ahead == inference.at_work == 2
    names = asyncio.create_task(inference.names(NAMES))  # have another queue
    await asyncio.sleep(0)
    assert inference.at_work == 3
    network.gate.set()
    assert (await names).names
    assert await poem == await other
    assert inference.at_work == 0


async def test_deadline(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stuck thread is replaced; when there are too many, nothing is answered for some time."""
    monkeypatch.setattr(limits, "GRACE_S", 0.01)
    monkeypatch.setattr("bot.writing.thread.MOST_STUCK", 2)
    network = gated(lstm(LETTERS))
    inference = serve(names=namer(network), deadline=0.05)
    try:
        for stuck, is_ready in ((1, True), (2, False)):
            assert inference.blocked_for == 0
            with pytest.raises(TooSlow, match=r"within 0\.05 s"):
                await inference.names(NAMES)
            assert (inference.stuck, inference.is_ready) == (stuck, is_ready)
            assert inference.at_work == 0
        monkeypatch.setattr(inference._thread, "_clock", lambda: float("inf"))
        assert inference.blocked_for == float("inf")
    finally:
        network.gate.set()


async def test_dissection_frees_the_queue(serve: Serve) -> None:
    """Whether it succeeds, fails or is cancelled, of a name or of a line."""
    inference = serve(sonnets=poet(words_and_characters()), per_member=1)
    for _ in range(2):
        assert await inference.dissect("Mango", caller=Caller(requester=7))
        assert await inference.dissect_line("The rose of day", Caller(requester=7))
        with pytest.raises(NamesError):
            await inference.dissect("🦖", caller=Caller(requester=7))
        doomed = asyncio.create_task(inference.dissect("Mango", caller=Caller(requester=7)))
        await asyncio.sleep(0)
        assert inference.queues[DISSECTION].waiting == 1
        doomed.cancel()
        await asyncio.wait([doomed])
        assert inference.at_work == 0


async def test_cancelled_names_are_not_sampled_on(serve: Serve) -> None:
    """Names that are refused for ever, to the limit of fruitless ones."""
    refused = threading.Event()
    asked: list[str] = []

    def refuse(name: str) -> bool:
        asked.append(name)
        refused.set()
        return False

    network = gated(lstm(LETTERS))
    network.gate.set()
    inference = serve(names=namer(network), accept=refuse)
    doomed = asyncio.create_task(inference.names(NAMES))
    await in_thread(refused)
    network.gate.clear()
    doomed.cancel()
    await asyncio.wait([doomed])
    network.gate.set()
    assert (await inference.dissect("Mango")).letters  # the thread is free
    assert len(asked) < MAX_FRUITLESS / 2

"""Texts that workers of a cluster write."""

import asyncio
import logging
import pickle
from dataclasses import replace
from pathlib import Path

import pytest

from bot.words import WordFilter
from bot.writing import Inference, limits
from bot.writing import cluster as module
from bot.writing.cluster import ClusterPool, WeightStore
from bot.writing.errors import TooSlow
from models.names.generator import NamesRequest
from models.names.problems import NamesError
from models.tasks import task_of
from models.verse.poem import SonnetRequest
from models.weights import Trained
from tests.bot.writing.serving import NAMES, POEM, Serve, poem_of
from tests.models.tiny import LETTERS, lstm, namer, poet
from tests.models.verse.versifier import VERSIFIER
from tests.slow.cluster.dask_processes import Cluster, until, until_ready
from tests.slow.cluster.filters import Telling, failing, raising_unpicklable

ENDLESS = NamesRequest(count=10_000, seed=1)


async def has_weights(inference: Inference, pool: ClusterPool, digest: str) -> None:
    """Wait until every worker has the weights that write poems."""
    await anext(inference.sonnet(POEM))
    await until(lambda: all(worker.has(digest) for worker in pool.workers))


async def test_same_poem(pool: ClusterPool, serve_on: Serve) -> None:
    """A seed gives the same poem on a cluster and in the thread."""
    inference = serve_on(pool, sonnets=VERSIFIER)
    await has_weights(inference, pool, VERSIFIER.digest)
    for request in (POEM, SonnetRequest("Thou", seed=2, form="limerick", about="love")):
        turns = pool.status.turns
        alone = await poem_of(serve_on(sonnets=VERSIFIER), request)
        assert await poem_of(inference, request) == alone
        assert pool.status.turns == turns + len(alone)


async def test_shipped_weights(pool: ClusterPool, serve_on: Serve) -> None:
    """And the real word filter, which goes with each batch."""
    shipped = await asyncio.to_thread(task_of("names").load_shipped)
    accept = WordFilter(["mud*"]).allows
    inference, alone = serve_on(pool, names=shipped, accept=accept), serve_on(names=shipped)
    await inference.names(NAMES)
    await until(lambda: any(worker.has(shipped.digest) for worker in pool.workers))
    assert await inference.names(NAMES) == await alone.names(NAMES)
    assert pool.status.turns == 1


async def test_weights_are_sent_once(
    pool: ClusterPool, serve_on: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """To each worker, for poems that are asked for at the same time."""
    caplog.set_level(logging.INFO)
    inference = serve_on(pool, sonnets=poet(digest="sent once"))
    requests = [replace(POEM, seed=seed, form="couplets") for seed in range(3)]
    await asyncio.gather(*(poem_of(inference, request) for request in requests))
    await has_weights(inference, pool, "sent once")
    sent = [r.getMessage() for r in caplog.records if r.getMessage().startswith("Sent sent once")]
    assert len(sent) == 2


async def test_activation(pool: ClusterPool, serve_on: Serve) -> None:
    """Weights that become live are sent; poems wait for them nowhere."""
    inference = serve_on(pool, sonnets=poet(digest="before"))
    await has_weights(inference, pool, "before")
    other = poet(lstm(seed=5), digest="after")
    inference.swap("sonnets", other)
    alone = await poem_of(serve_on(sonnets=other), POEM)
    assert await poem_of(inference, POEM) == alone
    await has_weights(inference, pool, "after")
    assert await poem_of(inference, POEM) == alone


async def test_custom_model(pool: ClusterPool, serve_on: Serve) -> None:
    """Its weights are sent to the worker that writes with them."""
    custom = replace(namer(lstm(LETTERS, seed=3)), digest="custom")
    inference = serve_on(pool)
    names = await inference.names(NAMES, custom)
    assert names == await serve_on().names(NAMES, custom)
    assert pool.status.turns == 1
    assert sorted(worker.has("custom") for worker in pool.workers) == [False, True]
    assert await inference.names(NAMES, custom) == names
    assert sorted(worker.has("custom") for worker in pool.workers) == [False, True]


async def test_impossible_request(pool: ClusterPool, serve_on: Serve) -> None:
    """The member reads the same sentence as without a cluster."""
    custom = replace(namer(), digest="impossible")
    request = NamesRequest(count=3, seed=1, temperature=99.0)
    errors = []
    for inference in (serve_on(pool), serve_on()):
        with pytest.raises(NamesError) as raised:
            await inference.names(request, custom)
        errors.append(raised.value.problem)
    assert errors[0] == errors[1]


@pytest.mark.parametrize("accept", [failing, raising_unpicklable])
async def test_defect(pool: ClusterPool, serve_on: Serve, accept: object) -> None:
    """An error of a worker is that of the request, and the worker goes on."""
    custom = replace(namer(), digest="defect")
    with pytest.raises((ZeroDivisionError, RuntimeError)) as raised:
        await serve_on(pool, accept=accept).names(NAMES, custom)
    assert "filters.py" in "".join(getattr(raised.value, "__notes__", [str(raised.value)]))
    assert pool.status.workers == 2


async def test_texts_that_cannot_be_sent(pool: ClusterPool, serve_on: Serve) -> None:
    """They are written at home."""
    custom = replace(namer(), digest="unsent")
    inference = serve_on(pool, accept=lambda _text: True)
    assert await inference.names(NAMES, custom) == await serve_on().names(NAMES, custom)
    assert pool.status.turns == 0


async def test_unwanted_poem_stops(pool: ClusterPool, serve_on: Serve, tmp_path: Path) -> None:
    """The worker is told, and is free again."""
    slow = Telling(tmp_path, 0.05)
    inference = serve_on(pool, sonnets=poet(digest="unwanted"))
    await has_weights(inference, pool, "unwanted")
    poem = inference.sonnet(POEM, accept=slow.allows)
    writing = asyncio.create_task(anext(poem))
    await until(lambda: slow.elsewhere)
    writing.cancel()
    await asyncio.wait([writing])
    await until(lambda: not any(worker.at_work for worker in pool.workers))
    questions = slow.questions
    await asyncio.sleep(0.2)
    assert slow.questions == questions
    assert pool.status.workers == 2


async def test_deadline(shared_cluster: Cluster, serve_on: Serve, tmp_path: Path) -> None:
    """A step that takes too long is ended on the worker, which goes on."""
    pool = ClusterPool(shared_cluster.address, deadline=5.0)
    pool.start()
    await until_ready(pool, 2)
    inference = serve_on(pool)
    custom = replace(namer(), digest="deadline")
    with pytest.raises(TooSlow):
        await inference.names(ENDLESS, custom, accept=Telling(tmp_path, 0.5).allows)
    assert pool.status.workers == 2
    assert await inference.names(NAMES, custom) == await serve_on().names(NAMES, custom)
    assert pool.status.turns == 1


async def test_worker_that_does_not_answer_in_time(
    pool: ClusterPool, serve_on: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is alive, but what it does does not end: it gets no further turn for a while."""
    monkeypatch.setattr(limits, "TRANSFER_S", -20.5)  # s after its own deadline
    custom = replace(namer(), digest="hung")
    with pytest.raises(TooSlow):
        await serve_on(pool).names(NAMES, custom, accept=Telling(tmp_path, 4.0).allows)
    assert pool.status.workers == 1


def frames(digest: str) -> list[bytes]:
    """Pickled weights."""
    return [pickle.dumps(replace(namer(), digest=digest))]


@pytest.mark.parametrize(("most_bytes", "kept"), [(1, "c"), (10**9, "abc")])
async def test_store_is_bounded(most_bytes: int, kept: str) -> None:
    """A worker keeps the latest weights in any case."""
    store = WeightStore(most_bytes)
    for digest in "abac":
        await store.hold(digest, frames(digest))
    assert "".join(digest for digest in "abc" if store.get(digest) is not None) == kept


async def test_store_keeps_the_latest() -> None:
    """Those that were used last."""
    store = WeightStore()
    for digest in "ab":
        await store.hold(digest, frames(digest))
    store.get("a")
    store._most_bytes = sum(size for _, size in store._held.values())
    await store.hold("c", frames("c"))
    found = [store.get(digest) for digest in "abc"]
    assert [trained and trained.digest for trained in found] == ["a", None, "c"]


async def test_forgotten_weights_are_sent_again(pool: ClusterPool, serve_on: Serve) -> None:
    """What a worker has dropped for others' weights is no loss of a text."""
    custom = replace(namer(), digest="forgotten")
    for worker in pool.workers:
        worker._sent["forgotten"] = asyncio.ensure_future(asyncio.sleep(0, True))
    await asyncio.sleep(0.01)  # they had them, and have used many others since
    inference, alone = serve_on(pool), await serve_on().names(NAMES, custom)
    assert await inference.names(NAMES, custom) == alone
    assert pool.status.turns == 0
    assert await inference.names(NAMES, custom) == alone


async def test_weights_that_cannot_be_sent(
    pool: ClusterPool, serve_on: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot writes, and tries again after a while."""
    frames, failures = module._frames, list[Trained]()

    def failing_once(trained: Trained) -> list[bytes | memoryview]:
        if len(failures) < 2:  # on each worker
            failures.append(trained)
            raise MemoryError
        return frames(trained)

    monkeypatch.setattr(module, "_frames", failing_once)
    monkeypatch.setattr(limits, "RESEND_S", 0.2)
    inference = serve_on(pool, sonnets=poet(digest="unsendable"))
    await anext(inference.sonnet(POEM))
    await until(lambda: len(failures) == 2)
    await anext(inference.sonnet(POEM))  # at home, without another attempt
    await asyncio.sleep(0.3)
    await has_weights(inference, pool, "unsendable")

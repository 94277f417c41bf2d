"""Texts that workers of a cluster write."""

import asyncio
import logging
import os
import pickle
import signal
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from bot.operate.doctor.cluster import examine_cluster
from bot.operate.doctor.findings import Level
from bot.settings import Settings
from bot.writing import Caller, Inference, limits
from bot.writing import cluster as module
from bot.writing.cluster import ClusterPool, WeightStore
from bot.writing.connection import ClusterUnreachable, SchedulerConnection
from bot.writing.errors import TooSlow
from bot.writing.installation import CHECKOUT, SOURCES, sources_digest
from models.names.generator import NamesRequest
from models.verse.poem import SonnetRequest
from models.weights import Trained
from tests.bot.writing.serving import NAMES, POEM, Serve, poem_of
from tests.models.tiny import LETTERS, lstm, namer, poet
from tests.models.verse.versifier import VERSIFIER
from tests.ports import free_port
from tests.slow.cluster.dask_processes import Cluster, until, until_ready
from tests.slow.cluster.filters import Freezing, Telling, failing, raising_unpicklable
from tests.slow.cluster.forks import kill

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


@pytest.mark.parametrize("accept", [failing, raising_unpicklable])
async def test_defect(pool: ClusterPool, serve_on: Serve, accept: object) -> None:
    """An error of a worker is that of the request, and the worker goes on."""
    custom = replace(namer(), digest="defect")
    with pytest.raises((ZeroDivisionError, RuntimeError)) as raised:
        await serve_on(pool, accept=accept).names(NAMES, custom)
    assert "filters.py" in "".join(getattr(raised.value, "__notes__", [str(raised.value)]))
    assert pool.status.workers == 2


async def test_unwanted_poem_stops(pool: ClusterPool, serve_on: Serve, tmp_path: Path) -> None:
    """The worker is told, and is free again."""
    slow = Telling(tmp_path, 0.05)
    inference = serve_on(pool, sonnets=poet(digest="unwanted"))
    await has_weights(inference, pool, "unwanted")
    poem = inference.sonnet(POEM, Caller(slow.allows))
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
        await inference.names(ENDLESS, custom, Caller(Telling(tmp_path, 0.5).allows))
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
        await serve_on(pool).names(NAMES, custom, Caller(Telling(tmp_path, 4.0).allows))
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


# Workers and schedulers that come, go, break, or run other code


async def sent(pool: ClusterPool, digest: str) -> None:
    """Wait until every worker has some weights."""
    await until(lambda: all(worker.has(digest) for worker in pool.workers))


async def test_killed_worker(
    cluster: Cluster, own_pool: ClusterPool, serve_on: Serve, tmp_path: Path
) -> None:
    """The poem goes on at home, with the same line; then on the worker that takes its place."""
    cluster.start_worker()
    slow = Telling(tmp_path, 0.01)
    await until_ready(own_pool, 1)
    inference = serve_on(own_pool)
    await anext(inference.sonnet(POEM))
    await sent(own_pool, "one")
    writing = asyncio.create_task(poem_of(serve_on(own_pool, accept=slow.allows), POEM))
    await until(lambda: slow.elsewhere)
    kill(cluster.workers[0])
    assert await writing == await poem_of(serve_on(), POEM)
    assert os.getpid() in slow.processes
    await until(lambda: not own_pool.capacity)
    turns = own_pool.status.turns
    cluster.start_worker()
    await until_ready(own_pool, 1)
    await anext(inference.sonnet(POEM))
    await sent(own_pool, "one")
    await anext(inference.sonnet(POEM))
    assert own_pool.status.turns == turns + 1


async def test_silent_worker(
    cluster: Cluster,
    own_pool: ClusterPool,
    serve_on: Serve,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A machine that is gone breaks no connection: its silence is noticed."""
    monkeypatch.setattr(limits, "PING_S", 0.1)
    monkeypatch.setattr(limits, "SILENCE_S", 0.5)
    worker = cluster.start_worker()
    await until_ready(own_pool, 1)
    inference = serve_on(own_pool, accept=Freezing(tmp_path, os.getpid()).allows)
    await anext(inference.sonnet(POEM))
    await sent(own_pool, "one")
    try:
        assert await poem_of(inference, POEM) == await poem_of(serve_on(), POEM)
    finally:
        os.kill(worker, signal.SIGCONT)


async def test_killed_scheduler(
    cluster: Cluster, own_pool: ClusterPool, serve_on: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """The bot writes by itself, says so once, and takes the cluster again when it is back."""
    cluster.start_worker()
    await until_ready(own_pool, 1)
    inference, alone = serve_on(own_pool), await serve_on().names(NAMES)
    caplog.clear()
    kill(cluster.scheduler)
    assert await inference.names(NAMES) == alone
    await until(lambda: not own_pool.status.connected)
    assert await inference.names(NAMES) == alone
    cluster.start_scheduler()
    cluster.start_worker()
    await until_ready(own_pool, 1)
    assert "writes by itself until it answers" in caplog.text
    assert caplog.text.count("writes by itself") == 1


async def test_other_versions(
    cluster: Cluster, own_pool: ClusterPool, serve_on: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    """Other code of the bot is not used; another NumPy is, with a warning. The doctor says so."""
    folder = Path(__file__).parent
    cluster.start_worker("--preload", str(folder / "other_version.py"))
    cluster.start_worker("--preload", str(folder / "other_numpy.py"))
    await until(lambda: (own_pool.status.workers, own_pool.status.unsuitable) == (1, 1))
    assert "is not used: it has version 1." in caplog.text
    assert "may differ from those of the bot: it has NumPy 1.0.0 instead of" in caplog.text
    subject = Settings(inference=cluster.address.replace("tcp", "dask"))
    found = await asyncio.to_thread(examine_cluster, subject)
    assert [finding.level for finding in found] == [Level.WARNING, Level.WARNING, Level.FINE]
    assert "is not used: it has version 1." in found[0].found
    assert "NumPy 1.0.0 instead of" in found[1].found
    assert "answers. Usable workers: 1, of which train: 0; threads that write: 1." in found[2].found


async def test_foreign_worker(
    cluster: Cluster, own_pool: ClusterPool, caplog: pytest.LogCaptureFixture
) -> None:
    """One that has none of the bot's code is left alone, and goes on with others' work."""
    worker = cluster.start_worker("--preload", str(Path(__file__).parent / "without_code.py"))
    await until(lambda: own_pool.status.unsuitable == 1)
    assert "is not used: it can't run the bot's code (ModuleNotFoundError" in caplog.text
    os.kill(worker, 0)
    assert own_pool.connection is not None
    (address,) = await own_pool.connection.workers()
    assert await own_pool.connection.evaluate("6 * 7", address, within=30) == 42


async def test_doctor_without_workers(cluster: Cluster) -> None:
    subject = Settings(inference=cluster.address.replace("tcp", "dask"))
    pool = ClusterPool(cluster.address)
    pool.start()
    await until(lambda: pool.status.connected)
    pool.close()
    (found,) = await asyncio.to_thread(examine_cluster, subject)
    assert found.level is Level.WARNING
    assert "has no workers" in found.found
    assert "python -m dask worker tcp://" in found.advice


async def test_closed_while_closing_a_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library ignores cancelling then; the pool does not, or the bot would not stop."""
    closing = asyncio.Event()

    class Closing(SchedulerConnection):
        async def workers(self) -> dict[str, int]:
            raise ClusterUnreachable("is gone")

        async def close(self) -> None:
            closing.set()
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(60)

    async def opened(_address: str) -> SchedulerConnection:
        return Closing(None)

    monkeypatch.setattr(SchedulerConnection, "open", opened)
    pool = ClusterPool("tcp://127.0.0.1:1")
    pool.start()
    await closing.wait()
    pool.close()
    assert pool._task is not None
    await asyncio.wait_for(asyncio.wait([pool._task]), 120)


async def test_threads_end_with_the_bot(
    shared_cluster: Cluster, pool: ClusterPool, serve_on: Serve
) -> None:
    """Each bot that writes on a worker has a thread there, which ends when the bot is gone."""
    worker, connection = pool.workers[0], pool.connection
    assert connection is not None
    await anext(serve_on(pool).sonnet(POEM))
    await sent(pool, "one")

    async def threads() -> int:
        names = "[t.name for t in __import__('threading').enumerate()]"
        found = await connection.evaluate(names, worker.address, within=30)
        return sum(name == "writing" for name in found)

    before = await threads()
    for _ in range(3):
        other = ClusterPool(shared_cluster.address)
        other.start()
        await until_ready(other, 2)
        inference = serve_on(other)
        await anext(inference.sonnet(POEM))
        await sent(other, "one")
        await asyncio.gather(*(poem_of(inference, POEM) for _ in range(2)))
        await inference.close()
    async with asyncio.timeout(120):
        while await threads() > before:  # noqa: ASYNC110 (another process has no events)
            await asyncio.sleep(0.1)


async def test_no_scheduler_but_a_page() -> None:
    """An address of something else, such as the page that Dask itself serves."""

    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        host, port = server.sockets[0].getsockname()
        with pytest.raises(ClusterUnreachable, match="what listens there is no Dask scheduler"):
            await SchedulerConnection.open(f"tcp://{host}:{port}")


async def test_doctor_without_scheduler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "CONNECT_S", 0.1)
    subject = Settings(inference=f"dask://127.0.0.1:{free_port()}")
    (found,) = await asyncio.to_thread(examine_cluster, subject)
    assert found.level is Level.WARNING
    assert "does not answer" in found.found
    assert "The bot writes by itself until it answers." in found.found


def test_doctor_without_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.writing.connection.find_spec", lambda _: None)
    (found,) = examine_cluster(Settings(inference="dask://127.0.0.1:8786"))
    assert found.level is Level.PROBLEM
    assert "requirements-cluster.txt" in found.advice


def write_sources(checkout: Path) -> list[Path]:
    """A file in each of the places that have sources."""
    paths = [checkout / source for source in SOURCES]
    paths = [path if path.suffix else path / "code.py" for path in paths]
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x = 1\n")
    return paths


def test_sources(tmp_path: Path) -> None:
    """A change of any code that workers run is seen, which may be anywhere, also in a cache.

    Downloads are no sources: each machine has those that it has used.
    """
    checkout = tmp_path / "cache"
    paths = write_sources(checkout)
    for path in (*paths, checkout / "data" / "words.txt"):
        before = sources_digest(checkout)
        path.write_text("x = 2\n")
        assert sources_digest(checkout) != before
    before = sources_digest(checkout)
    (checkout / "data" / "cache").mkdir()
    (checkout / "data" / "cache" / "sonnets.txt").write_text("Shall I compare")
    assert sources_digest(checkout) == before
    assert all((CHECKOUT / source).exists() for source in SOURCES)

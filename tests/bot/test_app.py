"""What the bot does with its database before anything else."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot import app
from bot.settings import Settings
from bot.startup import StartupError
from bot.store import Database, Store, StoreError, url_of
from bot.store.answers import SILENCE, TOKEN_LIFETIME, Unfinished
from bot.trainer.cluster import ClusterLaunch
from models.names.generator import NamesRequest
from tests.bot.polls.test_queries import NOW
from tests.bot.store.test_unfinished import HIDDEN, POEM
from tests.ports import free_port


async def test_expired_tokens_are_deleted_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even by a bot that does not start."""

    async def open_versions(*_: object, **_options: object) -> None:
        raise StoreError

    monkeypatch.setattr(app, "open_versions", open_versions)
    database = Database(url_of(None, tmp_path))
    await database.migrate()
    store = Store(database)
    old, recent = HIDDEN, replace(HIDDEN, id=3)
    await store[Unfinished].write([old, POEM], [], "dead", NOW - TOKEN_LIFETIME - SILENCE)
    await store[Unfinished].write([recent], [], "dead", NOW - SILENCE)
    with pytest.raises(StartupError):
        await app.build_app(Settings(state_dir=tmp_path), now=lambda: NOW)
    # As of the time when none was too old: what is deleted is gone.
    found = await store[Unfinished].claim("discord", "heir", NOW - 2 * TOKEN_LIFETIME)
    await store.close()
    assert {record.id for record in found} == {POEM.id, recent.id}


async def test_cluster_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is opened yet, and the sentence says what to install."""
    monkeypatch.setattr("bot.writing.connection.find_spec", lambda _: None)
    settings = Settings(state_dir=tmp_path, inference="dask://127.0.0.1:8786")
    with pytest.raises(StartupError, match=r"-r requirements-cluster\.txt"):
        await app.build_app(settings)


@pytest.mark.parametrize(("system", "expected"), [("posix", 3), ("nt", 0)])
def test_processes_need_shared_weights(
    system: str, expected: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(app, "os", SimpleNamespace(name=system))
    assert app._processes(Settings(inference_processes=3)) == expected
    assert ("INFERENCE_PROCESSES is ignored" in caplog.text) == (expected == 0)


async def test_cluster_that_is_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot starts without it, writes, and would train on it."""
    monkeypatch.setattr("bot.writing.limits.CONNECT_S", 0.1)
    address = f"dask://127.0.0.1:{free_port()}"
    settings = Settings(state_dir=tmp_path, inference=address)
    built = await app.build_app(settings)
    try:
        assert built.cluster is not None
        assert built.cluster.address == address.replace("dask", "tcp")
        assert isinstance(built.training.launch, ClusterLaunch)
        assert len((await built.inference.names(NamesRequest(count=3, seed=1))).names) == 3
    finally:
        await built.inference.close()
        await built.store.close()

"""A cluster that takes only those with a certificate, made as docs/hosting/cluster.md says."""

import logging
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dask
import pytest

from bot.writing.cluster import ClusterPool
from bot.writing.connection import scheduler_address
from tests.bot.writing.serving import POEM, Serve, poem_of
from tests.slow.cluster.dask_processes import CHECKOUT, Cluster, Forks, until, until_ready

PAGE = CHECKOUT / "docs" / "hosting" / "cluster.md"

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl")


def certificate(folder: Path) -> Path:
    """Make a certificate as the page says; the folder with both files."""
    found = re.search(r"^    (openssl req (?:.*\\\n)*.*)$", PAGE.read_text(), re.MULTILINE)
    assert found is not None
    folder.mkdir()
    command = shlex.split(found[1].replace("\\\n", " "))
    assert command[-4:] == ["-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return folder


@contextmanager
def client_with(folder: Path | None) -> Iterator[None]:
    """Configure the certificate of the bot, as the environment of the page does at its start."""
    files = {"ca-file": "cert.pem", "client.cert": "cert.pem", "client.key": "key.pem"}
    values = {
        f"distributed.comm.tls.{key}": folder and str(folder / name) for key, name in files.items()
    }
    with dask.config.set(values):
        yield


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The certificate of the cluster."""
    return certificate(tmp_path_factory.mktemp("tls") / "cluster")


@pytest.fixture(scope="module")
def tls_cluster(forks: Forks, trusted: Path) -> Iterator[Cluster]:
    """A scheduler and a worker."""
    cert, key = str(trusted / "cert.pem"), str(trusted / "key.pem")
    cluster = Cluster(forks, "tls", "--tls-ca-file", cert, "--tls-cert", cert, "--tls-key", key)
    cluster.start_scheduler()
    cluster.start_worker()
    yield cluster
    cluster.close()


async def test_worker_writes(tls_cluster: Cluster, trusted: Path, serve_on: Serve) -> None:
    with client_with(trusted):
        pool = ClusterPool(scheduler_address(f"dask+tls://127.0.0.1:{tls_cluster.port}"))
        pool.start()
        await until_ready(pool, 1)
        inference = serve_on(pool)
        poem = await poem_of(inference, POEM)
        assert poem == await poem_of(serve_on(), POEM)
        await until(lambda: all(worker.has("one") for worker in pool.workers))
        assert await poem_of(inference, POEM) == poem
        assert pool.status.turns >= len(poem)
        pool.close()


@pytest.mark.parametrize(
    ("scheme", "has_certificate", "reason"),
    [
        ("dask+tls", True, "TLS certificate does not match"),
        ("dask+tls", False, "TLS needs a certificate, and Dask's configuration names none"),
        ("dask", False, "does not answer"),
    ],
    ids=["another authority", "no certificate", "no TLS"],
)
async def test_bot_without_the_certificate_writes_by_itself(
    tls_cluster: Cluster,
    serve_on: Serve,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    scheme: str,
    has_certificate: bool,
    reason: str,
) -> None:
    with client_with(certificate(tmp_path / "other") if has_certificate else None):
        pool = ClusterPool(scheduler_address(f"{scheme}://127.0.0.1:{tls_cluster.port}"))
        pool.start()
        await until(lambda: caplog.records)
        (warning,) = [r for r in caplog.records if r.levelno >= logging.WARNING]
        assert warning.getMessage().startswith(f"The Dask scheduler {pool.address} ")
        assert warning.getMessage().endswith(". The bot writes by itself until it answers")
        assert reason in warning.getMessage()
        assert warning.exc_info is None
        assert await poem_of(serve_on(pool), POEM) == await poem_of(serve_on(), POEM)
        assert (pool.status.connected, pool.status.turns) == (False, 0)
        pool.close()

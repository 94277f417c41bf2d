"""One cluster for all tests that leave it as it is, and inference that writes on it."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest

from bot.writing import Inference, limits
from bot.writing.cluster import ClusterPool
from models.text_generator import Accept
from models.weights import Trained
from tests.bot.writing.serving import Serve, anything
from tests.models.tiny import namer, poet
from tests.slow.cluster.dask_processes import Cluster, Forks, until_ready


@pytest.fixture(scope="session")
def forks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forks]:
    """The process that starts all schedulers and workers."""
    with closing(Forks(tmp_path_factory.mktemp("cluster"))) as made:
        yield made


@pytest.fixture(scope="session")
def shared_cluster(forks: Forks) -> Iterator[Cluster]:
    """A scheduler with two workers, of which one trains."""
    cluster = Cluster(forks)
    cluster.start_scheduler()
    cluster.start_worker()
    cluster.start_worker("--resources", "train=1 write=1")
    yield cluster
    cluster.close()


@pytest.fixture
async def pool(shared_cluster: Cluster) -> AsyncIterator[ClusterPool]:
    """The workers of that cluster, ready."""
    made = ClusterPool(shared_cluster.address)
    made.start()
    await until_ready(made, 2)
    yield made
    made.close()


@pytest.fixture
def cluster(forks: Forks) -> Iterator[Cluster]:
    """A scheduler without workers."""
    made = Cluster(forks)
    made.start_scheduler()
    yield made
    made.close()


@pytest.fixture
async def own_pool(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ClusterPool]:
    """The workers of that one."""
    monkeypatch.setattr(limits, "LOOK_S", 0.1)
    made = ClusterPool(cluster.address)
    made.start()
    yield made
    made.close()


@pytest.fixture
async def serve_on() -> AsyncIterator[Serve]:
    """A function that starts inference on pools."""
    opened: list[Inference] = []

    def start(
        *pools: ClusterPool,
        names: Trained | None = None,
        sonnets: Trained | None = None,
        accept: Accept = anything,
    ) -> Inference:
        served = {"names": names or namer(), "sonnets": sonnets or poet()}
        opened.append(Inference(served, accept, pools))
        return opened[-1]

    yield start
    for inference in opened:
        await inference.close()

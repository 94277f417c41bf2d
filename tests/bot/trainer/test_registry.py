"""Versions: kept whole, let through or not, served by every process, taken back."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.store import Database, Store
from bot.store.schema import Version
from bot.trainer.queries import TrainingRequest, Trainings, VersionRecord, Versions
from bot.trainer.registry import MARGIN, ModelRegistry, may_activate, open_versions
from bot.writing.service import Inference
from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest
from models.training.events import Done
from models.weights import WeightsError, save_weights
from tests.bot.fakes import FakeNetworks
from tests.bot.trainer.processes import ON_SQLITE, until
from tests.models.tiny import LETTERS, lstm, namer, poet

MEMBER = 77
SHIPPED_LOSS = 1.3462
INTERVAL = 0.02


def now() -> datetime:
    return datetime(2025, 1, 2, tzinfo=UTC)


def made(
    folder: Path, kind: str = "names", *, seed: int = 0, reference_loss: float | None = 1.355
) -> Done:
    """The results of a training: weights and a curve."""
    trained = namer(lstm(LETTERS, seed=seed)) if kind == "names" else poet(lstm(seed=seed))
    weights = folder / f"{kind}-{seed}-{reference_loss}.safetensors"
    facts = replace(trained.card, reference_loss=reference_loss, seed=seed)
    save_weights(weights, trained.network.arrays(), facts, Fingerprints.of([]))
    weights.with_suffix(".png").write_bytes(b"curve")
    return Done(weights, weights.with_suffix(".png"), 1.5, (), 12.5)


def process(store: Store, networks: FakeNetworks, interval: float | None = None) -> ModelRegistry:
    """One of the processes on a database."""
    return ModelRegistry(store, networks, now=now, interval=interval)


def seed_of(networks: FakeNetworks, kind: str = "names") -> int | None:
    """The seed of the served weights, which identifies them in these tests."""
    return networks.served[kind].card.seed


def why(versions: ModelRegistry, kept: VersionRecord) -> str:
    """Why a version is live; empty if it is not."""
    live = versions.served[kept.task]
    return live.reason if live.version_id == kept.number else ""


@pytest.fixture
def networks() -> FakeNetworks:
    return FakeNetworks()


@pytest.fixture
def versions(store: Store, networks: FakeNetworks) -> ModelRegistry:
    return process(store, networks)


@pytest.mark.parametrize(
    ("reference_loss", "baseline_loss", "verdict"),
    [
        (1.40, 1.42, True),
        (1.42 + MARGIN, 1.42, True),
        (1.42 + 0.0108, 1.42, False),  # as `quick` is behind the shipped weights
        (None, 1.42, False),
        (1.40, None, False),
    ],
)
def test_may_activate(
    reference_loss: float | None, baseline_loss: float | None, verdict: bool
) -> None:
    assert may_activate(reference_loss, baseline_loss) == verdict


async def test_add_trained(
    versions: ModelRegistry, store: Store, networks: FakeNetworks, tmp_path: Path
) -> None:
    done = made(tmp_path, seed=3)
    asked = TrainingRequest("shared", "names", "quick", 1, now(), member_id=MEMBER)
    training = await store[Trainings].enqueue(asked)
    kept = await versions.add_trained("names", done, training_id=training)
    assert (why(versions, kept), kept.reference_loss) == ("automatic", 1.355)
    assert kept.baseline_loss == pytest.approx(SHIPPED_LOSS, abs=1e-3)
    assert kept.number is not None
    record = await store[Versions].get(kept.number)
    assert record == replace(kept, member_id=MEMBER)
    assert (record.task, record.corpus, record.recipe) == ("names", "A corpus of tests", "default")
    assert (record.seed, record.validation, record.reference_loss) == (3, 1.6, 1.355)
    assert record.seconds == 12.5
    assert record.baseline_loss == kept.baseline_loss
    assert record.samples[0] == "Novosaurus"
    assert await store[Versions].weights(kept.number) == done.weights.read_bytes()
    assert await store[Versions].curve(kept.number) == b"curve"
    assert seed_of(networks) == 3
    assert versions.served["names"].version_id == kept.number


@ON_SQLITE
async def test_small_losses_do_not_add_up(
    versions: ModelRegistry, networks: FakeNetworks, tmp_path: Path
) -> None:
    figures = [1.30, 1.308, 1.309, 1.316]
    kept = []
    for seed, figure in enumerate(figures, start=1):
        done = made(tmp_path, seed=seed, reference_loss=figure)
        kept.append(await versions.add_trained("names", done))
        assert why(versions, kept[-1]) == ("automatic" if seed < 4 else "")
    assert [one.baseline_loss for one in kept[1:]] == [1.30] * 3
    await versions.add_trained("names", made(tmp_path, seed=5, reference_loss=2.0), force=True)
    passed = await versions.add_trained("names", made(tmp_path, seed=6, reference_loss=2.009))
    assert (why(versions, passed), passed.baseline_loss) == ("automatic", 2.0)


@ON_SQLITE
async def test_measured_replaces_unmeasured(
    versions: ModelRegistry, networks: FakeNetworks, tmp_path: Path
) -> None:
    await versions.add_trained("names", made(tmp_path, seed=1, reference_loss=None), force=True)
    assert seed_of(networks) == 1
    kept = await versions.add_trained("names", made(tmp_path, seed=2))
    assert why(versions, kept) == "automatic"
    assert kept.baseline_loss == pytest.approx(SHIPPED_LOSS, abs=1e-3)


async def test_other_process_follows(store: Store, tmp_path: Path) -> None:
    here, there = FakeNetworks(), FakeNetworks()
    one, other = process(store, here), process(store, there, interval=INTERVAL)
    other.watch()
    kept = await one.add_trained("names", made(tmp_path, seed=4))
    await until(lambda: other.served["names"].version_id == kept.number)
    assert seed_of(there) == 4
    assert "sonnets" not in there.served
    await one.activate("names", None, member_id=77)
    await until(lambda: other.served["names"].version_id is None)
    assert there.served["names"].card.recipe == "best"
    await other.close()


async def test_concurrent_activations(store: Store, tmp_path: Path) -> None:
    here, there = FakeNetworks(), FakeNetworks()
    one, other = process(store, here), process(store, there)
    numbers = [
        (await one.add_trained("names", made(tmp_path, seed=seed), force=True)).number
        for seed in (1, 2)
    ]
    for _ in range(5):
        await asyncio.gather(
            one.activate("names", numbers[0], member_id=1),
            other.activate("names", numbers[1], member_id=2),
            one.catch_up(),
            other.catch_up(),
        )
        await asyncio.gather(one.catch_up(), other.catch_up())
        live = (await store[Versions].live())["names"]
        assert one.served["names"] == other.served["names"] == live
        assert seed_of(here) == seed_of(there) == numbers.index(live.version_id or 0) + 1


@ON_SQLITE
async def test_invalid_live_version_is_logged_once(
    store: Store, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one, networks = process(store, FakeNetworks()), FakeNetworks()
    other = process(store, networks)
    await one.add_trained("names", made(tmp_path, seed=1))
    await other.catch_up()
    await one.add_trained("names", made(tmp_path, seed=2))
    networks.error = WeightsError("It says what it should not.")
    for _ in range(3):
        await other.catch_up()
    assert seed_of(networks) == 1
    assert caplog.text.count("It says what it should not.") == 1


async def flip_bits(store: Store, number: int) -> None:
    """In the last parameter, which no other check would notice."""
    content = bytearray(await store[Versions].weights(number) or b"")
    content[-1] ^= 3
    async with store.database.writing() as session:
        changed = update(Version).where(Version.id == number).values(weights=bytes(content))
        await session.execute(changed)


# Stored weights at the start of a process: on an empty disk, missing, deleted or damaged


@pytest.fixture
async def opened(shipped: object) -> AsyncIterator[list[Inference]]:
    """Inferences, which are closed after the test."""
    inferences: list[Inference] = []
    yield inferences
    await asyncio.gather(*(inference.close() for inference in inferences))


async def start(store: Store, inferences: list[Inference]) -> tuple[Inference, ModelRegistry]:
    """Start a process."""
    inference, versions = await open_versions(store, lambda _: True, now=now)
    inferences.append(inference)
    return inference, versions


async def test_restart_on_an_empty_disk(
    store: Store, database: Database, tmp_path: Path, opened: list[Inference]
) -> None:
    inference, versions = await start(store, opened)
    kept = await versions.add_trained("names", made(tmp_path, seed=6), force=True)
    request = NamesRequest(count=3, seed=1)
    before = await inference.names(request)
    again = Store(Database(database.url))
    reborn, versions = await start(again, opened)
    assert (await reborn.names(request)).names == before.names
    assert reborn.cards["names"].seed == 6
    assert versions.served["names"].version_id == kept.number
    assert versions.served["sonnets"].version_id is None
    await again.close()


async def test_version_that_was_live_before_is_served_at_start(
    versions: ModelRegistry,
    store: Store,
    tmp_path: Path,
    opened: list[Inference],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The newest one that is good, and not one that was never live."""
    added = [
        await versions.add_trained("names", made(tmp_path, seed=seed), force=True)
        for seed in (3, 4, 5)
    ]
    await versions.add_trained("names", made(tmp_path, seed=6, reference_loss=9.0))
    first, second, third = [record.number or 0 for record in added]
    await flip_bits(store, third)
    inference, registry = await start(store, opened)
    assert inference.cards["names"].seed == 4
    assert registry.served["names"].version_id == second
    assert not await registry.is_live("names", third)
    assert f"The stored weights of version {third} of names have changed" in caplog.text
    assert f"Version {second} of names is served instead." in caplog.text
    await registry.catch_up()
    assert registry.served["names"].version_id == second
    await flip_bits(store, second)
    inference, registry = await start(store, opened)
    assert inference.cards["names"].seed == 3
    assert f"Version {first} of names is served instead." in caplog.text
    await registry.activate("names", first, member_id=MEMBER)
    assert await registry.is_live("names", first)


@ON_SQLITE
@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "of names is not a whole safetensors file"),
        ("sonnets", "of names writes sonnets, not names."),
        (None, "of names were deleted. The built-in version of names is served instead."),
    ],
)
async def test_unusable_weights_without_a_digest(
    versions: ModelRegistry,
    store: Store,
    tmp_path: Path,
    opened: list[Inference],
    caplog: pytest.LogCaptureFixture,
    content: str | None,
    reason: str,
) -> None:
    """Early releases stored none."""
    stored = b"" if content == "" else None
    if content:
        stored = made(tmp_path, content).weights.read_bytes()
    await versions.add_trained("names", made(tmp_path, seed=3), force=True)
    async with store.database.writing() as session:
        await session.execute(update(Version).values(weights=stored, digest=""))
    inference, reborn = await start(store, opened)
    assert inference.cards["names"].recipe == "shipped"
    assert reason in caplog.text
    await reborn.catch_up()
    assert reborn.served["names"].version_id is None


@ON_SQLITE
async def test_shipped_weights_that_were_live_before_are_served(
    versions: ModelRegistry, store: Store, tmp_path: Path, opened: list[Inference]
) -> None:
    await versions.add_trained("names", made(tmp_path, seed=3), force=True)
    await versions.activate("names", None, member_id=MEMBER)
    last = await versions.add_trained("names", made(tmp_path, seed=4), force=True)
    await flip_bits(store, last.number or 0)
    inference, registry = await start(store, opened)
    assert inference.cards["names"].recipe == "shipped"
    assert registry.served["names"].version_id is None


async def test_flipped_bits_are_not_activated(
    versions: ModelRegistry, store: Store, networks: FakeNetworks, tmp_path: Path
) -> None:
    first = await versions.add_trained("names", made(tmp_path, seed=3))
    second = await versions.add_trained("names", made(tmp_path, seed=4), force=True)
    assert first.number is not None
    await flip_bits(store, first.number)
    with pytest.raises(WeightsError):
        await versions.activate("names", first.number, member_id=MEMBER)
    assert why(versions, second)
    await store[Versions].activate(
        "names", first.number, member_id=MEMBER, reason="activated", now=now()
    )
    await versions.catch_up()
    assert seed_of(networks) == 4

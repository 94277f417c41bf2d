"""Stored weights at the start of a process: on an empty disk, missing, deleted or damaged."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.services.model_registry import ModelRegistry, open_versions
from bot.store import Database, Store
from bot.store.schema import Version
from bot.writing import Inference
from models.names.generator import NamesRequest
from models.weights import Trained, WeightsError
from tests.bot.fakes import FakeNetworks
from tests.bot.services.test_model_registry import (
    MEMBER,
    ON_SQLITE,
    flip_bits,
    made,
    now,
    process,
    seed_of,
    why,
)


@pytest.fixture
def networks() -> FakeNetworks:
    return FakeNetworks()


@pytest.fixture
def versions(store: Store, networks: FakeNetworks) -> ModelRegistry:
    return process(store, networks)


@pytest.fixture
async def opened(shipped: object) -> AsyncIterator[list[Inference]]:
    """Inferences, which are closed after the test."""
    inferences: list[Inference] = []
    yield inferences
    for inference in inferences:
        await inference.close()


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


@ON_SQLITE
async def test_missing_weights_at_start(
    versions: ModelRegistry,
    store: Store,
    tmp_path: Path,
    opened: list[Inference],
    caplog: pytest.LogCaptureFixture,
) -> None:
    await versions.add_trained("names", made(tmp_path), force=True)
    async with store.database.writing() as session:
        await session.execute(update(Version).values(weights=None))
    inference, reborn = await start(store, opened)
    assert inference.cards["names"].recipe == "shipped"
    assert reborn.served["names"].version_id is None
    assert "of names were deleted. The shipped version of names is served instead." in caplog.text
    await reborn.catch_up()
    assert reborn.served["names"].version_id is None


@ON_SQLITE
async def test_old_weights_are_deleted(
    versions: ModelRegistry, store: Store, tmp_path: Path
) -> None:
    first = await versions.add_trained("names", made(tmp_path, seed=0, reference_loss=9.0))
    for seed in range(1, 12):
        await versions.add_trained("names", made(tmp_path, seed=seed, reference_loss=9.0))
    assert first.number is not None
    facts = await store.versions.get(first.number)
    assert facts is not None
    assert not facts.has_weights
    with pytest.raises(WeightsError, match="were deleted"):
        await versions.activate("names", first.number, member_id=77)
    assert (await store.versions.live())["names"].version_id is None


async def test_flipped_bits_are_not_served_at_start(
    versions: ModelRegistry,
    store: Store,
    tmp_path: Path,
    shipped: dict[str, Trained],
    caplog: pytest.LogCaptureFixture,
) -> None:
    kept = await versions.add_trained("names", made(tmp_path, seed=3))
    assert kept.number is not None
    await flip_bits(store, kept.number)
    inference, registry = await open_versions(store, lambda _: True, now=now, interval=None)
    await inference.close()
    assert registry.served["names"].version_id is None
    assert f"The stored weights of version {kept.number} of names have changed" in caplog.text


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
        (b"", "of names is not a whole safetensors file"),
        (None, "of names writes sonnets, not names."),
    ],
)
async def test_unusable_weights_without_a_digest(
    versions: ModelRegistry,
    store: Store,
    tmp_path: Path,
    opened: list[Inference],
    caplog: pytest.LogCaptureFixture,
    content: bytes | None,
    reason: str,
) -> None:
    """Early releases stored none."""
    if content is None:
        content = made(tmp_path, "sonnets").weights.read_bytes()
    await versions.add_trained("names", made(tmp_path, seed=3), force=True)
    async with store.database.writing() as session:
        await session.execute(update(Version).values(weights=content, digest=""))
    inference, _ = await start(store, opened)
    assert inference.cards["names"].recipe == "shipped"
    assert reason in caplog.text


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
    other = process(store, FakeNetworks())
    await store.versions.activate(
        "names", first.number, member_id=MEMBER, reason="activated", now=now()
    )
    await versions.catch_up()
    assert seed_of(networks) == 4
    await other.close()

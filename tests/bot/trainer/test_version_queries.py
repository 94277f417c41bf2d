from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store import Store, Unavailable
from bot.trainer import queries
from bot.trainer.queries import Live, VersionFiles, VersionRecord, Versions

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def version(**changed: Any) -> VersionRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "task": "names",
        "digest": "d" * 64,
        "corpus": "dinosaurs",
        "corpus_sha256": "0" * 64,
        "recipe": "default",
        "seed": 2**62,
        "validation": 1.5,
        "reference_loss": 1.25,
        "baseline_loss": None,
    }
    return VersionRecord(**(wanted | changed))


FILES = VersionFiles(b"weights", b"png")


async def add(store: Store, **changed: Any) -> int:  # noqa: ANN401
    return (await store[Versions].add(version(**changed), FILES, NOW))[0]


async def activate(store: Store, number: int | None, why: str = "activated") -> Live:
    return await store[Versions].activate("names", number, member_id=3, reason=why, now=NOW)


async def back(store: Store) -> Live | None:
    earlier = await store[Versions].earlier("names")
    return await activate(store, earlier[0], "rollback") if earlier else None


async def live(store: Store) -> int | None:
    return (await store[Versions].live())["names"].version_id


async def test_repeated_rollback(store: Store) -> None:
    first, second, third = [await add(store) for _ in range(3)]
    sonnets = await add(store, task="sonnets")
    await store[Versions].activate("sonnets", sonnets, member_id=None, reason="better", now=NOW)
    assert await back(store) is None
    for number in (first, second, second):
        await activate(store, number)
    await back(store)
    assert await live(store) == first
    await activate(store, third)
    seen = []
    while (step := await back(store)) is not None:
        assert step.reason == "rollback"
        seen.append(await live(store))
    assert seen == [first, None]
    assert (await store[Versions].live())["sonnets"].version_id == sonnets


async def test_rollback_skips_deleted_weights(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "KEPT", 3)
    numbers = [await add(store) for _ in range(6)]
    for number in (numbers[3], numbers[0], numbers[1], numbers[5]):
        await activate(store, number)
    assert await store[Versions].earlier("names") == [numbers[3], None]
    seen = []
    while await back(store) is not None:
        seen.append(await live(store))
    assert seen == [numbers[3], None]


async def test_adding_live_is_atomic(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number, made = await store[Versions].add(version(), FILES, NOW, "better")
    assert made == (await store[Versions].live())["names"]
    assert (made.version_id, made.reason) == (number, "better")

    async def broken(*_: object) -> Live:
        raise OSError("gone")

    monkeypatch.setattr(store[Versions], "_activate", broken)
    with pytest.raises(Unavailable):
        await store[Versions].add(version(), FILES, NOW, "better")
    assert [kept.number for kept in await store[Versions].of("names")] == [number]


async def test_old_weights_are_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """But neither those of other tasks, nor those that were live of late."""
    monkeypatch.setattr(queries, "KEPT", 2)
    sonnets, first = await add(store, task="sonnets"), await add(store)
    await activate(store, first)
    numbers = [await add(store) for _ in range(4)]
    kept = await store[Versions].of("names")
    assert [v.number for v in kept if v.has_weights] == [numbers[3], numbers[2], first]
    assert await store[Versions].weights(numbers[0]) is None
    assert await store[Versions].weights(sonnets) is not None
    await activate(store, await add(store))
    await add(store)
    await back(store)
    assert await live(store) == first
    assert await store[Versions].weights(first) is not None

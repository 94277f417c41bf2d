import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.store import Store, Unavailable
from bot.training import queries
from bot.training.queries import Live, VersionFiles, VersionRecord, Versions

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
    return await store[Versions].roll_back("names", member_id=3, now=NOW)


async def live(store: Store) -> int | None:
    return (await store[Versions].live())["names"].version_id


async def test_add_does_not_activate(store: Store) -> None:
    number = await add(store, member_id=3, samples=("Mangosaurus",))
    kept = await store[Versions].get(number)
    assert kept is not None
    assert (kept.seed, kept.validation, kept.reference_loss) == (2**62, 1.5, 1.25)
    assert (kept.created_at, kept.has_weights) == (NOW, True)
    assert await store[Versions].weights(number) == b"weights"
    assert await store[Versions].curve(number) == b"png"
    assert await store[Versions].live() == {}


async def test_newest_first_by_task(store: Store) -> None:
    first, second = await add(store), await add(store)
    sonnets = await add(store, task="sonnets")
    assert [v.number for v in await store[Versions].of("names")] == [second, first]
    assert [v.number for v in await store[Versions].of("names", most=1)] == [second]
    assert [v.number for v in await store[Versions].of("sonnets")] == [sonnets]


async def test_number_of_versions_and_the_one_before(store: Store) -> None:
    first, sonnets, second = await add(store), await add(store, task="sonnets"), await add(store)
    assert (await store[Versions].count("names"), await store[Versions].count("haiku")) == (2, 0)
    previous = await store[Versions].previous("names", second)
    assert previous is not None
    assert previous.number == first
    assert await store[Versions].previous("names", first) is None
    assert await store[Versions].previous("sonnets", sonnets) is None


async def test_earlier_versions(store: Store) -> None:
    first, second = await add(store), await add(store)
    assert await store[Versions].earlier("names") == []
    for number in (first, second, first):
        await activate(store, number)
    assert await store[Versions].earlier("names") == [second, None]
    assert await store[Versions].earlier("sonnets") == []


async def test_last_activation_is_live(store: Store) -> None:
    first, second = await add(store), await add(store)
    one = await activate(store, first)
    two = await activate(store, second, "better")
    assert two.activation_id > one.activation_id
    assert (await store[Versions].live())["names"] == two
    await activate(store, None)
    assert await live(store) is None


async def test_repeated_rollback(store: Store) -> None:
    first, second, third = [await add(store) for _ in range(3)]
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


async def test_rollback_skips_deleted_weights(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "KEPT", 3)
    numbers = [await add(store) for _ in range(6)]
    for number in (numbers[3], numbers[0], numbers[1], numbers[5]):
        await activate(store, number)
    seen = []
    assert await store[Versions].earlier("names") == [numbers[3], None]
    while await back(store) is not None:
        seen.append(await live(store))
    assert seen == [numbers[3], None]


async def test_adding_live_is_atomic(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    number, made = await store[Versions].add(version(member_id=7), FILES, NOW, "better")
    assert made == (await store[Versions].live())["names"]
    assert (made.version_id, made.reason) == (number, "better")

    async def broken(*_: object) -> Live:
        raise OSError("gone")

    monkeypatch.setattr(store[Versions], "_activate", broken)
    with pytest.raises(Unavailable):
        await store[Versions].add(version(), FILES, NOW, "better")
    assert [kept.number for kept in await store[Versions].of("names")] == [number]


async def test_rollback_by_task(store: Store) -> None:
    number = await add(store, task="sonnets")
    await store[Versions].activate("sonnets", number, member_id=None, reason="better", now=NOW)
    assert await back(store) is None
    assert (await store[Versions].live())["sonnets"].version_id == number


async def test_concurrent_activations(store: Store) -> None:
    other = Store(type(store.database)(store.database.url))
    numbers = [await add(store) for _ in range(6)]
    done = await asyncio.gather(
        *(activate((store, other)[n % 2], number) for n, number in enumerate(numbers))
    )
    newest = max(done, key=lambda made: made.activation_id)
    assert len({made.activation_id for made in done}) == len(numbers)
    assert await live(store) == await live(other) == newest.version_id
    await other.close()


async def test_old_weights_are_deleted(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "KEPT", 2)
    sonnets = await add(store, task="sonnets")
    numbers = [await add(store) for _ in range(4)]
    kept = await store[Versions].of("names")
    assert {v.number for v in kept} == set(numbers)
    assert {v.number for v in kept if v.has_weights} == set(numbers[2:])
    assert await store[Versions].weights(numbers[0]) is None
    assert await store[Versions].weights(sonnets) is not None


async def test_live_weights_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "KEPT", 2)
    first = await add(store)
    await activate(store, first)
    for _ in range(4):
        await add(store)
    assert await store[Versions].weights(first) is not None
    newest = await add(store)
    await activate(store, newest)
    await add(store)
    await back(store)
    assert await live(store) == first
    assert await store[Versions].weights(first) is not None

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.polls.queries import Polls
from bot.store import Store
from bot.training.queries import (
    CustomModelRecord,
    CustomModels,
    NameTaken,
    StoredList,
    TooManyModels,
    TrainingRequest,
    Trainings,
)
from tests.bot.polls.test_queries import NOW, POLL, opened

ELVES = ("Elrond", "Galadriel", "Lúthien")


async def create(store: Store, name: str = "Elves", **changed: Any) -> CustomModelRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "community_id": 1,
        "member_id": 3,
        "corpus": StoredList("elves.txt", ELVES, "0" * 64),
        "now": NOW,
        "most": 5,
    }
    return await store[CustomModels].create(name=name, **(wanted | changed))


async def test_create(store: Store) -> None:
    model = await create(store)
    assert (model.name, model.entries, model.has_corpus, model.shared) == ("Elves", 3, True, False)
    assert model.digest is None
    assert await store[CustomModels].corpus(model.id) == ELVES
    assert await store[CustomModels].weights(model.id) is None
    assert await store[CustomModels].get(model.id) == model


async def test_import_has_no_corpus(store: Store) -> None:
    model = await create(store, weights=(b"file", "digest"))
    assert not model.has_corpus
    assert await store[CustomModels].corpus(model.id) == ()
    assert await store[CustomModels].weights(model.id) == b"file"


async def test_name_is_unique_ignoring_case(store: Store) -> None:
    model = await create(store)
    with pytest.raises(NameTaken):
        await create(store, "ELVES")
    await create(store, community_id=2)
    assert await store[CustomModels].named(1, "eLVES") == model
    assert await store[CustomModels].named(3, "Elves") is None


async def test_longest_casefolded_name(store: Store) -> None:
    """One letter may become three."""
    name = "ΐ" * 32
    assert len(name.casefold()) == 96
    model = await create(store, name)
    assert await store[CustomModels].named(1, name) == model


async def test_limit(store: Store) -> None:
    await create(store, "b", most=2)
    await create(store, "a", most=2)
    with pytest.raises(TooManyModels):
        await create(store, "c", most=2)
    await create(store, "c", community_id=2, most=2)
    assert [model.name for model in await store[CustomModels].of(1)] == ["a", "b"]


async def test_limit_holds_under_concurrency(store: Store) -> None:
    names = "abcdefgh"
    made = await asyncio.gather(
        *(create(store, name, most=3) for name in names), return_exceptions=True
    )
    assert sum(isinstance(result, CustomModelRecord) for result in made) == 3
    assert sum(isinstance(result, TooManyModels) for result in made) == len(names) - 3
    assert len(await store[CustomModels].of(1)) == 3


async def test_concurrent_creates_of_one_name(store: Store) -> None:
    made = await asyncio.gather(*(create(store) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, CustomModelRecord) for result in made) == 1
    assert sum(isinstance(result, NameTaken) for result in made) == 4


async def test_usable_after_training(store: Store) -> None:
    model = await create(store)
    assert await store[CustomModels].usable(1) == []
    assert await store[CustomModels].trained(model.id, b"weights", "digest", 2.5)
    (usable,) = await store[CustomModels].usable(1)
    assert (usable.digest, usable.seconds) == ("digest", 2.5)
    assert await store[CustomModels].weights(model.id) == b"weights"


async def test_usable_includes_shared(store: Store) -> None:
    theirs = await create(store, "a", community_id=2, weights=(b"w", "d"))
    mine = await create(store, "b", weights=(b"w", "d"))
    assert [n.id for n in await store[CustomModels].usable(1)] == [mine.id]
    assert await store[CustomModels].usable(None) == []
    await store[CustomModels].share(theirs.id, True)
    assert [n.id for n in await store[CustomModels].usable(1)] == [mine.id, theirs.id]
    assert [n.id for n in await store[CustomModels].usable(None)] == [theirs.id]
    await store[CustomModels].share(theirs.id, False)
    assert [n.id for n in await store[CustomModels].usable(1)] == [mine.id]


async def test_delete_keeps_polls(store: Store) -> None:
    model = await create(store)
    await opened(store, replace(POLL, custom_model_id=model.id, custom_model="Elves"))
    await store[Trainings].enqueue(
        TrainingRequest("custom", "names", "list", 1, NOW, custom_model_id=model.id)
    )
    assert await store[CustomModels].delete(model.id)
    assert not await store[CustomModels].delete(model.id)
    assert not await store[CustomModels].trained(model.id, b"weights", "digest", 1.0)
    assert not await store[CustomModels].share(model.id, True)
    poll = await store[Polls].find(POLL.id)
    assert poll is not None
    assert (poll.custom_model_id, poll.custom_model) == (None, "Elves")
    assert await create(store) != model


async def test_usable_matches_typed_text(store: Store) -> None:
    for name in ("Za", "Zab", "5% elves"):
        await create(store, name, weights=(b"w", "d"))
    assert [n.name for n in await store[CustomModels].usable(1, typed="Z")] == ["Za", "Zab"]
    assert [n.name for n in await store[CustomModels].usable(1, typed="%")] == ["5% elves"]
    assert len(await store[CustomModels].usable(1, most=2)) == 2


async def test_trained_replaces_corpus(store: Store) -> None:
    model = await create(store)
    towns = StoredList("towns.csv", ("Bree",), "b" * 64)
    assert await store[CustomModels].trained(model.id, b"w", "d" * 64, 2.5, towns)
    assert await store[CustomModels].corpus(model.id) == towns.names
    after = await store[CustomModels].get(model.id)
    assert after is not None
    assert (after.title, after.entries, after.seconds) == ("towns.csv", 1, 2.5)

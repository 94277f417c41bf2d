import asyncio
from dataclasses import replace
from typing import Any

import pytest

from bot.polls.queries import Polls
from bot.store import Store
from bot.trainer.queries import (
    CustomModelRecord,
    CustomModels,
    NameTaken,
    StoredList,
    TooManyModels,
    TrainingRequest,
    Trainings,
)
from tests.bot.polls.test_queries import NOW, POLL, opened
from tests.texts import written

ELVES = ("Elrond", "Galadriel", "Lúthien")


async def create(store: Store, name: str = "Elves", **changed: Any) -> CustomModelRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "community_id": 1,
        "member_id": 3,
        "corpus": StoredList("elves.txt", ELVES),
        "now": NOW,
        "most": 5,
    }
    return await store[CustomModels].create(name=name, **(wanted | changed))


async def test_longest_casefolded_name(store: Store) -> None:
    """One letter may become three."""
    name = "ΐ" * 32
    assert len(name.casefold()) == 96
    model = await create(store, name)
    assert await store[CustomModels].named(1, name) == model


@pytest.mark.parametrize(
    ("names", "most", "error"), [("abcde", 3, TooManyModels), ("aaaaa", 1, NameTaken)]
)
async def test_concurrent_creates(store: Store, names: str, most: int, error: type) -> None:
    creates = (create(store, name, most=3) for name in names)
    made = await asyncio.gather(*creates, return_exceptions=True)
    assert sum(isinstance(result, CustomModelRecord) for result in made) == most
    assert sum(isinstance(result, error) for result in made) == len(names) - most
    assert len(await store[CustomModels].of(1)) == most


async def test_usable_models(store: Store) -> None:
    """Those that are trained, by what is typed: its own first, then those that are shared."""
    models, mine = store[CustomModels], await create(store, "Zab")
    theirs = await create(store, "a", community_id=2, weights=(b"w", "d"))

    async def usable(community_id: int | None, **options: Any) -> list[str]:  # noqa: ANN401
        return [model.name for model in await models.usable(community_id, **options)]

    assert await usable(1) == await usable(None) == []
    assert await models.trained(mine.id, b"weights", "digest", 2.5)
    (found,) = await models.usable(1)
    assert (found.digest, found.seconds) == ("digest", 2.5)
    assert await models.weights(mine.id) == b"weights"
    await models.share(theirs.id, True)
    assert (await usable(1), await usable(None)) == (["Zab", "a"], ["a"])
    await models.share(theirs.id, False)
    for name in ("Za", "5% elves"):
        await create(store, name, weights=(b"w", "d"))
    assert await usable(1, typed="Z") == ["Za", "Zab"]
    assert await usable(1, typed="%") == ["5% elves"]
    assert await usable(1, most=2) == ["5% elves", "Za"]


async def test_delete_keeps_polls(store: Store) -> None:
    model = await create(store)
    await opened(store, replace(POLL, custom_model_id=model.id, custom_model=written("Elves")))
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

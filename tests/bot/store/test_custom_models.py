import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.store import Store
from bot.store.custom_models import (
    Corpus,
    CustomModelRecord,
    NameTaken,
    TooMany,
)
from tests.bot.store.test_polls import CARD, NOW, opened

ELVES = ("Elrond", "Galadriel", "Lúthien")


async def create(store: Store, name: str = "Elves", **changed: Any) -> CustomModelRecord:  # noqa: ANN401
    wanted: dict[str, Any] = {
        "community_id": 1,
        "member_id": 3,
        "corpus": Corpus("elves.txt", ELVES, "0" * 64),
        "now": NOW,
        "most": 5,
    }
    return await store.custom_models.create(name=name, **(wanted | changed))


async def test_a_list_is_kept_as_it_was_written(store: Store) -> None:
    namer = await create(store)
    assert (namer.name, namer.entries, namer.has_corpus, namer.shared) == ("Elves", 3, True, False)
    assert namer.digest is None
    assert await store.custom_models.corpus(namer.id) == ELVES
    assert await store.custom_models.weights(namer.id) is None
    assert await store.custom_models.get(namer.id) == namer


async def test_a_weight_file_comes_without_a_list(store: Store) -> None:
    namer = await create(store, weights=(b"file", "digest"))
    assert not namer.has_corpus
    assert await store.custom_models.corpus(namer.id) == ()
    assert await store.custom_models.weights(namer.id) == b"file"


async def test_a_name_is_taken_in_whatever_capitals_but_not_elsewhere(store: Store) -> None:
    namer = await create(store)
    with pytest.raises(NameTaken):
        await create(store, "ELVES")
    await create(store, community_id=2)
    assert await store.custom_models.named(1, "eLVES") == namer
    assert await store.custom_models.named(3, "Elves") is None


async def test_the_longest_name_has_room_without_its_capitals(store: Store) -> None:
    """One letter may become three."""
    name = "ΐ" * 32
    assert len(name.casefold()) == 96
    namer = await create(store, name)
    assert await store.custom_models.named(1, name) == namer


async def test_a_guild_has_so_many_and_no_more(store: Store) -> None:
    await create(store, "b", most=2)
    await create(store, "a", most=2)
    with pytest.raises(TooMany):
        await create(store, "c", most=2)
    await create(store, "c", community_id=2, most=2)
    assert [namer.name for namer in await store.custom_models.of(1)] == ["a", "b"]


async def test_those_who_come_at_once_make_no_more_either(store: Store) -> None:
    names = "abcdefgh"
    made = await asyncio.gather(
        *(create(store, name, most=3) for name in names), return_exceptions=True
    )
    assert sum(isinstance(result, CustomModelRecord) for result in made) == 3
    assert sum(isinstance(result, TooMany) for result in made) == len(names) - 3
    assert len(await store.custom_models.of(1)) == 3


async def test_two_who_take_the_same_name_at_once_make_one(store: Store) -> None:
    made = await asyncio.gather(*(create(store) for _ in range(5)), return_exceptions=True)
    assert sum(isinstance(result, CustomModelRecord) for result in made) == 1
    assert sum(isinstance(result, NameTaken) for result in made) == 4


async def test_after_its_training_it_can_be_used(store: Store) -> None:
    namer = await create(store)
    assert await store.custom_models.usable(1) == []
    assert await store.custom_models.trained(namer.id, b"weights", "digest", 2.5)
    (usable,) = await store.custom_models.usable(1)
    assert (usable.digest, usable.seconds) == ("digest", 2.5)
    assert await store.custom_models.weights(namer.id) == b"weights"


async def test_only_a_shared_one_is_used_elsewhere_and_ones_own_come_first(store: Store) -> None:
    theirs = await create(store, "a", community_id=2, weights=(b"w", "d"))
    mine = await create(store, "b", weights=(b"w", "d"))
    assert [n.id for n in await store.custom_models.usable(1)] == [mine.id]
    assert await store.custom_models.usable(None) == []
    await store.custom_models.share(theirs.id, True)
    assert [n.id for n in await store.custom_models.usable(1)] == [mine.id, theirs.id]
    assert [n.id for n in await store.custom_models.usable(None)] == [theirs.id]
    await store.custom_models.share(theirs.id, False)
    assert [n.id for n in await store.custom_models.usable(1)] == [mine.id]


async def test_a_deleted_one_is_gone_with_its_trainings_but_its_cards_stay(store: Store) -> None:
    namer = await create(store)
    await opened(store, replace(CARD, custom_model_id=namer.id, custom_model="Elves"))
    await store.versions.begin_run("namer", seed=1, now=NOW, custom_model_id=namer.id)
    assert await store.custom_models.delete(namer.id)
    assert not await store.custom_models.delete(namer.id)
    assert not await store.custom_models.trained(namer.id, b"weights", "digest", 1.0)
    assert not await store.custom_models.share(namer.id, True)
    card = await store.polls.find(CARD.id)
    assert card is not None
    assert (card.custom_model_id, card.custom_model) == (None, "Elves")
    assert await create(store) != namer


async def test_they_are_found_by_what_is_typed_and_never_all_at_once(store: Store) -> None:
    for name in ("Za", "Zab", "5% elves"):
        await create(store, name, weights=(b"w", "d"))
    assert [n.name for n in await store.custom_models.usable(1, typed="Z")] == ["Za", "Zab"]
    assert [n.name for n in await store.custom_models.usable(1, typed="%")] == ["5% elves"]
    assert len(await store.custom_models.usable(1, most=2)) == 2


async def test_a_new_list_takes_the_place_of_the_old_one_with_its_weights(store: Store) -> None:
    namer = await create(store)
    towns = Corpus("towns.csv", ("Bree",), "b" * 64)
    assert await store.custom_models.trained(namer.id, b"w", "d" * 64, 2.5, towns)
    assert await store.custom_models.corpus(namer.id) == towns.names
    after = await store.custom_models.get(namer.id)
    assert after is not None
    assert (after.title, after.entries, after.seconds) == ("towns.csv", 1, 2.5)


async def test_only_the_dead_runs_that_are_asked_for_are_buried(store: Store) -> None:
    await store.versions.begin_run("namer", seed=1, now=NOW, channel_id=5, message_id=6)
    await store.versions.begin_run("names", seed=1, now=NOW, channel_id=7, message_id=8)
    later = NOW + timedelta(minutes=2)
    assert await store.versions.fail_stale_runs(later) == [(7, 8)]
    assert await store.versions.fail_stale_runs(later, ("namer",)) == [(5, 6)]

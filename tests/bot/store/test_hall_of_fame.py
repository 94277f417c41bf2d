from dataclasses import replace
from datetime import timedelta

from bot.store import Store
from bot.store.hall_of_fame import Champion, Scope
from bot.store.polls import Ballot
from tests.bot.store.test_polls import LATER, NOW, POLL, opened

ALL = Scope()


async def hold_poll(
    store: Store,
    number: int,
    name: str,
    votes: int,
    *,
    community: int = 1,
    member: int | None = 3,
    minute: int = 10,
    custom_model: str | None = None,
) -> None:
    poll = replace(
        POLL,
        id=number,
        community_id=community,
        member_id=member,
        names=("Loser", name),
        custom_model=custom_model,
    )
    await opened(store, poll)
    for voter in range(votes):
        await store.polls.cast(Ballot(number, voter, 1), NOW)
    await store.polls.close(number, NOW + timedelta(minutes=minute))


async def best(store: Store, scope: Scope) -> list[str]:
    names = [champion.name for champion in await store.hall_of_fame.best(scope)]
    assert await store.hall_of_fame.count(scope) == len(names)
    return names


async def test_champion(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    assert await store.hall_of_fame.best(ALL) == [Champion("Mangosaurus", 2, LATER, 1, 3, "Ada")]


async def test_best_is_sorted(store: Store) -> None:
    await hold_poll(store, 1, "Late", 2, minute=30)
    await hold_poll(store, 2, "Early", 2, minute=20)
    await hold_poll(store, 3, "Great", 3, minute=40)
    await hold_poll(store, 4, "Nobody", 0)
    assert await best(store, ALL) == ["Great", "Early", "Late"]
    assert [c.name for c in await store.hall_of_fame.best(ALL, skip=1, most=1)] == ["Early"]


async def test_open_poll_has_no_champion(store: Store) -> None:
    await opened(store)
    await store.polls.cast(Ballot(POLL.id, 5, 1), NOW)
    assert await best(store, ALL) == []


async def test_scope(store: Store) -> None:
    await hold_poll(store, 1, "Mine", 4, member=3, minute=20)
    await hold_poll(store, 2, "Theirs", 3, member=4, minute=30)
    await hold_poll(store, 3, "Elsewhere", 2, community=2, minute=40)
    assert await best(store, Scope(community_id=1)) == ["Mine", "Theirs"]
    assert await best(store, Scope(community_id=1, member_id=3)) == ["Mine"]
    assert await best(store, Scope(member_id=3)) == ["Mine", "Elsewhere"]
    assert await best(store, Scope(since=NOW + timedelta(minutes=30))) == ["Theirs", "Elsewhere"]


async def test_custom_names_stay_in_their_community(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await hold_poll(store, 2, "Elrond", 5, custom_model="elves")
    assert await best(store, ALL) == ["Mangosaurus"]
    assert await best(store, Scope(community_id=1)) == ["Elrond", "Mangosaurus"]
    assert await best(store, Scope(community_id=2)) == []
    assert await store.hall_of_fame.chosen() == [("Mangosaurus", 2)]


async def test_chosen_adds_up_votes(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await hold_poll(store, 2, "Mangosaurus", 3, community=2)
    await hold_poll(store, 3, "Bravosaurus", 1)
    assert await store.hall_of_fame.chosen() == [("Bravosaurus", 1), ("Mangosaurus", 5)]


async def test_winner_keeps_forgotten_votes(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await store.privacy.forget_member(0)
    assert [c.votes for c in await store.hall_of_fame.best(ALL)] == [2]


async def test_forgotten_discoverer(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 1)
    await store.privacy.forget_member(3)
    (champion,) = await store.hall_of_fame.best(ALL)
    assert (champion.member_id, champion.discoverer) == (None, None)

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, update

from bot.community.queries import Action, Blocks, Communities, Record, RecordEntry
from bot.discoveries.queries import Discoveries
from bot.moderation.queries import Moderation
from bot.outbox.queries import Kind, Outbox
from bot.polls.hall_queries import Champion, HallOfFame, HallScope, forget_answer
from bot.polls.queries import Ballot, NoNameLeft, PollRecord, Polls
from bot.polls.removal_queries import RemovedNames
from bot.privacy.queries import Privacy
from bot.store import Database, Store, url_of
from bot.store.people import Person
from bot.store.schema import EVERYBODY, Candidate
from bot.words.names import name_in_poll
from tests.bot.champions import outdated
from tests.bot.polls.test_queries import LATER, NOW, POLL, opened
from tests.texts import WORDS, named, written

ALL = HallScope()
BY = RecordEntry(Action.BLOCK, 9, NOW, 1)


async def hold_poll(
    store: Store,
    number: int,
    name: str,
    votes: int,
    minute: int = 10,
    **facts: Any,  # noqa: ANN401 (those of the poll)
) -> None:
    await opened(store, replace(POLL, id=number, names=named("Loser", name), **facts))
    for voter in range(votes):
        await store[Polls].cast(Ballot(number, voter, 1), NOW)
    await store[Polls].close(number, NOW + timedelta(minutes=minute))


async def best(store: Store, scope: HallScope) -> list[str]:
    names = [str(champion.name) for champion in await store[HallOfFame].best(WORDS, scope)]
    assert await store[HallOfFame].count(scope) == len(names)
    return names


async def test_best_is_sorted(store: Store) -> None:
    await hold_poll(store, 1, "Late", 2, minute=30)
    await hold_poll(store, 2, "Early", 2)
    await hold_poll(store, 3, "Great", 3, minute=40)
    await hold_poll(store, 4, "Nobody", 0)
    await opened(store)
    await store[Polls].cast(Ballot(POLL.id, 5, 1), NOW)
    assert await best(store, ALL) == ["Great", "Early", "Late"]
    found = await store[HallOfFame].best(WORDS, ALL, skip=1, most=1)
    assert found == [
        Champion(
            found[0].poll_id, name_in_poll("Early"), 2, LATER, 1, Person(3, written("Ada")), True
        )
    ]


async def test_scope(store: Store) -> None:
    await hold_poll(store, 1, "Mine", 4, member_id=3, minute=20)
    await hold_poll(store, 2, "Theirs", 3, member_id=4, minute=30)
    await hold_poll(store, 3, "Elsewhere", 2, community_id=2, minute=40)
    assert await best(store, HallScope(community_id=1)) == ["Mine", "Theirs"]
    assert await best(store, HallScope(community_id=1, member_id=3)) == ["Mine"]
    assert await best(store, HallScope(member_id=3)) == ["Mine", "Elsewhere"]
    late = HallScope(since=NOW + timedelta(minutes=30))
    assert await best(store, late) == ["Theirs", "Elsewhere"]


async def test_custom_names_stay_in_their_community(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await hold_poll(store, 2, "Elrond", 5, custom_model=written("elves"))
    assert await best(store, ALL) == ["Mangosaurus"]
    assert await best(store, HallScope(community_id=1)) == ["Elrond", "Mangosaurus"]
    assert await best(store, HallScope(community_id=2)) == []
    assert await store[HallOfFame].names_with_votes(1) == [("Mangosaurus", 2)]


async def test_chosen_adds_up_votes(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    await hold_poll(store, 2, "Mangosaurus", 3, community_id=2)
    await hold_poll(store, 3, "Bravosaurus", 1)
    assert await store[HallOfFame].names_with_votes(1) == [("Bravosaurus", 1), ("Mangosaurus", 5)]
    assert await store[HallOfFame].names_with_votes(2) == [("Mangosaurus", 5)]


async def test_public_names_have_several_voters(store: Store) -> None:
    """One vote by oneself is enough at home, and nowhere else, not even for its discoverer."""
    await hold_poll(store, 1, "Alone", 1)
    await hold_poll(store, 2, "Together", 2)
    assert await best(store, ALL) == ["Together"]
    assert await best(store, HallScope(community_id=1)) == ["Together", "Alone"]
    assert await best(store, HallScope(member_id=3)) == ["Together"]
    assert await best(store, HallScope(member_id=3, home_id=1)) == ["Together", "Alone"]
    assert await store[HallOfFame].names_with_votes(None) == [("Together", 2)]
    latest = await store[HallOfFame].latest(WORDS, ALL)
    assert latest is not None
    assert latest.name == "Together"


async def test_community_stays_out_of_the_public_hall(store: Store) -> None:
    await hold_poll(store, 1, "Ours", 3)
    await hold_poll(store, 2, "Theirs", 2, community_id=2)
    await store[Communities].change(1, in_public_hall=False)
    assert await best(store, ALL) == ["Theirs"]
    assert await best(store, HallScope(community_id=1)) == ["Ours"]
    assert await best(store, HallScope(member_id=3)) == ["Theirs"]
    assert await best(store, HallScope(member_id=3, home_id=1)) == ["Ours", "Theirs"]
    assert await store[HallOfFame].names_with_votes(2) == [("Theirs", 2)]
    await store[Communities].change(1, in_public_hall=True)
    assert await best(store, ALL) == ["Ours", "Theirs"]


async def test_blocked_community_is_not_public(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 3)
    await store[Blocks].block(1, EVERYBODY, BY)
    assert await best(store, ALL) == []
    await store[Blocks].unblock(1, EVERYBODY, BY)
    assert await best(store, ALL) == ["Mangosaurus"]


async def test_winner_keeps_forgotten_votes(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 2)
    for member in (0, POLL.member_id):
        await store[Privacy].forget_member(member or 0)
    (champion,) = await store[HallOfFame].best(WORDS, ALL)
    assert (champion.votes, champion.discoverer) == (2, None)


async def test_victory_is_taken_back(store: Store) -> None:
    await hold_poll(store, 1, "Mangosaurus", 3)
    await hold_poll(store, 2, "Bravosaurus", 2)
    await store[Polls].void(1, NOW)
    voided = await store[Polls].find(1)
    assert voided is not None
    assert (voided.winner, voided.votes) == (None, (0, 3))
    assert await best(store, ALL) == ["Bravosaurus"]


async def test_answers_that_show_a_removed_winner(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest of a channel, until they show something else or their server is forgotten."""
    monkeypatch.setattr("bot.polls.hall_queries.MOST_ANSWERS", 2)
    await hold_poll(store, 1, "Removed", 2)
    await hold_poll(store, 2, "Kept", 2)
    hall, outbox = store[HallOfFame], store[Outbox]
    for message in (51, 52, 53):
        await hall.note_shown(1, 5, message, [1, 2, 999], now=NOW)
    await hall.note_shown(9, 6, 54, [1], now=NOW)
    await hall.note_shown(1, 7, 55, [1], now=NOW)
    await hall.note_shown(1, 7, 55, [2], now=NOW)
    assert await outdated(store) == []
    for row in await outbox.claim("discord", NOW, 9):
        await outbox.finish(row)  # results
    entry = RecordEntry(Action.REMOVE_NAME, 1, NOW, 1)
    await store[Moderation].remove_name(1, 1, entry)
    assert await outdated(store) == [(1, 5, 52), (1, 5, 53), (9, 6, 54)]
    await hall.note_shown(1, 8, 56, [1], now=NOW)  # it was read before the removal
    assert (1, 8, 56) in await outdated(store)
    waiting = await outbox.claim("discord", NOW, 9)
    answers = sorted(row.subject_id for row in waiting if row.kind is Kind.ANSWER)
    assert answers == [52, 54, 56]  # one of each channel
    assert await hall.community_of_outdated(8, 56) == 1
    async with store.database.writing() as session:
        for channel, message in ((8, 56), (5, 52)):
            await forget_answer(session, channel, message)
    assert await hall.community_of_outdated(8, 56) is None
    await store[Privacy].left(9, NOW)
    await store[Privacy].forget_communities(LATER)
    assert await outdated(store) == [(1, 5, 53)]


async def test_dinosaur_that_was_removed_before_it_is_noted(store: Store) -> None:
    """An answer of `/dinosaur` is edited again, unless it shows another name."""
    await hold_poll(store, 1, "Removed", 2)
    await hold_poll(store, 2, "Kept", 2)
    await store[Moderation].remove_name(1, 1, RecordEntry(Action.REMOVE_NAME, 1, NOW, 1))
    await store[HallOfFame].note_shown(1, 5, 51, names=["Removed"], now=NOW)
    await store[HallOfFame].note_shown(1, 5, 52, names=["Kept"], now=NOW)
    assert await outdated(store) == [(1, 5, 51)]


async def test_page_that_two_members_turn_to_at_once(store: Store) -> None:
    for number in range(1, 11):
        await hold_poll(store, number, f"Name{number}", 2)
    shown = [store[HallOfFame].note_shown(1, 5, 51, range(1, 11), now=NOW) for _ in range(5)]
    await asyncio.gather(*shown)
    await store[Polls].void(3, NOW)
    assert await outdated(store) == [(1, 5, 51)]


async def test_frequent_queries_read_no_whole_table(tmp_path: Path) -> None:
    """Winners, their names and the answers that show them are kept without end."""
    store = Store(Database(url_of(None, tmp_path)))
    await store.database.migrate()
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> None:  # noqa: ANN401
        if statement.startswith(("SELECT", "DELETE", "UPDATE")):
            asked.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        await store[Polls].prune(NOW)
        await store[HallOfFame].community_of_outdated(5, 51)
        await store[HallOfFame].has_winner("Mangosaurus", 1)
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    async with store.database.reading() as session:
        connection = await session.connection()
        for statement, values in asked:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            steps = [str(row["detail"]) for row in plan.mappings()]
            read = {step.split()[1] for step in steps if step.startswith("SCAN")}
            assert read <= {"communities", "blocks"}, statement
    await store.close()


# Removed names


REMOVED = RecordEntry(Action.REMOVE_NAME, 9, NOW, 1)
NAME = "Mangosaurus"
LOOKING = HallScope(viewer_id=1)


async def found(store: Store, number: int) -> PollRecord:
    poll = await store[Polls].find(number)
    assert poll is not None
    return poll


@pytest.fixture
async def other(store: Store) -> Store:
    """Another process."""
    return Store(type(store.database)(store.database.url))


async def test_removed_from_all_polls(store: Store) -> None:
    """Of the community, whatever the case; an open one of another community goes on."""
    await opened(store, replace(POLL, id=3, names=named("Kilosaurus", "MANGOSAURUS")))
    await hold_poll(store, 1, NAME, 2)
    await hold_poll(store, 2, "Kilosaurus", 2)
    await opened(store, replace(POLL, id=4, names=named(NAME), community_id=2))
    for number, position in ((3, 1), (4, 0)):
        assert await store[Polls].cast(Ballot(number, 5, position), NOW)
    removal = await store[Moderation].remove_winner("mangosaurus", REMOVED)
    assert removal is not None
    assert (removal.name, removal.poll_ids, removal.won) == (NAME, (3, 1), frozenset({1}))
    assert not await store[Polls].cast(Ballot(3, 6, 1), NOW)
    assert [(await found(store, n)).removed for n in (1, 2, 3, 4)] == [{1}, set(), {1}, set()]
    for number in (3, 4):
        await store[Polls].close(number, LATER)
    assert [(await found(store, n)).winner for n in (1, 2, 3, 4)] == [None, 1, None, 0]
    assert [each.name for each in await store[Discoveries].exhibits(WORDS, 1)] == ["Kilosaurus"]
    assert await store[Discoveries].count(2) == 1
    assert [entry.subject for entry in await store[Record].entries(1)] == [NAME]


async def test_sixty_victories(store: Store) -> None:
    for number in range(60):
        await hold_poll(store, number, NAME, 1, member_id=None)  # else it is somebody's
    removal = await store[Moderation].remove_winner(NAME, REMOVED)
    assert removal is not None
    assert removal.won == {*range(60)}
    assert await best(store, HallScope(community_id=1)) == []
    assert await store[Moderation].remove_winner(NAME, REMOVED) is None


async def test_not_written_again_until_allowed(store: Store) -> None:
    await hold_poll(store, 1, NAME, 3)
    await store[Moderation].remove_winner(NAME, REMOVED)
    poll = replace(POLL, id=2, names=named("Bravosaurus", NAME.lower(), "Kilosaurus"))
    assert (await store[Polls].open(poll)).names == ("Bravosaurus", "Kilosaurus")
    assert (await found(store, 2)).names == ("Bravosaurus", "Kilosaurus")
    alone, daily = replace(POLL, id=3, names=named(NAME)), replace(POLL, id=4, day=NOW.date())
    with pytest.raises(NoNameLeft):
        await store[Polls].open(alone)
    with pytest.raises(NoNameLeft):
        await store[Polls].open_daily(replace(daily, names=named(NAME)))
    stored = await store[Polls].open_daily(daily)
    assert stored is not None
    assert NAME not in stored.names
    assert (await store[Polls].open(replace(alone, community_id=2))).names == (NAME,)
    assert await store[RemovedNames].named(1, "SAUR") == [NAME]
    assert await store[Moderation].allow_name("mangosaurus", REMOVED) == NAME
    assert await store[Moderation].allow_name(NAME, REMOVED) is None
    assert await store[RemovedNames].keys(1) == set()
    assert (await store[Polls].open(replace(alone, id=5))).names == (NAME,)
    assert await best(store, HallScope(community_id=1)) == []


async def test_removals_before_the_upgrade_keep_their_scope(store: Store) -> None:
    await opened(store)
    async with store.database.writing() as session:
        await session.execute(
            update(Candidate).where(Candidate.position == 0).values(removed_at=NOW)
        )
    assert (await store[Polls].open(replace(POLL, id=2))).names == POLL.names


async def test_public_lists_leave_out_what_the_reader_has_removed(store: Store) -> None:
    """Also from answers that they have shown, and training. Others still see the name."""
    hall = store[HallOfFame]
    await hold_poll(store, 1, NAME, 3, community_id=2)
    await hold_poll(store, 2, "Bravosaurus", 2, community_id=2)
    await opened(store)
    await hall.note_shown(1, 5, 51, [1], now=NOW)
    await hall.note_shown(1, 5, 52, [2], now=NOW)
    await hall.note_shown(3, 6, 53, [1], now=NOW)
    assert await hall.has_winner(NAME, 1)
    await store[Moderation].remove_name(POLL.id, 0, REMOVED)
    assert await best(store, LOOKING) == ["Bravosaurus"]
    assert not await hall.has_winner(NAME, 1)
    assert await hall.names_with_votes(1) == [("Bravosaurus", 2)]
    latest = await hall.latest(WORDS, LOOKING)
    assert latest is not None
    assert latest.name == "Bravosaurus"
    for scope in (HallScope(viewer_id=3), HallScope(community_id=2), HallScope()):
        assert await best(store, scope) == [NAME, "Bravosaurus"]
    await hall.note_shown(1, 7, 54, [1], now=NOW)  # it was read before the removal
    assert await outdated(store) == [(1, 5, 51), (1, 7, 54)]
    await store[Moderation].allow_name(NAME, REMOVED)
    assert await best(store, LOOKING) == [NAME, "Bravosaurus"]


@pytest.mark.parametrize("is_closing_first", [True, False])
async def test_removal_while_polls_close(
    store: Store, other: Store, *, is_closing_first: bool
) -> None:
    """In either order none has won, and the museum has nothing."""
    numbers = range(1, 9)
    for number in numbers:
        await opened(store, replace(POLL, id=number, member_id=number))
        await store[Polls].cast(Ballot(number, 50, 0), NOW)
    closing = [other[Polls].close(number, LATER) for number in numbers]
    removing = store[Moderation].remove_name(3, 0, REMOVED)
    calls = [*closing, removing] if is_closing_first else [removing, *closing]
    await asyncio.gather(*calls)
    await other.close()
    assert {(await found(store, number)).winner for number in numbers} == {None}
    assert await store[Discoveries].count(1) == 0


async def test_removal_while_polls_open(store: Store, other: Store) -> None:
    """By several processes: whatever the order, the name stands in none."""
    await opened(store)
    polls = [replace(POLL, id=number, member_id=number) for number in range(1, 21)]
    opening = [(store, other)[poll.id % 2][Polls].open(poll) for poll in polls]
    await asyncio.gather(
        *opening[:10], other[Moderation].remove_name(77, 0, REMOVED), *opening[10:]
    )
    await other.close()
    for poll in polls:
        assert NAME not in (await found(store, poll.id)).standing.values()


async def test_two_moderators_remove_at_once(store: Store, other: Store) -> None:
    await hold_poll(store, 1, NAME, 2)
    await hold_poll(store, 2, NAME, 2)
    removals = await asyncio.gather(
        store[Moderation].remove_winner(NAME, REMOVED), other[Moderation].remove_name(2, 1, REMOVED)
    )
    await other.close()
    assert [each is None for each in removals].count(True) == 1
    assert len(await store[Record].entries(1)) == 1


async def test_removed_names_go_with_their_community(store: Store) -> None:
    await opened(store)
    await store[Moderation].remove_name(POLL.id, 0, REMOVED)
    await store[Privacy].left(1, NOW)
    assert await store[Privacy].forget_communities(NOW + timedelta(days=1)) == [1]
    assert await store[RemovedNames].keys(1) == set()

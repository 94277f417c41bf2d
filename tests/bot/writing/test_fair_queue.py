"""Fair queue: the round of members, bounds, places."""

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.errors import Busy, TooMany
from bot.writing.fair_queue import NEWEST_EVERY, PLACES_S, FairQueue, QueueState


def queue_of(*members: str, longest: int = 100, most_per_member: int = 100) -> FairQueue[str]:
    """A queue with a request of each member, which waits for the step `member` and its number."""
    queue = FairQueue[str](longest, most_per_member)
    for member in members:
        request = queue.enter(member, 0.0)
        request.step = f"{member}{sum(r.requester == member for r in queue)}"
    return queue


def order(queue: FairQueue[str]) -> list[str | None]:
    return [request.step for request in queue]


def served(queue: FairQueue[str]) -> list[str | None]:
    """Answer the first request, until none is left."""
    steps = []
    while first := next(iter(queue), None):
        steps.append(first.step)
        queue.leave(first)
    return steps


def test_members_take_turns() -> None:
    queue = queue_of("a", "a", "a", "b", "c", "b")
    assert order(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]
    assert served(queue) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_many_requests_delay_one_by_one() -> None:
    """Twenty poems of a member, then another member's."""
    queue = queue_of(*"a" * 20, "b")
    assert served(queue)[:2] == ["a1", "b1"]


def test_answered_member_goes_to_the_end() -> None:
    queue = queue_of("a", "a", "b")
    queue.leave(next(iter(queue)))
    queue.enter("c", 0.0).step = "c1"
    assert served(queue) == ["b1", "a2", "c1"]


def test_stream_of_new_members_starves_nobody() -> None:
    """A new member with each answer: the second request of a waits for one round."""
    queue = queue_of("a", "a", "b")
    steps = []
    for number in range(4):
        first = next(iter(queue))
        steps.append(first.step)
        queue.leave(first)
        queue.enter(f"new {number}", 0.0).step = f"new {number}"
    assert steps == ["a1", "b1", "a2", "new 0"]


def test_abandoned_request_leaves_a_gap() -> None:
    queue = queue_of("a", "a", "a", "b")
    queue.leave([*queue][2])
    assert order(queue) == ["a1", "b1", "a3"]
    assert len(queue) == 3


def test_full_queue() -> None:
    queue = queue_of("a", "b", longest=2)
    with pytest.raises(Busy) as busy:
        queue.enter("c", 0.0)
    assert busy.value.ahead == 2
    queue.leave(next(iter(queue)))
    queue.enter("c", 0.0)


def test_too_many_of_a_member() -> None:
    queue = queue_of("a", "a", most_per_member=2)
    with pytest.raises(TooMany) as error:
        queue.enter("a", 0.0)
    assert error.value.count == 2
    queue.enter("b", 0.0)


def test_thousand_requests_fit() -> None:
    queue = FairQueue[str](1000, 20)
    requests = [queue.enter(number // 20, 0.0) for number in range(1000)]
    assert len(queue) == 1000
    for request in requests:
        queue.leave(request)
    assert not [*queue]


def test_place_counts_what_has_not_begun() -> None:
    queue = queue_of("a", "b", "a", "c")
    first, second, third, last = queue
    assert [queue.place(r, 0.0) for r in (first, second, third, last)] == [1, 2, 3, 4]
    first.begun = second.begun = True
    assert [queue.place(r, 0.0 + PLACES_S) for r in (third, last)] == [1, 2]


def test_places_are_counted_once_a_second() -> None:
    """For all requests at once: each of a thousand asks for its own."""
    queue = queue_of("a", "b")
    first, second = queue
    assert queue.place(second, 0.0) == 2
    queue.leave(first)
    assert queue.place(second, PLACES_S / 2) == 2
    assert queue.place(second, PLACES_S) == 1


def test_place_of_a_new_request() -> None:
    queue = queue_of("a", "b")
    assert queue.place(next(iter(queue)), 0.0) == 1
    assert queue.place(queue.enter("c", 0.0), 0.1) == 3


def test_waiting_requests_are_in_order() -> None:
    queue = queue_of("a", "b", "c")
    [*queue][1].step = None  # it has its turn
    assert [request.step for request in queue.waiting(0.0)] == ["a1", "c1"]


def crowd(*arrivals: tuple[str, float]) -> FairQueue[str]:
    queue = FairQueue[str](100, 100)
    for number, (member, since) in enumerate(arrivals):
        queue.enter(member, since).step = f"{member}{number}"
    return queue


MANY = [f"m{number}" for number in range(2 * NEWEST_EVERY)]


def members(queue: FairQueue[str], now: float) -> list[Hashable]:
    """Whose turns follow."""
    return [request.requester for request in queue.waiting(now)]


def test_new_members_do_not_wait_behind_a_crowd() -> None:
    """They get one turn of many, the newest first, once the oldest one has waited for long."""
    queue = crowd(*((member, 0.1) for member in MANY), ("late", 5.0), ("later", 5.1))
    found = members(queue, 5.2)
    assert found[NEWEST_EVERY - 1] == "later"
    assert found[2 * NEWEST_EVERY - 1] == "late"
    assert [member for member in found if member in MANY] == MANY


def test_second_requests_are_not_the_newest() -> None:
    """A member who asks again and again gets no more turns by it."""
    queue = crowd(*((member, 0.1) for member in MANY), ("m0", 5.0), ("m0", 5.1))
    assert members(queue, 5.2)[-3:] == [MANY[-1], "m0", "m0"]


def test_what_has_begun_is_finished_first() -> None:
    """In a crowd, too: the newest requests are not begun one after the other."""
    queue = crowd(*((member, 0.1) for member in MANY), ("late", 5.0))
    [*queue][len(MANY) - 1].begun = True
    found = members(queue, 5.0)
    assert found[0] == MANY[-1]
    assert found.index("late") == NEWEST_EVERY


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10))), st.floats(0, 20))
def test_every_request_has_one_turn(arrivals: list[tuple[str, float]], now: float) -> None:
    queue = crowd(*arrivals)
    assert sorted(str(r.step) for r in queue.waiting(now)) == sorted(str(r.step) for r in queue)


def test_state() -> None:
    queue = FairQueue[str](100, 100)
    assert queue.state(5.0) == QueueState(0, 0, 0.0)
    queue.enter("a", 1.0).begun = True
    for now in (2.0, 4.0):
        queue.enter("b", now)
    assert queue.state(5.0) == QueueState(waiting=2, in_progress=1, oldest=3.0)

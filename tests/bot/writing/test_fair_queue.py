"""Fair queue: the round of members, bounds, places."""

from collections.abc import Hashable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.writing.limits import PLACES_S
from bot.writing.queues import NEWEST_EVERY, FairQueue, QueuedRequest, QueueState

MANY = [(f"m{number}", 0.1) for number in range(2 * NEWEST_EVERY)]


def queue_of(
    *arrivals: tuple[str, float], longest: int = 100, most_per_member: int = 100
) -> FairQueue:
    """A queue with a request of each member at some time, which waits for a step."""
    queue = FairQueue(longest, most_per_member)
    for member, since in arrivals:
        enter(queue, member, since)
    return queue


def round_of(members: str, **limits: int) -> FairQueue:
    """The same for members of one letter, who all came at the same time."""
    return queue_of(*((member, 0.0) for member in members), **limits)


def enter(queue: FairQueue, member: str, since: float = 0.0) -> QueuedRequest:
    request = queue.enter(member, since)
    request.waits = True
    return request


def members(requests: list[QueuedRequest]) -> list[Hashable]:
    return [request.requester for request in requests]


def served(queue: FairQueue) -> str:
    """Answer the first request, until none is left: their members."""
    found = ""
    while queue.length:
        found += str(queue.requests[0].requester)
        queue.leave(queue.requests[0])
    return found


@pytest.mark.parametrize(
    ("arrivals", "order"),
    [("aaabcb", "abcaba"), ("a" * 20 + "b", "ab" + "a" * 19), ("", "")],
)
def test_members_take_turns(arrivals: str, order: str) -> None:
    assert "".join(map(str, members(round_of(arrivals).requests))) == order
    assert served(round_of(arrivals)) == order


def test_answered_member_goes_to_the_end() -> None:
    queue = round_of("aab")
    queue.leave(queue.requests[0])
    enter(queue, "c")
    assert served(queue) == "bac"


def test_stream_of_new_members_starves_nobody() -> None:
    """A new member with each answer: the second request of a waits for one round."""
    queue, found = round_of("aab"), ""
    for new in "wxyz":
        found += str(queue.requests[0].requester)
        queue.leave(queue.requests[0])
        enter(queue, new)
    assert found == "abaw"


def test_abandoned_request_leaves_a_gap() -> None:
    queue = queue_of(("a", 1.0), ("a", 2.0), ("a", 3.0), ("b", 4.0))
    queue.leave(queue.requests[2])
    assert [request.since for request in queue.requests] == [1.0, 4.0, 3.0]
    assert queue.length == 3


def test_places() -> None:
    """Those that have not begun are counted, once a second: each of a thousand asks for its own."""
    queue = round_of("abac")
    first, second, third, last = queue.requests
    assert [queue.place(r, 0.0) for r in (first, second, third, last)] == [1, 2, 3, 4]
    first.steps = second.steps = 1
    assert queue.place(last, PLACES_S / 2) == 4
    assert [queue.place(r, PLACES_S) for r in (third, last)] == [1, 2]
    assert queue.place(enter(queue, "d"), PLACES_S) == 2  # goes before the second request of a


def test_waiting_requests_are_in_order() -> None:
    queue = round_of("abc")
    queue.requests[1].waits = False  # it is being computed
    assert members(queue.waiting(0.0)) == ["a", "c"]


def test_new_members_do_not_wait_behind_a_crowd() -> None:
    """They get one place of many, the newest first, once the oldest one has waited for long."""
    queue = queue_of(*MANY, ("late", 5.0), ("later", 5.1))
    found = members(queue.waiting(5.2))
    assert found[NEWEST_EVERY - 1] == "later"
    assert found[2 * NEWEST_EVERY - 1] == "late"
    in_order = [member for member, _ in MANY]
    assert [member for member in found if member in in_order] == in_order
    assert members(queue.waiting(1.1))[-2:] == ["late", "later"]  # a second is not long


def test_second_requests_are_not_the_newest() -> None:
    """A member who asks again and again gets no more by it."""
    queue = queue_of(*MANY, ("m0", 5.0), ("m0", 5.1))
    assert members(queue.waiting(5.2))[-3:] == [MANY[-1][0], "m0", "m0"]


def test_what_has_begun_is_finished_first() -> None:
    """In a crowd, too: the newest requests are not begun one after the other."""
    queue = queue_of(*MANY, ("late", 5.0))
    queue.requests[len(MANY) - 1].steps = 1
    found = members(queue.waiting(5.0))
    assert found[0] == MANY[-1][0]
    assert found.index("late") == NEWEST_EVERY


def test_quick_requests_take_turns() -> None:
    """Those with many steps keep nobody waiting, and are not kept waiting by new ones for ever."""
    queue = FairQueue(100, 100, is_quick=True)
    for member, steps, most in (
        ("a", 3, 16), ("b", 3, 4), ("c", 0, 4), ("d", 1, 4), ("e", 0, 16), ("f", 0, 16)
    ):  # fmt: skip
        request = enter(queue, member)
        request.steps, request.most = steps, most
    assert members(queue.waiting(0.0)) == [*"eacfdb"]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(0, 10))), st.floats(0, 20))
def test_every_request_has_one_place(arrivals: list[tuple[str, float]], now: float) -> None:
    queue = queue_of(*arrivals)
    assert sorted(map(id, queue.waiting(now))) == sorted(map(id, queue.requests))


def test_state() -> None:
    queue = FairQueue(100, 100)
    assert queue.state(5.0) == QueueState(0, 0.0)
    queue.enter("a", 1.0).steps = 1
    for now in (2.0, 4.0):
        queue.enter("b", now)
    assert queue.state(5.0) == QueueState(waiting=2, oldest=3.0)

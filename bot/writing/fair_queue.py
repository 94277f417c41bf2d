"""Fair queue: requests of one kind in the order in which they get their turns.

The order is a round robin by member: first the oldest request of each member, and the member whose
oldest one was answered goes to the end of the round. The second requests of all members follow,
then the third ones, so that they fill a batch that would have room, and delay nobody. A request
that has begun keeps its place, and is therefore finished before others of its round begin.

When members have to wait for long, every sixteenth turn is that of the newest request. In a crowd
that came at the same time everybody waits anyway; a member who comes later does not wait behind all
of it, and those who have waited longest still get nearly all of the turns.
"""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, field
from heapq import nlargest
from itertools import chain, islice, zip_longest
from typing import Generic, TypeVar

from bot.writing.errors import Busy, TooMany

StepT = TypeVar("StepT")

CROWDED_S = 1.0
"""Seconds that the oldest request has waited when the newest ones get turns, too."""
NEWEST_EVERY = 16
"""One of so many turns is then that of the newest request."""
MOST_IN_A_TURN = 64
"""Requests that can be among the next ones because they are the newest."""
PLACES_S = 1.0
"""Seconds for which the places of all requests hold once they were counted."""


@dataclass(frozen=True)
class QueueState:
    """How full a queue is."""

    waiting: int
    """Requests that have not begun."""
    in_progress: int
    """Requests that have begun, and are not finished."""
    oldest: float
    """Seconds that the oldest request that has not begun has waited; 0 if none waits."""


@dataclass(eq=False)
class Request(Generic[StepT]):
    """One request in a queue."""

    requester: Hashable
    since: float
    """When it arrived, in seconds of `time.monotonic`."""
    step: StepT | None = field(default=None, repr=False)
    """What it waits for; `None` while it has its turn, or its last step is being shown."""
    begun: bool = False
    """Whether it has had a turn."""


class FairQueue(Generic[StepT]):
    """Requests of one kind."""

    def __init__(self, longest: int, most_per_member: int) -> None:
        """`longest` limits the requests of all members."""
        self._longest = longest
        self._most_per_member = most_per_member
        self._members: dict[Hashable, list[Request[StepT]]] = {}
        """The requests of each member, oldest first. Members are in the order of the round."""
        self._length = 0
        self._places: dict[Request[StepT], int] = {}
        self._counted_at = -PLACES_S

    def __len__(self) -> int:
        """Number of requests, whether they wait or have begun."""
        return self._length

    def __iter__(self) -> Iterator[Request[StepT]]:
        """All requests, in the order of their turns."""
        for rank in zip_longest(*self._members.values()):
            yield from (request for request in rank if request is not None)

    def enter(self, requester: Hashable, now: float) -> Request[StepT]:
        """Add a request. Raises `Busy` and `TooMany`."""
        if (count := len(self)) >= self._longest:
            raise Busy(count)
        own = self._members.get(requester, [])
        if len(own) >= self._most_per_member:
            raise TooMany(len(own))
        request = Request[StepT](requester, now)
        self._members[requester] = [*own, request]
        self._length += 1
        return request

    def leave(self, request: Request[StepT]) -> None:
        """Remove a request, finished or not."""
        own = self._members[request.requester]
        was_first = own[0] is request
        own.remove(request)
        self._length -= 1
        if was_first:
            del self._members[request.requester]
            if own:  # the member's next request goes to the end of the round
                self._members[request.requester] = own

    def waiting(self, now: float) -> list[Request[StepT]]:
        """The requests that wait for a turn, in the order in which they get it."""
        requests = [request for request in self if request.step is not None]
        new = [request for request in requests if not request.begun]
        if not new or now - min(request.since for request in new) <= CROWDED_S:
            return requests
        firsts = (request for request in new if self._members[request.requester][0] is request)
        newest = nlargest(MOST_IN_A_TURN, firsts, key=lambda request: request.since)
        oldest = iter(new)
        mixed = ((*islice(oldest, NEWEST_EVERY - 1), late) for late in newest)
        begun = (request for request in requests if request.begun)
        return [*dict.fromkeys(chain(begun, chain.from_iterable(mixed), new))]

    def place(self, request: Request[StepT], now: float) -> int:
        """The place of a request among those that have not begun, from 1, a second ago at most."""
        if now - self._counted_at >= PLACES_S or request not in self._places:
            new = (other for other in self if not other.begun)
            self._places = {other: place for place, other in enumerate(new, start=1)}
            self._counted_at = now
        return self._places.get(request, 1)

    def state(self, now: float) -> QueueState:
        """How full it is."""
        waits = [now - request.since for request in self if not request.begun]
        return QueueState(len(waits), len(self) - len(waits), max(waits, default=0.0))

"""`KnownRemovals`: removed and owned names of communities, kept in memory for the networks."""

import re
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple

from bot.creatures.genome import folded
from bot.polls.removal_queries import RemovedNames
from bot.store import Unavailable

MOST_COMMUNITIES = 100
"""How many communities' removed names are kept: of those that asked last."""
LIFETIME_S = 60.0
"""Seconds after which removed names are read again, as another process may have removed more."""


class _Names(NamedTuple):
    """Names of a community that the networks don't write, folded."""

    removed: frozenset[str] = frozenset()
    owned: frozenset[str] = frozenset()


class KnownRemovals:
    """Removed and owned names by community, so that the networks write other names instead.

    They may be a minute old. When a poll is opened, they are read again.
    """

    def __init__(self, stored: RemovedNames, clock: Callable[[], float] = time.monotonic) -> None:
        self._stored, self._clock = stored, clock
        self._kept: OrderedDict[int, tuple[float, _Names]] = OrderedDict()

    async def of(self, community_id: int | None) -> frozenset[str]:
        """The removed names of a community, folded; none for direct messages.

        If the database doesn't answer, the names that were read last.
        """
        return (await self._known(community_id)).removed

    async def unwritten(self, community_id: int | None) -> frozenset[str]:
        """The same, with the names of dinosaurs that somebody owns there."""
        known = await self._known(community_id)
        return known.removed | known.owned

    async def _known(self, community_id: int | None) -> "_Names":
        if community_id is None:
            return _Names()
        now = self._clock()
        read_at, names = self._kept.get(community_id, (now - LIFETIME_S, _Names()))
        if now - read_at >= LIFETIME_S:
            try:
                removed = await self._stored.keys(community_id)
                names = _Names(removed, await self._stored.owned(community_id))
            except Unavailable:  # logged where it is raised
                return names
            self._kept[community_id] = now, names
        self._kept.move_to_end(community_id)
        while len(self._kept) > MOST_COMMUNITIES:
            self._kept.popitem(last=False)
        return names

    async def are_in(self, text: str, community_id: int | None) -> bool:
        """Whether a text has a removed name of a community among its words."""
        text = folded(text)
        return any(
            re.search(rf"(?<![^\W_]){re.escape(name)}(?![^\W_])", text)
            for name in await self.of(community_id)
            if name in text
        )

    def changed(self, community_id: int) -> None:
        """Forget the names of a community, after one was removed or allowed, or has hatched."""
        self._kept.pop(community_id, None)

"""The languages that communities have chosen, kept in memory: each public message needs one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bot.store import Unavailable
from bot.store.languages import CommunityLanguages

MOST_KEPT = 5_000
LIFETIME_S = 60.0
"""Seconds after which a language is read again: another process may have changed it."""
PATIENCE_S = 0.5
"""Seconds that reading it may take. Then the last known one is used, or none."""


ChosenLanguage = Callable[[int | None], Awaitable[str | None]]
"""Finds the tag of the language that a community has chosen: `Languages.of`."""


async def no_choice(_community_id: int | None) -> None:
    """No community has chosen a language."""


class Languages:
    """Reads the languages of communities when they are needed, and keeps some."""

    def __init__(
        self, stored: CommunityLanguages, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stored = stored
        self._clock = clock
        self._kept: OrderedDict[int, tuple[float, str | None]] = OrderedDict()
        """Time at which each language was read, and its tag."""

    async def of(self, community_id: int | None) -> str | None:
        """The tag of a community's language; `None` if it has chosen none."""
        if community_id is None:
            return None
        now = self._clock()
        kept = self._kept.get(community_id)
        if kept is not None and now - kept[0] < LIFETIME_S:
            return kept[1]
        try:
            async with asyncio.timeout(PATIENCE_S):
                tag = await self._stored.of(community_id)
        except (TimeoutError, Unavailable):  # the latter is logged where it is raised
            tag = kept[1] if kept is not None else None
        self._kept[community_id] = now, tag
        self._kept.move_to_end(community_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return tag

    def changed(self, community_id: int) -> None:
        """Forget a community's language, after it was changed."""
        self._kept.pop(community_id, None)

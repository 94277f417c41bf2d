"""The languages of communities, kept in memory: each public message needs one."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable

from bot.store import Unavailable
from bot.store.languages import FIRST, CommunityLanguage, CommunityLanguages

MOST_KEPT = 5_000
LIFETIME_S = 60.0
"""Seconds after which a language is read again: another process may have changed it."""
PATIENCE_S = 0.5
"""Seconds that reading it may take. Then the last known one is used, or none."""


FindLanguage = Callable[[int | None], Awaitable[CommunityLanguage]]
"""Finds what is stored of a community's language: `Languages.of`."""


async def no_choice(_community_id: int | None) -> CommunityLanguage:
    """No community has a language."""
    return CommunityLanguage()


class Languages:
    """Reads the languages of communities when they are needed, and keeps some."""

    def __init__(
        self, stored: CommunityLanguages, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._stored = stored
        self._clock = clock
        self._kept: OrderedDict[int, tuple[float, CommunityLanguage]] = OrderedDict()
        """Time at which each language was read, and the language."""
        self._askers: OrderedDict[int, set[int]] = OrderedDict()
        """The members who have asked, by community, until enough have."""

    async def of(self, community_id: int | None) -> CommunityLanguage:
        """What is stored of a community's language."""
        if community_id is None:
            return CommunityLanguage()
        now = self._clock()
        kept = self._kept.get(community_id)
        if kept is not None and now - kept[0] < LIFETIME_S:
            return kept[1]
        try:
            async with asyncio.timeout(PATIENCE_S):
                language = await self._stored.of(community_id)
        except (TimeoutError, Unavailable):  # the latter is logged where it is raised
            language = kept[1] if kept is not None else CommunityLanguage()
        self._kept[community_id] = now, language
        self._kept.move_to_end(community_id)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return language

    async def note_asker(self, community_id: int, member_id: int, tag: str) -> None:
        """Store the language of a member who asks, if they are among the first in a community.

        Only languages are stored: a member counts again if they ask another process, or after a
        restart.
        """
        known = await self.of(community_id)
        if known.chosen is not None or len(known.asked) >= FIRST:
            self._askers.pop(community_id, None)
            return
        askers = self._askers.setdefault(community_id, set())
        if member_id in askers:
            return
        askers.add(member_id)
        while len(self._askers) > MOST_KEPT:
            self._askers.popitem(last=False)
        try:
            await self._stored.note(community_id, tag)
        except Unavailable:
            askers.discard(member_id)
        self.changed(community_id)

    def changed(self, community_id: int) -> None:
        """Forget a community's language, after it was changed."""
        self._kept.pop(community_id, None)

"""The word filters of servers, each with its strictness and its own words."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from bot.store import Unavailable
from bot.words.filter import WordFilter
from bot.words.matching import Strictness
from bot.words.queries import FilterSettings, WordFilters

log = logging.getLogger(__name__)

MOST_FILTERS = 500
"""Filters that are kept, those of the servers that used the bot last. One takes up to 60 kB."""
LIFETIME_S = 60.0
"""Seconds after which the settings are read again: another process may have changed them."""
PATIENCE_S = 1.0
"""Seconds that reading the settings may take. Then the last known ones are used."""


@dataclass(frozen=True)
class _Kept:
    """A server's filter, and when its settings were read."""

    settings: FilterSettings
    words: WordFilter
    read_at: float


class ServerFilters:
    """Compiles the filters of servers when they are needed, and keeps some."""

    def __init__(
        self,
        everywhere: WordFilter,
        stored: WordFilters,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`everywhere` is the bot's filter, for direct messages and servers without settings."""
        self._clock = clock
        self._everywhere = everywhere
        self._stored = stored
        self._strictest = everywhere.for_server(Strictness.STRICT)
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    async def of(self, community_id: int | None) -> WordFilter:
        """The filter of a server; the bot's own for direct messages.

        If the database doesn't answer in time, the last known settings are used; if there are none,
        the strictest filter: the server may have chosen that.
        """
        if community_id is None:
            return self._everywhere
        kept, now = self._kept.get(community_id), self._clock()
        if kept is not None and now - kept.read_at < LIFETIME_S:
            self._kept.move_to_end(community_id)
            return kept.words
        try:
            async with asyncio.timeout(PATIENCE_S):
                settings = await self._stored.of(community_id)
        except (TimeoutError, Unavailable):
            log.warning("The word filter of community %d can't be read", community_id)
            return kept.words if kept is not None else self._strictest
        if kept is not None and kept.settings == settings:
            words = kept.words
        else:
            words = await asyncio.to_thread(self._compiled, settings)
        self._kept[community_id] = _Kept(settings, words, now)
        self._kept.move_to_end(community_id)
        while len(self._kept) > MOST_FILTERS:
            self._kept.popitem(last=False)
        return words

    def changed(self, community_id: int) -> None:
        """Forget a server's filter, after its settings were changed."""
        self._kept.pop(community_id, None)

    def _compiled(self, settings: FilterSettings) -> WordFilter:
        if settings == FilterSettings():
            return self._everywhere
        return self._everywhere.for_server(
            Strictness.NORMAL if settings.strictness is None else Strictness(settings.strictness),
            settings.blocked_words,
        )

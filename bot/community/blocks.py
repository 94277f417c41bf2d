"""Blocked members and communities, kept in memory: a hostile request costs no query."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from enum import Enum, auto

from bot.chat.message import NotAllowed
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Terms, Turn
from bot.community.queries import Blocks, RecordEntry
from bot.store import Unavailable
from bot.store.schema import EVERYBODY, EVERYWHERE
from bot.text.spans import command

log = logging.getLogger(__name__)

FRESH_S = 10.0
"""Seconds after which the blocks are read again, if there is a request."""
FIRST_S = 0.5
"""Seconds that requests wait for the first reading. Afterwards none waits."""


class Reason(Enum):
    """Kind of a block: what it applies to, and by whom."""

    COMMUNITY = auto()
    MEMBER = auto()
    """An owner of the bot has blocked the member everywhere."""
    MEMBER_HERE = auto()
    """Moderators have blocked the member in the community."""


_SENTENCES = {
    Reason.COMMUNITY: _("The bot's operator has blocked this {community}."),
    Reason.MEMBER: _(
        "The bot's operator has blocked you. You can still see and delete your data with {command}."
    ),
    Reason.MEMBER_HERE: _(
        "The moderators of this {community} have blocked you from using the bot here. If you "
        "think that's a mistake, ask them. You can still see and delete your data with {command}."
    ),
}


class Blocked(NotAllowed):
    """The bot does not answer this member, or in this community."""

    def __init__(self, reason: Reason, terms: Terms) -> None:
        super().__init__(_SENTENCES[reason], community=terms.community, command=command("/privacy"))


class LoadedBlocks:
    """The blocks that the store loads. What another process changes is known `FRESH_S` later.

    While the database does not answer, the blocks that were read last hold.
    """

    def __init__(self, blocks: Blocks, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._store = blocks
        self._clock = clock
        self._blocks: frozenset[tuple[int, int]] = frozenset()
        """Community and member of each."""
        self._version: tuple[int, int] | None = None
        """Version of the blocks (`Blocks.version`); `None` until they were read."""
        self._changes = 0
        """Changes by this process, so that an older reading does not undo them."""
        self._due = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    async def reason(self, community_id: int | None, member_id: int) -> Reason | None:
        """Why a request is not answered; `None` if it is."""
        await self._catch_up()
        if (community_id, EVERYBODY) in self._blocks:
            return Reason.COMMUNITY
        if (EVERYWHERE, member_id) in self._blocks:
            return Reason.MEMBER
        return Reason.MEMBER_HERE if (community_id, member_id) in self._blocks else None

    async def check(self, turn: Turn) -> None:
        """Raise `Blocked` for a member whom the bot does not answer.

        Moderators cannot lock managers out, and nobody can lock out an owner of the bot.
        """
        user = turn.user
        reason = await self.reason(turn.community_id, user.id)
        if reason is None or (reason is Reason.MEMBER_HERE and user.is_manager):
            return
        with suppress(DeliveryError):
            if await turn.platform.is_operator(user.id):
                return
        raise Blocked(reason, turn.platform.terms)

    async def has_community(self, community_id: int | None) -> bool:
        """Whether an owner has blocked a whole community, in which the bot then writes nothing."""
        return await self.reason(community_id, EVERYBODY) is Reason.COMMUNITY

    async def block(self, community_id: int, member_id: int, entry: RecordEntry) -> bool:
        """Block, from now on. Returns whether it was not. Raises `TooManyBlocks`."""
        is_new = await self._store.block(community_id, member_id, entry)
        self._changes += 1
        self._blocks |= {(community_id, member_id)}
        return is_new

    async def unblock(self, community_id: int, member_id: int, entry: RecordEntry) -> bool:
        """The inverse of `block`. Returns whether it was blocked."""
        was_blocked = await self._store.unblock(community_id, member_id, entry)
        self._changes += 1
        self._blocks -= {(community_id, member_id)}
        return was_blocked

    async def _catch_up(self) -> None:
        is_reading = self._reading is not None and not self._reading.done()
        if self._clock() >= self._due and not is_reading:
            self._due = self._clock() + FRESH_S
            self._reading = asyncio.create_task(self._read())
        if self._version is None and self._reading is not None:
            await asyncio.wait([self._reading], timeout=FIRST_S)

    async def _read(self) -> None:
        """Read the blocks if they have changed."""
        changes = self._changes
        try:
            version = await self._store.version()
            if version == self._version:
                return
            blocks = await self._store.all()
        except Unavailable:  # logged where it is raised
            return
        except Exception:
            log.exception("The blocks could not be read")
            return
        if changes == self._changes:
            self._blocks, self._version = blocks, version

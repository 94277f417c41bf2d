"""Members of the workspace and their rights, which Slack tells about a hundred times a minute."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from bot.chat.received import clean
from bot.chat.turn import Unreachable, User
from bot.concurrency import observed
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.payloads import is_true, part_of, text_of
from bot.platforms.slack.recent import Recent

RIGHTS_S = 60.0
"""Seconds for which the rights of a member are remembered."""
NAME_S = 1_800.0
"""Seconds for which a member's name is remembered, and whether they are a guest."""
MOST_MEMBERS = 5_000
ASKS = 80
"""Questions in `WINDOW_S` until those about names have to wait: the others are for rights."""
WINDOW_S = 60.0
LONGEST_LOCALE = 16
PAGES = 5
"""Calls for many members at once, at most, in each of which are up to a thousand."""


@dataclass(frozen=True, slots=True)
class Member:
    """A member of the workspace, as `users.info` has them."""

    display_name: str
    is_administrator: bool = False
    """Whether the member administers or owns the workspace."""
    is_primary_owner: bool = False
    is_guest: bool = False
    is_bot: bool = False
    locale: str = ""
    """Language of the member: `pt-BR`."""
    is_unknown: bool = False
    """Whether Slack has not told of them, so that they have no rights."""

    def user(self, number: int) -> User:
        """The member as commands see them."""
        rights = self.is_administrator
        return User(number, self.display_name, rights, rights, rights, self.is_guest, self.locale)


def member_of(payload: object, team: str) -> Member:
    """A member, of the object `user` of Slack. Those of other workspaces have no rights here."""
    profile = part_of(payload, "profile")
    name = (
        text_of(profile, "display_name")
        or text_of(payload, "real_name")
        or text_of(payload, "name")
    )
    workspaces = part_of(payload, "enterprise_user").get("teams")  # of an organization
    is_foreign = text_of(payload, "team_id") not in ("", team) and not (
        isinstance(workspaces, list) and team in workspaces
    )
    primary = is_true(payload, "is_primary_owner") and not is_foreign
    is_admin = is_true(payload, "is_admin") or is_true(payload, "is_owner")
    return Member(
        clean(name),
        is_administrator=primary or (is_admin and not is_foreign),
        is_primary_owner=primary,
        is_guest=is_foreign
        or is_true(payload, "is_restricted")
        or is_true(payload, "is_ultra_restricted"),
        is_bot=is_true(payload, "is_bot"),
        locale=text_of(payload, "locale", most=LONGEST_LOCALE),
    )


class Members:
    """Asks Slack for members, and remembers them."""

    def __init__(self, api: SlackApi, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` is in seconds."""
        self._api = api
        self._clock = clock
        self._known: Recent[str, tuple[float, Member]] = Recent(MOST_MEMBERS)
        """Members by id, with the time at which Slack told of them."""
        self._asked: deque[float] = deque()
        self._asking: dict[str, asyncio.Future[Member]] = {}
        """Questions that Slack has not answered yet, by member: several requests may need one."""
        self._learning: asyncio.Future[None] | None = None
        self._learned_at = 0.0

    async def find(self, user: str, team: str, *, for_rights: bool = True) -> Member:
        """A member (U…) of a workspace. Raises `DeliveryError`.

        Unless it is `for_rights`, they may have changed in the last half hour, and if Slack is
        asked much, it is asked for many members at once.
        """
        known = self.known(user, RIGHTS_S if for_rights else NAME_S)
        if known is not None:
            return known
        if (asking := self._asking.get(user)) is not None:
            return await asyncio.shield(asking)
        now = self._clock()
        while self._asked and self._asked[0] <= now - WINDOW_S:
            self._asked.popleft()
        if not for_rights and len(self._asked) >= ASKS:
            await self._learn(team)
            if (known := self.known(user)) is None:
                raise Unreachable("Slack is asked for many members")
            return known
        self._asked.append(now)
        self._asking[user] = asking = observed(self._ask(user, team))
        return await asyncio.shield(asking)

    async def _ask(self, user: str, team: str) -> Member:
        try:
            found = member_of(await self._api.user(user), team)
        finally:
            del self._asking[user]
        self._known[user] = (self._clock(), found)
        return found

    async def _learn(self, team: str) -> None:
        """Ask for many members at once, once in `WINDOW_S`. Raises `DeliveryError`."""
        now = self._clock()
        if self._learning is None or now - self._learned_at >= WINDOW_S:
            self._learned_at = now
            self._learning = observed(self._ask_for_many(team))
        await asyncio.shield(self._learning)

    async def _ask_for_many(self, team: str) -> None:
        cursor = ""
        for _page in range(PAGES):
            found, cursor = await self._api.members(cursor)
            for each in found:
                if user := text_of(each, "id"):
                    self._known[user] = (self._clock(), member_of(each, team))
            if not cursor:
                return

    def known(self, user: str, seconds: float = NAME_S) -> Member | None:
        """A member of whom Slack told in the last `seconds`."""
        told, member = self._known.get(user, (-seconds, None))
        return member if self._clock() - told < seconds else None

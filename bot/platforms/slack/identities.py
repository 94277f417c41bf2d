"""Ids of Slack as the numbers that commands and the database have."""

import re
from collections.abc import Coroutine
from typing import Any, TypeVar

from bot.concurrency import within
from bot.platforms.slack.recent import Recent
from bot.store import StoreError
from bot.store.identities import Identities, Identity

PLATFORM = "slack"
MOST_CACHED = 10_000
"""Workspaces and channels that are remembered, and as many users."""
KNOWN_S = 0.5
"""Seconds that the database has to tell a user's number, if it is remembered."""
_EXTERNAL = re.compile(r"[A-Z0-9]{2,32}")
_TIMESTAMP = re.compile(r"(\d{1,12})\.(\d{6})")
_MICROSECONDS = 1_000_000

Value = TypeVar("Value")


class SlackIdentities:
    """Surrogate ids of workspaces, channels and users.

    Users are looked up each time: a remembered number would bring back somebody who has deleted
    their data, in this process or another one. It is used only while the database does not answer.
    All methods raise `StoreError`.
    """

    def __init__(self, identities: Identities, *, most: int = MOST_CACHED) -> None:
        """`most`: number of ids that are remembered."""
        self._identities = identities
        self._numbers: Recent[tuple[str, str, str], int] = Recent(most)
        self._identities_of: Recent[int, Identity] = Recent(most)
        self._former_numbers: Recent[tuple[str, str, str], int] = Recent(most)
        self._former_identities: Recent[int, Identity] = Recent(most)
        self._users: Recent[tuple[str, str], int] = Recent(most)
        self._users_of: Recent[int, Identity] = Recent(most)

    async def community(self, team: str) -> int:
        """The number of a workspace (T…)."""
        return await self._cached("community", team, team)

    async def channel(self, team: str, channel: str) -> int:
        """The number of a channel (C…, G…) or direct message (D…)."""
        return await self._cached("channel", team, channel)

    async def known_community(self, team: str) -> int | None:
        """The number of a workspace; `None` if it has none yet."""
        return await self._identities.look_up(PLATFORM, "community", team, team)

    async def known_channel(self, team: str, channel: str) -> int | None:
        """The number of a channel; `None` if it has none yet."""
        return await self._identities.look_up(PLATFORM, "channel", team, channel)

    async def known_user(self, team: str, user: str) -> int | None:
        """The number of a user (U…, W…); `None` if they have none, or not anymore."""
        return await self._identities.look_up(PLATFORM, "user", team, user)

    async def move_channel(self, team: str, old: str, new: str) -> None:
        """Note that a channel has another id from now on."""
        await self._identities.move_channel(PLATFORM, team, old, new)
        self.forget_channels()

    def forget_channels(self) -> None:
        """Look channels up again, which another process may have noted as moved.

        As those of users, their numbers are used while the database does not answer.
        """
        self._former_numbers.update(self._numbers)
        self._former_identities.update(self._identities_of)
        self._numbers.clear()
        self._identities_of.clear()

    async def user(self, team: str, user: str) -> int:
        """The number of a user (U…, W…)."""
        key = team, user
        known = self._users.get(key)
        number = await _told(self._identities.resolve(PLATFORM, "user", team, user), known)
        self._remember_user(Identity(number, PLATFORM, "user", team, user))
        return number

    async def find(self, number: int) -> Identity | None:
        """The identity of a number; `None` if it is unknown, forgotten or of another platform."""
        known = self._identities_of.get(number)
        if known is not None:
            self._identities_of.move_to_end(number)
            return known
        user = self._users_of.get(number)
        former = user or self._former_identities.get(number)
        found = await _told(self._identities.find(number), former)
        if found is None and user is not None:  # forgotten
            del self._users_of[number]
            self._users.pop((user.workspace, user.external), None)
        if found is None or found.platform != PLATFORM:
            return None
        if found.kind == "user":
            self._remember_user(found)
        else:
            self._identities_of[number] = found
        return found

    async def external(self, number: int, kind: str) -> str | None:
        """The id on Slack of a `user`, `channel` or `community`."""
        found = await self.find(number)
        return found.external if found is not None and found.kind == kind else None

    def _remember_user(self, user: Identity) -> None:
        self._users[user.workspace, user.external] = user.id
        self._users_of[user.id] = user

    async def _cached(self, kind: str, team: str, external: str) -> int:
        key = (kind, team, external)
        number = self._numbers.get(key)
        if number is None:
            asking = self._identities.resolve(PLATFORM, kind, team, external)
            number = await _told(asking, self._former_numbers.get(key))
            found = Identity(number, PLATFORM, kind, team, external)
            self._identities_of[number] = found
        self._numbers[key] = number
        return number


async def _told(asking: Coroutine[Any, Any, Value], known: Value | None) -> Value:
    """The database's answer, or `known` if it does not answer soon.

    Raises `StoreError`.
    """
    if known is None:
        return await asking
    try:
        return await within(KNOWN_S, asking)
    except (StoreError, TimeoutError):
        return known


def is_external(text: str) -> bool:
    """Whether a text has the form of an id on Slack.

    >>> is_external("C024BE91L"), is_external("c/../")
    (True, False)
    """
    return _EXTERNAL.fullmatch(text) is not None


def message_id(timestamp: str) -> int | None:
    """The number of a message, from its timestamp; `None` if that is not one.

    >>> message_id("1700000000.123456")
    1700000000123456
    """
    match = _TIMESTAMP.fullmatch(timestamp)
    return int(match[1]) * _MICROSECONDS + int(match[2]) if match else None


def timestamp_of(number: int) -> str:
    """The timestamp of a message.

    >>> timestamp_of(1700000000123456)
    '1700000000.123456'
    """
    seconds, fraction = divmod(number, _MICROSECONDS)
    return f"{seconds}.{fraction:06}"

"""Access on Slack: who asks, where, with which rights, and what guests may use."""

import asyncio
import logging
import math
from collections.abc import Mapping
from dataclasses import replace
from enum import Enum, auto

from bot.chat.app import App
from bot.chat.commands import ChosenMember, Command, Group, Pressed
from bot.chat.errors import explain
from bot.chat.message import Message, NotAllowed, UserError
from bot.chat.received import clean
from bot.chat.translation import Language, _, language_of
from bot.chat.turn import DeliveryError, Gone
from bot.concurrency import ShuttingDown, within
from bot.platforms.slack.identities import is_external
from bot.platforms.slack.network.api import EPHEMERAL
from bot.platforms.slack.network.members import Member
from bot.platforms.slack.payloads import ChannelRef, FileRef, UserRef
from bot.platforms.slack.platform import TERMS, SlackPlatform, is_direct
from bot.platforms.slack.turn import SlackAttachment, SlackOrigin, SlackTurn
from bot.platforms.slack.views import rendering
from bot.store import StoreError
from bot.store.members import Forgotten

log = logging.getLogger(__name__)

MEMBER_PATIENCE_S = 2.0
"""Seconds that Slack has to tell a member's rights; else they have none this time."""

GUESTS_WAIT = _(
    "Guests and members of other workspaces can't use features that are a lot of work for the "
    "bot. They can vote and look around, for example with /museum, /dinosaur and /halloffame."
)
UNKNOWN = _(
    "Slack took too long to say what you're allowed to do in this workspace. Try again in a minute."
)


class Rights(Enum):
    """Facts that a request needs about its member. Slack tells of about a hundred a minute."""

    NEEDLESS = auto()
    """No facts: Slack is not asked."""
    USUAL = auto()
    """The member's name, and whether they are a guest, half an hour old at most.

    If Slack does not answer, older facts will do.
    """
    RECENT = auto()
    """The member's rights, a minute old at most."""


Asked = Command | Group | Pressed | None
"""Subject of a request: a command, a group of commands or a button; `None` if it is unknown."""


def rights_for(asked: Asked) -> Rights:
    """The facts that a request needs about its member."""
    if asked is None or asked.needs_rights:
        return Rights.RECENT
    return Rights.NEEDLESS if isinstance(asked, Pressed) and asked.is_vote else Rights.USUAL


def refusal_of(asked: Asked, origin: SlackOrigin) -> UserError | None:
    """Why a member may not use something; `None` if they may, as far as Slack goes."""
    is_costly = asked is not None and asked.is_costly
    if is_costly and origin.is_guest:
        return NotAllowed(GUESTS_WAIT)
    if (is_costly or asked is None or asked.needs_rights) and origin.is_unknown:
        return UserError(UNKNOWN)
    return None


class SlackTurns:
    """Looks up members, channels and their rights."""

    def __init__(self, app: App, platform: SlackPlatform) -> None:
        self._app = app
        self._platform = platform

    async def of(
        self,
        origin: SlackOrigin,
        name: str = "",
        *,
        rights: Rights = Rights.RECENT,
        is_answered: bool = True,
    ) -> SlackTurn | None:
        """A turn with ids and rights; `None` for a payload without a member.

        `origin` is as it arrived, and `name` that of the member if Slack does not tell it.

        If the database does not answer, or the bot stops, the member is told so, unless they wait
        for no answer (`is_answered`).
        """
        if not is_external(origin.user) or (origin.channel and not is_external(origin.channel)):
            return None
        if not self._platform.api.is_ours(origin.response_url):  # forged, or none
            origin = replace(origin, response_url="")
        await self._app.begin()
        try:
            if self._app.in_flight.is_stopping:
                raise ShuttingDown
            return await self._app.in_flight.answered(self._found(origin, clean(name), rights))
        except (StoreError, Forgotten, ShuttingDown) as error:
            if is_answered:
                await self.explain(error, origin)
            return None

    async def _found(self, origin: SlackOrigin, name: str, rights: Rights) -> SlackTurn:
        """The turn of a request. Raises `StoreError`."""
        platform, team = self._platform, self._platform.team
        user, channel, identities = origin.user, origin.channel, platform.identities
        number, member, channel_id, is_between = await asyncio.gather(
            identities.user(team, user),
            self._member(user, name, rights),
            identities.channel(team, channel) if channel else _nowhere(),
            self._is_between_members(origin),
        )
        found = replace(
            origin,
            channel_id=channel_id,
            is_closed=origin.is_closed or is_between,
            is_guest=member.is_guest,
            is_unknown=member.is_unknown,
        )
        return SlackTurn(
            found,
            member.user(number),
            platform,
            community_id=None if is_direct(channel) else platform.community_id,
            created_at=self._app.now(),
        )

    async def _is_between_members(self, origin: SlackOrigin) -> bool:
        """Whether a direct message is one to which no app can be invited."""
        if not is_direct(origin.channel):
            return False
        asking = self._platform.is_between_members(origin.channel, origin.user)
        try:
            return await within(MEMBER_PATIENCE_S, asking)
        except TimeoutError:
            return False

    async def resolved(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of options as commands take them. Raises `StoreError`."""
        return {name: await self._value(value) for name, value in values.items()}

    async def _member(self, user: str, name: str, rights: Rights) -> Member:
        """A member with their rights; without any if Slack does not tell them in time."""
        members, unknown = self._platform.members, Member(name, is_unknown=True)
        if rights is Rights.NEEDLESS:
            return members.known(user, math.inf) or unknown
        finding = members.find(user, self._platform.team, for_rights=rights is Rights.RECENT)
        try:
            return await within(MEMBER_PATIENCE_S, finding)
        except Gone:  # a member of another workspace, of whom Slack says nothing here
            return Member(name, is_guest=True)
        except (DeliveryError, TimeoutError) as error:
            log.warning("The rights of a member are unknown: %r", error)
            if rights is Rights.RECENT:
                return unknown
            return members.known(user, math.inf) or unknown

    async def language_of(self, user: str) -> Language | None:
        """The language of a member, as far as Slack tells it in time; else the workspace's."""
        locale = (await self._member(user, "", Rights.USUAL)).locale
        return language_of(locale) if locale else None

    async def explain(self, error: Exception, origin: SlackOrigin) -> None:
        """Tell a member about an error before there is a turn."""
        sentence = explain(error, TERMS)
        if sentence is None:
            return
        api, url = self._platform.api, origin.response_url
        known = self._platform.members.known(origin.user, math.inf)
        language = language_of(known.locale if known is not None else "")
        (part,) = rendering.render(Message(sentence), self._platform.commands, language=language)
        try:
            if url:
                await api.respond(url, {**part, **EPHEMERAL}, thread=origin.thread)
            else:
                await api.post(await api.open_direct(origin.user), part)
        except DeliveryError as failure:
            log.info("An error message could not be sent: %s", failure)

    async def _value(self, value: object) -> object:
        team, identities = self._platform.team, self._platform.identities
        match value:
            case UserRef(external=user):
                member = await self._member(user, "", Rights.USUAL)
                number = await identities.user(team, user)
                return ChosenMember(number, member.is_bot, member.is_administrator)
            case ChannelRef(external=channel):
                return await identities.channel(team, channel)
            case FileRef():
                return SlackAttachment(value, self._platform.api)
            case _:
                return value


async def _nowhere() -> None:
    """The channel of what has none."""

"""Turns of what has arrived: who asks, where, and with which rights."""

import asyncio
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import Enum, auto

from bot.commands.core.declaration import Person
from bot.commands.core.error_messages import explain
from bot.commands.core.message import Message
from bot.commands.core.received import clean
from bot.commands.core.turn import DeliveryError
from bot.services.concurrency import within
from bot.slack.identities import is_external
from bot.slack.network.members import Member
from bot.slack.platform import TERMS, SlackPlatform, is_direct
from bot.slack.turn import Origin, SlackAttachment, SlackTurn
from bot.slack.values import ChannelRef, FileRef, UserRef
from bot.slack.views import rendering
from bot.store import StoreError

log = logging.getLogger(__name__)

MEMBER_PATIENCE_S = 2.0
"""Seconds that Slack has to tell a member's rights; else they have none this time."""


class Rights(Enum):
    """What has to be known of a member. Slack tells of about a hundred a minute."""

    NEEDLESS = auto()
    """Nothing: Slack is not asked."""
    USUAL = auto()
    """Their name, and whether they are a guest. Half an hour old will do, and so will neither."""
    RECENT = auto()
    """What they may do, as it was a minute ago at most."""


class Turns:
    """Looks up members, channels and their rights."""

    def __init__(self, platform: SlackPlatform) -> None:
        self._platform = platform

    async def of(
        self,
        *,
        user: str,
        name: str,
        channel: str,
        response_url: str,
        rights: Rights = Rights.RECENT,
        message: str = "",
        is_ephemeral: bool = False,
    ) -> SlackTurn | None:
        """A turn with ids and rights; `None` for a payload without a member.

        If the database does not answer, the member is told so.
        """
        platform, team = self._platform, self._platform.team
        if not is_external(user) or (channel and not is_external(channel)):
            return None
        identities = platform.identities
        try:
            number, member = await asyncio.gather(
                identities.user(team, user),
                self._member(user, clean(name), rights),
            )
            channel_id = await identities.channel(team, channel) if channel else None
        except StoreError as error:
            await self._explain(error, response_url)
            return None
        origin = Origin(
            user,
            channel,
            channel_id,
            response_url,
            message,
            is_ephemeral,
            is_guest=member.is_guest,
            is_unknown=member.is_unknown,
        )
        community_id = None if is_direct(channel) else platform.community_id
        return SlackTurn(
            origin,
            member.user(number),
            platform,
            community_id=community_id,
            created_at=datetime.now(UTC),
        )

    async def resolved(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of options as commands take them. Raises `StoreError`."""
        return {name: await self._value(value) for name, value in values.items()}

    async def _member(self, user: str, name: str, rights: Rights) -> Member:
        """A member with their rights; without any if Slack does not tell them in time."""
        members, unknown = self._platform.members, Member(name, is_unknown=True)
        if rights is Rights.NEEDLESS:
            return members.known(user) or unknown
        finding = members.find(user, self._platform.team, for_rights=rights is Rights.RECENT)
        try:
            return await within(MEMBER_PATIENCE_S, finding)
        except (DeliveryError, TimeoutError) as error:
            log.warning("The rights of a member are unknown: %r", error)
            return unknown

    async def _explain(self, error: Exception, response_url: str) -> None:
        """Tell a member about an error before there is a turn."""
        sentence = explain(error, TERMS)
        if sentence is None or not response_url:
            return
        (part,) = rendering.render(Message(sentence))
        body = {**part, "response_type": "ephemeral", "replace_original": False}
        try:
            await self._platform.api.respond(response_url, body)
        except DeliveryError as failure:
            log.info("An error message could not be sent: %s", failure)

    async def _value(self, value: object) -> object:
        team, identities = self._platform.team, self._platform.identities
        match value:
            case UserRef(external=user):
                member = await self._member(user, "", Rights.USUAL)
                return Person(await identities.user(team, user), member.is_bot)
            case ChannelRef(external=channel):
                return await identities.channel(team, channel)
            case FileRef():
                return SlackAttachment(value, self._platform.api)
            case _:
                return value

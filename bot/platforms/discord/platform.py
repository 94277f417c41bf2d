"""Discord as a platform: limits, terms, and messages outside of interactions."""

import asyncio
import http
import json
import logging
import math
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import aiohttp
import discord

from bot.chat.languages import FindLanguage, no_choice
from bot.chat.message import Message, translated
from bot.chat.received import stored_number
from bot.chat.translation import Language, _, language_of
from bot.chat.turn import (
    AnswerRef,
    CommunityInfo,
    Deleted,
    DeletedMeanwhile,
    DeliveryError,
    Forbidden,
    Gone,
    Limited,
    Limits,
    MessageRef,
    Refused,
    Terms,
    Unreachable,
)
from bot.monitoring.invalid_requests import InvalidRequests
from bot.platforms.discord.rendering import render, render_edit
from bot.store.people import Person
from bot.text.spans import Span, link
from bot.text.technical import TechnicalText, technical

log = logging.getLogger(__name__)

T = TypeVar("T")

NO_NETWORK = (
    aiohttp.ClientError,
    OSError,
    discord.DiscordServerError,
    json.JSONDecodeError,
    UnicodeError,
)
"""Raised by discord.py when the network or Discord is down, or an answer breaks off or is that of a
proxy; `OSError` includes timeouts."""

_CLOSED = "closed"
"""Part of aiohttp's `RuntimeError` for a request of a late answer, while the bot stops."""
_UNKNOWN_MESSAGE = 10008
_DELETED = {10003, _UNKNOWN_MESSAGE}
"""Unknown channel or message."""
_GONE = {10004, 10015, 10062, 50027}
"""Unknown server, webhook or interaction; invalid token."""
_EDITED_OFTEN = 30046
"""Too many edits of a channel's messages that are older than an hour."""
_ARCHIVED = 50083
"""The thread is archived or locked: its messages cannot be edited until somebody opens it again."""
_FORBIDDEN = {50001, 50013, _ARCHIVED, 60003}
"""Missing access, permission or second factor of the owner, or a thread that stays archived. Any
other 403 is for a while, such as a block by Cloudflare: 40333, or a page without a code."""

_ORIGINAL: Any = "@original"
"""Stands for a message's id: the answer to the interaction whose token a webhook has."""

LIMITS = Limits(
    button_label=80,
    button_id=100,
    choices=25,
    choice_label=100,
    nonce_s=240,  # "the past few minutes"
)
TERMS = Terms(
    platform=technical("Discord"),
    # TRANSLATORS: What Discord calls a community. It is the field {community} of other sentences.
    community=_("server"),
    # TRANSLATORS: The same for several: the field {communities}.
    communities=_("servers"),
    # TRANSLATORS: The field {reload} of: This command has changed; {reload} and try again.
    reload=_("reload the app (Ctrl+R)"),
)


OWNERS_S = 600.0
"""Seconds for which the owners of the application are remembered."""
LONGEST_ADDRESS = 200
"""Characters of a message's address."""
_MESSAGE = re.compile(
    r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(\d{1,20})/(\d{1,20})/(\d{1,20})"
)
_OWNING_ROLES = {discord.TeamMemberRole.admin, discord.TeamMemberRole.developer}
"""Roles in a team that own its applications, besides the team's owner. Others only read."""
REQUEST_S = 10.0
"""Time limit of a request to Discord, in seconds, with the pauses that its rate limits impose."""
TRANSFER_S = 30.0
"""Time limit of a request that carries files."""


@dataclass
class _LatestRequest:
    """The latest request that discord.py has sent in a `delivery`, perhaps not the first."""

    is_limited: bool = False
    """Whether its answer was a rate limit of its channel, for which discord.py waits by itself."""


_latest_request: ContextVar[_LatestRequest] = ContextVar("latest request")


def note_request(*, is_limited: bool) -> None:
    """Note the latest request, and once more when its answer has arrived."""
    if (latest := _latest_request.get(None)) is not None:
        latest.is_limited = is_limited


@asynccontextmanager
async def delivery(
    limit: float | None = None, guild: discord.Guild | None = None
) -> AsyncIterator[None]:
    """Limit the time of requests to Discord, and convert their errors to `DeliveryError`.

    `limit` is in seconds, `REQUEST_S` by default. A request that exceeds it is cancelled, and may
    have arrived nevertheless. `guild` is the server in which they write.
    """
    latest = _LatestRequest()
    token = _latest_request.set(latest)
    try:
        async with asyncio.timeout(REQUEST_S if limit is None else limit):
            yield
    except NO_NETWORK as error:
        if isinstance(error, TimeoutError) and latest.is_limited:
            raise Limited("a channel has a rate limit") from error
        raise Unreachable(repr(error)) from error
    except RuntimeError as error:
        if _CLOSED not in str(error):
            raise
        raise Unreachable(str(error)) from error
    except discord.RateLimited as error:
        raise Unreachable(str(error)) from error
    except discord.HTTPException as error:
        if error.code in _DELETED:
            raise Deleted(str(error)) from error
        if error.code in _GONE:
            raise Gone(str(error)) from error
        if error.code in _FORBIDDEN:
            if guild is not None and guild.me is not None and guild.me.is_timed_out():
                raise Limited("a moderator has timed out the bot") from error
            raise Forbidden(str(error)) from error
        if error.code == _EDITED_OFTEN:
            raise Limited(str(error)) from error
        if error.status == http.HTTPStatus.TOO_MANY_REQUESTS:  # after several tries of discord.py
            raise Unreachable(str(error)) from error
        is_page = not error.code  # of a proxy
        if is_page or error.status in (http.HTTPStatus.UNAUTHORIZED, http.HTTPStatus.FORBIDDEN):
            raise Refused(str(error)) from error
        raise DeliveryError(str(error)) from error
    finally:
        _latest_request.reset(token)


def limit_of(message: Message) -> float:
    """The time limit of a request that sends a message, in seconds."""
    return TRANSFER_S if message.files else REQUEST_S


class DiscordPlatform:
    """A `bot.chat.turn.Platform`."""

    name = "discord"
    limits = LIMITS
    terms = TERMS
    whole_answer_s = 0.0

    def __init__(
        self,
        client: discord.AutoShardedClient,
        invalid_requests: InvalidRequests,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._invalid_requests = invalid_requests
        self._clock = clock
        self.known_language: FindLanguage = no_choice
        self._owners: frozenset[int] | None = None
        self._owners_due = 0.0

    @property
    def communities(self) -> Collection[int]:
        """The servers of this process' shards."""
        return [guild.id for guild in self._client.guilds]

    @property
    def sees_all_communities(self) -> bool:
        """Whether this process runs all shards."""
        return self._client.shard_ids is None

    def serves_community(self, community_id: int) -> bool:
        """Whether a server belongs to one of this process's shards."""
        chosen, count = self._client.shard_ids, self._client.shard_count
        return chosen is None or (community_id >> 22) % (count or 1) in chosen

    @property
    def shard_latencies(self) -> Mapping[int, float | None]:
        """Seconds from a heartbeat to its answer by shard; `None` if it is not connected."""
        return {
            number: None if shard.is_closed() or not math.isfinite(shard.latency) else shard.latency
            for number, shard in self._client.shards.items()
        }

    @property
    def is_connected(self) -> bool:
        """Whether all shards are connected and their servers known."""
        client = self._client
        return client.is_ready() and not any(s.is_closed() for s in client.shards.values())

    @property
    def is_reachable(self) -> bool:
        """Whether some shard is connected, and the servers of all are known."""
        client = self._client
        return client.is_ready() and not all(s.is_closed() for s in client.shards.values())

    @property
    def latency(self) -> float | None:
        """Seconds from a heartbeat to its answer, the mean of all shards."""
        seconds = self._client.latency
        return seconds if math.isfinite(seconds) else None

    @property
    def spares_requests(self) -> bool:
        """Whether Discord refused so many requests lately that it may ban this address."""
        return self._invalid_requests.are_many

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        """Send a message to the channel of `ref`. Returns its id. Raises `DeliveryError`."""
        options = render(message, await self.language_of(ref.community_id))[0]
        if nonce is not None:
            options["nonce"] = nonce
        async with delivery(limit_of(message), self._guild(ref)):
            try:
                sent = await self._channel(ref).send(**options)
            except discord.NotFound as error:
                if nonce is None or error.code != _UNKNOWN_MESSAGE:
                    raise
                raise DeletedMeanwhile(str(error)) from error  # the message of this nonce
        return sent.id

    async def edit(self, ref: MessageRef, message: Message) -> None:
        """Replace a message of the bot. Raises `DeliveryError`."""
        shown = self._channel(ref).get_partial_message(ref.message_id)
        language = await self.language_of(ref.community_id)
        async with delivery(limit_of(message), self._guild(ref)):
            await self.replace(ref.channel_id, shown.edit, message, language)

    async def may_leave_pictures(self, _ref: MessageRef, _started_at: datetime) -> bool:
        """Never: pictures are a part of their message."""
        return False

    async def replace(
        self,
        channel_id: int | None,
        edit: Callable[..., Awaitable[T]],
        message: Message,
        language: Language,
    ) -> T:
        """Call the method `edit` of a message, after opening its thread if that is archived.

        Sending opens an archived thread by itself, editing does not. A locked one needs the
        permission to manage threads.
        """
        try:
            return await edit(**render_edit(message, language))
        except discord.HTTPException as error:
            if error.code != _ARCHIVED or channel_id is None:
                raise
        try:
            thread = await self._client.fetch_channel(channel_id)
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False)
        except discord.HTTPException as error:
            if error.code not in _FORBIDDEN:
                raise
            log.info(
                "A message in the closed thread %d cannot be edited: the bot may not open it "
                "again, for which it needs to be in it, or Manage Threads if it is locked: %s",
                channel_id,
                error,
            )
            raise
        return await edit(**render_edit(message, language))  # anew: files can be read once

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        """Replace a deferred answer, perhaps of another process. Raises `DeliveryError`.

        By its token as long as Discord takes it: only that is sure to end "thinking…".
        """
        language = language_of(ref.locale)
        if ref.token is not None:
            application_id = self._client.application_id or 0
            webhook = discord.Webhook.partial(application_id, ref.token, client=self._client)
            edit = partial(webhook.edit_message, ref.message_id or _ORIGINAL)
            try:
                async with delivery():
                    await self.replace(ref.channel_id, edit, message, language)
            except Gone:
                if ref.message_id is None:
                    raise
            else:
                return
        if ref.channel_id is not None and ref.message_id is not None:
            # The community is unknown here, so this translates nothing that is left.
            await self.edit(
                MessageRef(ref.channel_id, ref.message_id), translated(message, language)
            )

    async def language_of(self, community_id: int | None) -> Language:
        """The language that a server has chosen for the bot, or its own, or its members'."""
        guild = self._client.get_guild(community_id or 0)
        locale = locale_of(guild, guild.preferred_locale) if guild is not None else ""
        known = await self.known_language(community_id)
        return language_of(known.chosen or locale or known.usual())

    async def link(self, ref: MessageRef) -> TechnicalText:
        """The address of a message."""
        return technical(self._channel(ref).get_partial_message(ref.message_id).jump_url)

    async def find(self, address: str) -> MessageRef | None:
        """The message of a server with this address; unchecked."""
        match = _MESSAGE.fullmatch(address.strip()[:LONGEST_ADDRESS])
        if match is None:
            return None
        community, channel, message = (int(number) for number in match.groups())
        if max(community, channel, message) >= 2**63:
            return None
        return MessageRef(channel, message, community)

    def mention(self, person: Person) -> Span:
        """A link to somebody, which notifies nobody: see `AllowedMentions` of the client."""
        return link(technical(f"<@{person.id}>"))

    def mention_channel(self, channel_id: int) -> Span:
        """A link to a channel."""
        return link(technical(f"<#{channel_id}>"))

    async def is_in_community(self, ref: MessageRef) -> bool:
        """Whether the channel of `ref` belongs to its server. Raises `DeliveryError`."""
        guild = self._guild(ref)
        if guild is None:
            return False
        if guild.get_channel_or_thread(ref.channel_id) is not None:
            return True
        try:  # an archived thread, or a channel of another server
            async with delivery():
                await guild.fetch_channel(ref.channel_id)
        except (Gone, Forbidden, discord.InvalidData):
            return False
        return True

    async def is_operator(self, user_id: int) -> bool:
        """Whether the user owns the bot's application, alone or in a team.

        Raises `DeliveryError`.
        """
        now = self._clock()
        if self._owners is None or now >= self._owners_due:
            async with delivery():
                application = await self._client.application_info()
            self._owners = _owners_of(application)
            self._owners_due = now + OWNERS_S
        return user_id in self._owners

    def describe(self, community_id: int) -> CommunityInfo | None:
        """A server that this process sees the bot in."""
        guild = self._client.get_guild(community_id)
        return CommunityInfo(guild.id, guild.name, guild.member_count) if guild else None

    async def community_of(self, typed: str) -> int | None:
        """The server that has a typed id, or could have it."""
        return stored_number(typed)

    async def shown_id(self, number: int) -> TechnicalText:
        """The id of a user or a server."""
        return technical(str(number))

    async def leave(self, community_id: int) -> None:
        """Remove the bot from a server. Raises `DeliveryError`."""
        async with delivery():
            guild = self._client.get_guild(community_id)
            if guild is None:  # another process sees it
                guild = await self._client.fetch_guild(community_id, with_counts=False)
            await guild.leave()

    def newcomers(self, since: datetime) -> Mapping[int, Sequence[int]]:
        """Servers that have added the bot since a time, with the channels in which it may write:
        first the one for system messages, then the others from the top.
        """
        return {
            guild.id: _writable(guild)
            for guild in self._client.guilds
            if guild.me is not None and (guild.me.joined_at or since) > since
        }

    def _guild(self, ref: MessageRef) -> discord.Guild | None:
        return self._client.get_guild(ref.community_id or 0)

    def _channel(self, ref: MessageRef) -> discord.PartialMessageable:
        return self._client.get_partial_messageable(ref.channel_id, guild_id=ref.community_id)


def locale_of(guild: discord.Guild | None, told: discord.Locale | None) -> str:
    """The locale that a server has chosen; "" if it cannot: Discord tells en-US for it then."""
    is_chosen = guild is not None and "COMMUNITY" in guild.features
    return str(told) if is_chosen and told is not None else ""


def _writable(guild: discord.Guild) -> list[int]:
    """The text channels in which the bot may write."""
    every = [guild.system_channel, *guild.text_channels]
    rights = {each.id: each.permissions_for(guild.me) for each in every if each is not None}
    return [each for each, may in rights.items() if may.view_channel and may.send_messages]


def _owners_of(application: discord.AppInfo) -> frozenset[int]:
    """The users who own an application."""
    if application.team is None:
        return frozenset({application.owner.id})
    members = {
        member.id
        for member in application.team.members
        if member.role in _OWNING_ROLES
        and member.membership_state is discord.TeamMembershipState.accepted
    }
    owner = application.team.owner_id
    return frozenset(members if owner is None else members | {owner})

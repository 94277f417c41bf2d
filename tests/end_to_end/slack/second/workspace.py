"""A workspace: its members, channels, messages, files and views."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.end_to_end.slack.second.block_kit import Json, nested, words_of

TEAM, APP, BOT_ID, BOT_TOKEN, APP_TOKEN = "T2ND", "A2ND", "B2ND", "xoxb-second", "xapp-second"


@dataclass(eq=False)
class Member:
    """A member, as `users.info` describes them."""

    id: str
    name: str
    is_admin: bool = False
    is_owner: bool = False
    is_guest: bool = False
    is_bot: bool = False

    def json(self) -> Json:
        """The object `user`."""
        return {
            "id": self.id,
            "team_id": TEAM,
            "name": self.name.lower().replace(" ", "."),
            "deleted": False,
            "real_name": self.name,
            "profile": {"real_name": self.name, "display_name": self.name},
            "is_admin": self.is_admin or self.is_owner,
            "is_owner": self.is_owner,
            "is_primary_owner": self.is_owner,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1_700_000_000,
        }


@dataclass(eq=False)
class Channel:
    """A channel, or the direct message between a member and the bot."""

    id: str
    name: str
    is_joined: bool
    is_private: bool = False


@dataclass(eq=False)
class File:
    """A file, uploaded by a member or by the bot."""

    id: str
    name: str
    content: bytes = b""
    alt_text: str = ""
    size: int = 0
    user_id: str = ""


@dataclass(eq=False)
class Message:
    """A message. Ephemeral ones have a timestamp, too, but no method finds them."""

    ts: str
    channel: Channel
    user_id: str
    text: str
    blocks: list[Json]
    only_for: str = ""
    files: list[File] = field(default_factory=list)
    thread_ts: str = ""
    edits: list[float] = field(default_factory=list)
    """When it was edited."""
    is_deleted: bool = False

    @property
    def is_ephemeral(self) -> bool:
        """Whether one member sees it only."""
        return bool(self.only_for)

    @property
    def words(self) -> str:
        """Everything that it shows."""
        return words_of(self.blocks) if self.blocks else self.text

    @property
    def buttons(self) -> list[Json]:
        """Its buttons."""
        return [each for each in nested(self.blocks) if each.get("type") == "button"]

    @property
    def mentions(self) -> set[str]:
        """The members whom it notifies."""
        return {each["user_id"] for each in nested(self.blocks) if each.get("type") == "user"}


@dataclass(eq=False)
class View:
    """An open modal, or a home tab."""

    id: str
    member: Member
    content: Json
    hash: str = "1.1"
    is_open: bool = True

    def json(self, values: Json | None = None) -> Json:
        """As payloads have it."""
        return {
            "id": self.id,
            "team_id": TEAM,
            "app_id": APP,
            "bot_id": BOT_ID,
            "private_metadata": "",
            "callback_id": "",
            "root_view_id": self.id,
            "previous_view_id": None,
            "hash": self.hash,
            **self.content,
            "state": {"values": values or {}},
        }


class Workspace:
    """Everything in it."""

    def __init__(self) -> None:
        self.members: dict[str, Member] = {}
        self.channels: dict[str, Channel] = {}
        self.messages: list[Message] = []
        self.by_ts: dict[tuple[str, str], Message] = {}
        self.files: dict[str, File] = {}
        self.views: dict[str, View] = {}
        self.homes: dict[str, View] = {}
        self._numbers = itertools.count(1)
        self._newest = 0
        self.bot = self.add_member("Mangosaurus", is_bot=True)

    def new_id(self, kind: str) -> str:
        """An id, which begins with its kind."""
        return f"{kind}2{next(self._numbers):08}"

    def new_ts(self) -> str:
        """A timestamp, later than those before."""
        self._newest = max(self._newest + 1, time.time_ns() // 1000)
        return f"{self._newest // 10**6}.{self._newest % 10**6:06}"

    def add_member(self, name: str, **facts: Any) -> Member:  # noqa: ANN401
        """Let somebody join."""
        member = Member(self.new_id("U"), name, **facts)
        self.members[member.id] = member
        return member

    def add_channel(
        self, name: str, *, is_joined: bool = False, is_private: bool = False
    ) -> Channel:
        """Create a channel; `is_joined`: with the bot."""
        channel = Channel(self.new_id("C"), name, is_joined, is_private)
        self.channels[channel.id] = channel
        return channel

    def direct(self, member: Member) -> Channel:
        """The direct message between a member and the bot."""
        name = f"with {member.id}"
        for channel in self.channels.values():
            if channel.name == name:
                return channel
        channel = Channel(self.new_id("D"), name, is_joined=True)
        self.channels[channel.id] = channel
        return channel

    def add(self, channel: Channel, user: str, content: Json, **more: Any) -> Message:  # noqa: ANN401
        """Post a message."""
        text, blocks = content.get("text") or "", content.get("blocks") or []
        message = Message(self.new_ts(), channel, user, text, blocks, **more)
        self.messages.append(message)
        self.by_ts[channel.id, message.ts] = message
        return message

    def of(self, channel: Channel) -> Iterator[Message]:
        """The messages in a channel, the oldest first."""
        return (each for each in self.messages if each.channel is channel and not each.is_deleted)

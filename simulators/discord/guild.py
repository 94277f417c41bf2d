"""The simulated server: its members, channel and roles, and their payloads."""

import enum
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime

from simulators.common.payloads import JSON
from simulators.discord.limits import ApiError

DISCORD_EPOCH_MS = 1_420_070_400_000
FOUNDED_S = 1_700_000_000.0
"""Time at which the servers were created, in seconds since 1970."""
ADMINISTRATOR, CONNECT, MANAGE_THREADS = 1 << 3, 1 << 20, 1 << 34
SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES = 1 << 11, 1 << 14, 1 << 15
SEND_IN_THREADS = 1 << 38
USE_EXTERNAL_APPS = 1 << 50
ALL_PERMISSIONS = (1 << 53) - 1
# View channels, send messages, embed links, attach files, read history, connect, use application
# commands, send messages in threads, use external apps.
MEMBER_PERMISSIONS = (
    1 << 10 | SEND_MESSAGES | EMBED_LINKS | ATTACH_FILES | 1 << 16 | CONNECT | 1 << 31
) | (SEND_IN_THREADS | USE_EXTERNAL_APPS)


class Snowflakes:
    """Generator of IDs: milliseconds since Discord's epoch, then a counter."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock, self._count = clock, 0

    def __call__(self) -> str:
        self._count += 1
        milliseconds = int(self._clock() * 1000) - DISCORD_EPOCH_MS
        return str((milliseconds << 22) + (self._count & 0x3FFFFF))


def iso(seconds: float) -> str:
    """A time in the format of the API."""
    return datetime.fromtimestamp(seconds, UTC).isoformat()


@dataclass(frozen=True, slots=True)
class User:
    """A person or the bot, with their permissions in the server."""

    id: str
    name: str
    permissions: int
    bot: bool = False

    def payload(self) -> JSON:
        return {
            "id": self.id,
            "username": self.name if self.bot else self.name.lower().replace(" ", "_"),
            "global_name": None if self.bot else self.name,
            "discriminator": "0",
            "avatar": None,
            "bot": self.bot,
        }

    def has(self, permission: int) -> bool:
        """Whether the member has a permission, also as an administrator."""
        return bool(self.permissions & (permission | ADMINISTRATOR))

    def may_use(self, command: JSON) -> bool:
        """Whether the default permissions of a command allow this member to use it."""
        required = command.get("default_member_permissions")
        if required is None or self.permissions & ADMINISTRATOR:
            return True
        return required != "0" and self.permissions & int(required) == int(required)


# What an app may do in its answers elsewhere: attach files, embed links, mention everyone; and with
# its own bot user, use external emojis.
PRIVATE_PERMISSIONS = ATTACH_FILES | EMBED_LINKS | 1 << 17
BOT_DM_PERMISSIONS = PRIVATE_PERMISSIONS | 1 << 18


class ChannelKind(enum.IntEnum):
    """Discord's types of channels."""

    TEXT = 0
    VOICE = 2
    THREAD = 11


@dataclass
class ChannelState:
    """State of the channel: tests make it a thread, or the chat of a voice channel."""

    kind: ChannelKind = ChannelKind.TEXT
    archived: bool = False
    locked: bool = False


class Guild:
    """The server: the bot, Mary (a member) and Ada (an administrator, owner of the server).

    Gideon, another administrator, owns the bot, so that Ada has the rights of an administrator
    only. Tests can add members; the page acts as one of the three.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self.bot = User(new_id(), "Mangosaurus", MEMBER_PERMISSIONS, bot=True)
        self.member = User(new_id(), "Mary", MEMBER_PERMISSIONS)
        self.admin = User(new_id(), "Ada", ALL_PERMISSIONS)
        self.bot_owner = User(new_id(), "Gideon", ALL_PERMISSIONS)
        people = self.member, self.admin, self.bot_owner
        self.users = {user.id: user for user in (self.bot, *people)}
        self.id, self.channel_id, self.admin_role_id = new_id(), new_id(), new_id()
        self.parent_id = new_id()
        """The channel of the thread, if the channel is one."""
        self.elsewhere_id = new_id()
        """Another server or channel, without the bot."""
        self.channel = ChannelState()
        self.features: tuple[str, ...] = ()
        """Those of the server: only with `COMMUNITY` it can choose a `locale`."""
        self.locale = "en-US"
        self.timed_out_until: str | None = None
        """Time until which a moderator has silenced the bot, as the API writes it."""
        self.joined = True
        """Whether the bot is in the server."""
        self.joined_s = FOUNDED_S
        """Time since which the server exists."""

    def another(self, new_id: Callable[[], str]) -> "Guild":
        """Another server with the same members."""
        other = copy(self)
        other.id, other.channel_id, other.admin_role_id = new_id(), new_id(), new_id()
        other.parent_id, other.elsewhere_id = new_id(), new_id()
        other.channel = ChannelState()
        return other

    def user(self, user_id: str) -> User:
        if user_id not in self.users:
            raise ApiError(10013)
        return self.users[user_id]

    def add_member(self, name: str, *, administrator: bool = False) -> User:
        """Add a member. The bot gets no event, since it has no members intent."""
        permissions = ALL_PERMISSIONS if administrator else MEMBER_PERMISSIONS
        user = User(self._new_id(), name, permissions)
        self.users[user.id] = user
        return user

    def member_payload(self, user: User) -> JSON:
        return {
            "user": user.payload(),
            "roles": [self.admin_role_id] if user.permissions & ADMINISTRATOR else [],
            "joined_at": iso(self.joined_s if user is self.bot else FOUNDED_S),
            "communication_disabled_until": self.timed_out_until if user is self.bot else None,
            "flags": 0,
        }

    def channel_payload(self) -> JSON:
        payload = {
            "id": self.channel_id,
            "guild_id": self.id,
            "type": int(self.channel.kind),
            "name": "mangosaurus",
            "topic": "Simulated Discord on this machine. Type / to see the commands.",
            "position": 0,
        }
        if self.channel.kind is ChannelKind.VOICE:
            return payload | {"bitrate": 64_000, "user_limit": 0}
        if self.channel.kind is ChannelKind.TEXT:
            return payload
        metadata = {"archive_timestamp": iso(FOUNDED_S), "auto_archive_duration": 1440}
        metadata |= {"archived": self.channel.archived, "locked": self.channel.locked}
        return payload | {
            "parent_id": self.parent_id,
            "owner_id": self.member.id,
            "message_count": 0,
            "member_count": 1,
            "thread_metadata": metadata,
        }

    def check_reachable(self) -> None:
        """Raise `ApiError` unless the bot can see the channel."""
        if not self.joined:
            raise ApiError(50001)
        if self.channel.kind is ChannelKind.VOICE and not self.bot.has(CONNECT):
            raise ApiError(50001)

    def check_unlocked(self) -> None:
        """Raise `ApiError` if the channel is a locked thread that the bot does not manage.

        Discord says that the thread is archived, also if it is not (discord-api-docs#6884).
        """
        if self.channel.locked and not self.bot.has(MANAGE_THREADS):
            raise ApiError(50083)

    def check_not_timed_out(self) -> None:
        """Raise `ApiError` if the bot may not write. It may still answer interactions."""
        if self.timed_out_until is not None:
            raise ApiError(50013)

    def check_may_send(self, payload: JSON, *, has_files: bool) -> None:
        """Raise `ApiError` if the bot lacks a permission for a message that is no answer.

        Below content, Discord leaves out the embeds instead (discord-api-docs#2601).
        """
        is_thread = self.channel.kind is ChannelKind.THREAD
        needed = [SEND_IN_THREADS if is_thread else SEND_MESSAGES]
        needed += [EMBED_LINKS] * (bool(payload.get("embeds")) and not payload.get("content"))
        needed += [ATTACH_FILES] * has_files
        if not all(map(self.bot.has, needed)):
            raise ApiError(50013)

    @property
    def told_locale(self) -> str:
        """The locale that the API tells."""
        return self.locale if "COMMUNITY" in self.features else "en-US"

    def change_thread(self, payload: JSON) -> JSON:
        """Open the thread, for the bot, which changes nothing else in it."""
        if self.channel.kind is not ChannelKind.THREAD:
            raise ApiError(50024)
        if payload != {"archived": False}:
            raise ApiError(50035)
        if self.channel.locked and not self.bot.has(MANAGE_THREADS):
            raise ApiError(50013)
        self.channel.archived = False
        return self.channel_payload()

    def payload(self) -> JSON:
        """The fields of a server that discord.py reads."""

        def role(role_id: str, name: str, permissions: int) -> JSON:
            return {"id": role_id, "name": name, "permissions": str(permissions)}

        is_thread = self.channel.kind is ChannelKind.THREAD
        parent = {"id": self.parent_id, "type": 0, "name": "forum", "position": 0}
        return {
            "id": self.id,
            "name": "Local server",
            "owner_id": self.admin.id,
            "features": [*self.features],
            "preferred_locale": self.told_locale,
            "roles": [
                role(self.id, "@everyone", MEMBER_PERMISSIONS),
                role(self.admin_role_id, "Administrator", ALL_PERMISSIONS),
            ],
            "channels": [self.channel_payload()] if not is_thread else [parent],
            "threads": [self.channel_payload()] * (is_thread and not self.channel.archived),
            "members": [self.member_payload(self.bot)],  # all without the members intent
            "member_count": len(self.users),
        }

    def application_payload(self) -> JSON:
        return {
            "id": self.bot.id,
            "name": self.bot.name,
            "description": "",
            "icon": None,
            "bot_public": True,
            "bot_require_code_grant": False,
            "verify_key": "0" * 64,
            "owner": self.bot_owner.payload(),
        }

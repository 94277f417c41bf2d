"""The simulated workspace: its members and channels."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.limits import SlackError

CREATED_S = 1_700_000_000
"""When everything was created, in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Member:
    """A person or the bot. A guest is what Slack calls a multi-channel guest."""

    id: str
    name: str
    is_admin: bool = False
    is_owner: bool = False
    is_guest: bool = False
    is_bot: bool = False

    @property
    def handle(self) -> str:
        """The name in lower case, as `user_name` of payloads."""
        return self.name.lower().replace(" ", ".")


@dataclass(eq=False)
class Channel:
    """A public or private channel, or the direct messages of a member with the bot.

    is_joined: whether the bot is in it.
    """

    id: str
    name: str
    is_joined: bool = True
    is_private: bool = False
    direct_with: Member | None = None


class Workspace:
    """The bot, Mary (a member), Ada (an admin), Gus (a guest), #mangosaurus and #general.

    The bot is in #mangosaurus only.
    """

    def __init__(self) -> None:
        self._ids = 0
        self.id, self.app_id, self.bot_id = map(self._new_id, "TAB")
        self.name, self.domain = "Local workspace", "local"
        self._members: dict[str, Member] = {}
        self._channels: dict[str, Channel] = {}
        self.bot = self._add(Member(self._new_id("U"), "Mangosaurus", is_bot=True))
        self.member = self.add_member("Mary")
        self.admin = self.add_member("Ada", is_admin=True)
        self.guest = self.add_member("Gus", is_guest=True)
        self.channel = self.add_channel("mangosaurus")
        self.elsewhere = self.add_channel("general", is_joined=False)

    def _new_id(self, letter: str) -> str:
        """The next id: the same ones at each start, a letter and ten characters."""
        self._ids += 1
        return f"{letter}0LOCAL{self._ids:04}"

    @property
    def members(self) -> Mapping[str, Member]:
        """By id, with the bot."""
        return self._members

    @property
    def channels(self) -> Mapping[str, Channel]:
        """By id, with direct messages."""
        return self._channels

    @property
    def url(self) -> str:
        """The address that Slack would have; permalinks begin with it."""
        return f"https://{self.domain}.slack.com/"

    def _add(self, member: Member) -> Member:
        self._members[member.id] = member
        return member

    def add_member(
        self,
        name: str,
        *,
        is_admin: bool = False,
        is_owner: bool = False,
        is_guest: bool = False,
    ) -> Member:
        """Add a member; an owner is an admin, too. The bot gets no event."""
        rights = {"is_admin": is_admin or is_owner, "is_owner": is_owner, "is_guest": is_guest}
        return self._add(Member(self._new_id("U"), name, **rights))

    def add_channel(
        self, name: str, *, is_joined: bool = True, is_private: bool = False
    ) -> Channel:
        """Add a channel with all members in it."""
        channel = Channel(self._new_id("C"), name, is_joined, is_private)
        self._channels[channel.id] = channel
        return channel

    def direct(self, member: Member) -> Channel:
        """The direct messages of a member with the bot, opened if necessary."""
        for channel in self._channels.values():
            if channel.direct_with is member:
                return channel
        channel = Channel(self._new_id("D"), "directmessage", direct_with=member)
        self._channels[channel.id] = channel
        return channel

    def find_member(self, user_id: str) -> Member:
        if user_id not in self._members:
            raise SlackError("user_not_found")
        return self._members[user_id]

    def find_channel(self, channel_id: str) -> Channel:
        """A channel that the bot knows of: not a private one that it has not joined."""
        channel = self._channels.get(channel_id)
        if channel is None or (channel.is_private and not channel.is_joined):
            raise SlackError("channel_not_found")
        return channel

    def writable(self, channel_id: str) -> Channel:
        """A channel in which the bot may post; the id of a member opens direct messages."""
        if channel_id in self._members:
            return self.direct(self._members[channel_id])
        channel = self.find_channel(channel_id)
        if not channel.is_joined:
            raise SlackError("not_in_channel")
        return channel

    def member_payload(self, member: Member) -> JSON:
        """`user` of users.info."""
        shown = "" if member.is_bot else member.name
        return {
            "id": member.id,
            "team_id": self.id,
            "name": member.handle,
            "deleted": False,
            "real_name": member.name,
            "profile": {"real_name": member.name, "display_name": shown, "team": self.id},
            "is_admin": member.is_admin,
            "is_owner": member.is_owner,
            "is_primary_owner": member.is_owner,
            "is_restricted": member.is_guest,
            "is_ultra_restricted": False,
            "is_bot": member.is_bot,
            "is_app_user": False,
            "updated": CREATED_S,
        }

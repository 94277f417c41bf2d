"""The simulated workspace: its members and channels."""

import re
from dataclasses import dataclass
from typing import Any

from simulators.common.payloads import JSON
from simulators.slack.limits import SlackError


@dataclass(frozen=True, slots=True)
class Member:
    """A person or the bot. A guest is what Slack calls a multi-channel guest; owners are admins."""

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
    is_closed: whether it is a conversation of members, to which no app can be invited.
    restriction: how Slack names it: `read_only_channel` or `thread_only_channel`.
    """

    id: str
    name: str
    is_joined: bool = True
    is_private: bool = False
    direct_with: Member | None = None
    is_closed: bool = False
    is_archived: bool = False
    restriction: str = ""


class Workspace:
    """The bot, Mary (a member), Ada (an admin), Gus (a guest), Gideon (the primary owner).

    Also #mangosaurus, with the bot, and #general without it.
    """

    def __init__(self) -> None:
        self._ids = 0
        self.locale = "en-US"
        """The language of the members: that of the browser."""
        self.id, self.app_id, self.bot_id = map(self._new_id, "TAB")
        self.name, self.url = "Local workspace", "https://local.slack.com/"
        """The address is that which Slack would have; permalinks begin with it."""
        self.members: dict[str, Member] = {}
        """Members by id, with the bot."""
        self.channels: dict[str, Channel] = {}
        """Channels by id, with direct messages."""
        self.bot = self.add_member("Mangosaurus", is_bot=True)
        self.member = self.add_member("Mary")
        self.admin = self.add_member("Ada", is_admin=True)
        self.guest = self.add_member("Gus", is_guest=True)
        self.channel = self.add_channel("mangosaurus")
        self.elsewhere = self.add_channel("general", is_joined=False)
        self.owner = self.add_member("Gideon", is_owner=True)

    def _new_id(self, letter: str) -> str:
        """The next id: the same ones at each start, a letter and ten characters."""
        self._ids += 1
        return f"{letter}0LOCAL{self._ids:04}"

    def add_member(self, name: str, **rights: bool) -> Member:
        """Add a member with these rights of `Member`. The bot gets no event."""
        member = Member(self._new_id("U"), name, **rights)
        self.members[member.id] = member
        return member

    def add_channel(
        self, name: str, *, is_joined: bool = True, is_private: bool = False
    ) -> Channel:
        """Add a channel with all members in it."""
        return self._add("C", name, is_joined=is_joined, is_private=is_private)

    def renumber(self, channel: Channel) -> str:
        """Give a channel another id, as sharing it with another workspace does. Returns the old."""
        old, channel.id = channel.id, self._new_id("C")
        self.channels[channel.id] = self.channels.pop(old)
        return old

    def add_group(self, *members: Member) -> Channel:
        """Add the direct messages of two members, or a group DM of more."""
        is_pair = len(members) == 2
        handles = "--".join(each.handle for each in members)
        name = "directmessage" if is_pair else f"mpdm-{handles}-1"
        letter = "D" if is_pair else "C"
        return self._add(letter, name, is_joined=False, is_private=True, is_closed=True)

    def direct(self, member: Member) -> Channel:
        """The direct messages of a member with the bot, opened if necessary."""
        for channel in self.channels.values():
            if channel.direct_with is member:
                return channel
        return self._add("D", "directmessage", direct_with=member)

    def _add(self, letter: str, name: str, **facts: Any) -> Channel:  # noqa: ANN401 (its fields)
        channel = Channel(self._new_id(letter), name, **facts)
        self.channels[channel.id] = channel
        return channel

    def find_member(self, user_id: str) -> Member:
        if user_id not in self.members:
            raise SlackError("user_not_found")
        return self.members[user_id]

    def find_channel(self, channel_id: str) -> Channel:
        """A channel that the bot knows of: not a private one that it has not joined."""
        channel = self.channels.get(channel_id)
        if channel is None or (channel.is_private and not channel.is_joined):
            raise SlackError("channel_not_found")
        return channel

    def with_ids(self, line: str) -> str:
        """A line in which @ada is `<@U…|ada>`, and #general `<#C…|general>`."""
        ids = {f"@{each.handle}": f"<@{each.id}|{each.handle}>" for each in self.members.values()}
        ids |= {f"#{each.name}": f"<#{each.id}|{each.name}>" for each in self.channels.values()}
        return re.sub(r"[@#][\w.-]+", lambda found: ids.get(found[0].lower(), found[0]), line)

    def writable(
        self, channel_id: str, *, is_reply: bool = False, is_edit: bool = False
    ) -> Channel:
        """A channel in which the bot may post, or edit what it has posted."""
        channel = self.find_channel(channel_id)
        if not channel.is_joined:
            raise SlackError("not_in_channel")
        if channel.is_archived:
            raise SlackError("is_inactive" if is_edit else "is_archived")
        is_open = is_edit or (is_reply and channel.restriction == "thread_only_channel")
        if channel.restriction and not is_open:
            raise SlackError(f"restricted_action_{channel.restriction}")
        return channel

    def member_payload(self, member: Member, *, include_locale: bool) -> JSON:
        """`user` of users.info. Its locale has to be asked for."""
        locale = {"locale": self.locale} if include_locale else {}
        shown = "" if member.is_bot else member.name
        return {
            "id": member.id,
            "team_id": self.id,
            "real_name": member.name,
            "profile": {"real_name": member.name, "display_name": shown},
            "is_admin": member.is_admin or member.is_owner,
            "is_owner": member.is_owner,
            "is_primary_owner": member.is_owner,
            "is_restricted": member.is_guest,
            "is_ultra_restricted": False,
            "is_bot": member.is_bot,
            **locale,
        }

"""All servers of the simulated Discord: which of them a guild, a channel or a token belongs to."""

from simulators.discord.limits import ApiError
from simulators.discord.state import State


class Servers(list[State]):
    """The simulated servers. The first one is that of the page.

    All have the same bot, members and commands. Their ids are such that each belongs to another
    shard than the one before it.
    """

    def of_guild(self, guild_id: str) -> State:
        """The server with this id, if the bot is in it."""
        for server in self:
            if server.guild.id == guild_id and server.guild.joined:
                return server
        raise ApiError(10004)

    def of_channel(self, channel_id: str) -> State:
        """The server that has this channel, if the bot is in it."""
        for server in self:
            if server.guild.channel_id == channel_id:
                server.guild.check_reachable()
                return server
        raise ApiError(10003)

    def of_token(self, token: str) -> State:
        """The server of an interaction. For an unknown one any, which does not have it."""
        return next((server for server in self if token in server.interactions), self[0])


def shard_of(guild_id: str, shard_count: int) -> int:
    """The shard that gets the events of a server."""
    return (int(guild_id) >> 22) % shard_count

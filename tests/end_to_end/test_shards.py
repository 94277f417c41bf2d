"""Several servers and shards on the simulator."""

import discord
import pytest

from bot.platforms.local.server import LocalDiscord
from bot.platforms.local.servers import shard_of
from tests.end_to_end.conftest import running
from tests.end_to_end.test_gateway import connected
from tests.end_to_end.toy_bot import ToyBot


async def test_a_bot_in_several_servers() -> None:
    async with LocalDiscord(port=0, servers=3, shards=2) as local, running(ToyBot, local) as bot:
        assert len(bot.guilds) == 3
        for number, server in enumerate(local.servers):
            asked = await local.run_command("quick", {"count": number + 1}, server=number)
            assert asked.message.content == f"{number + 1} for Mary at 0.5"
            assert asked.message.channel_id == server.guild.channel_id


async def test_rest_of_another_server() -> None:
    async with LocalDiscord(port=0, servers=2) as local, running(ToyBot, local) as bot:
        other = local.servers[1]
        channel = bot.get_partial_messageable(int(other.guild.channel_id))
        sent = await channel.send("hello")
        await sent.edit(content="there")
        assert [m.content for m in other.channel.messages.values()] == ["there"]
        assert not local.state.channel.messages
        guild = await bot.fetch_guild(int(other.guild.id), with_counts=False)
        await guild.leave()
        assert not other.guild.joined
        assert local.state.guild.joined
        with pytest.raises(discord.NotFound):
            await bot.fetch_guild(int(other.guild.id), with_counts=False)
        member = local.state.guild.add_member("Zoe")
        assert member.id in other.guild.users


async def test_interactions_reach_their_shard() -> None:
    async with LocalDiscord(port=0, servers=2) as local, running(ToyBot, local):
        homes = [shard_of(server.guild.id, 2) for server in local.servers]
        async with connected(local) as one, connected(local) as other:
            sockets = [one, other]
            for shard, socket in enumerate(sockets):
                await socket.identify(local, shard=[shard, 2])
                assert (await socket.next())["t"] == "GUILD_CREATE"
            for number, home in enumerate(homes):
                asked = await local.run_command("quick", server=number, until="sent")
                received = await sockets[home].next()
                assert received["d"]["id"] == asked.id
                assert received["d"]["guild_id"] == local.servers[number].guild.id

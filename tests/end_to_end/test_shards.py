"""Several servers and shards on the simulator."""

from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import PATIENCE_S, running
from tests.end_to_end.toy_bot import ToyBot


async def test_a_bot_in_several_servers() -> None:
    patient = LocalDiscord(port=0, servers=3, shards=2, first_response_s=PATIENCE_S)
    async with patient as local, running(ToyBot, local) as bot:
        assert len(bot.guilds) == 3
        for number, server in enumerate(local.servers):
            asked = await local.run_command("quick", {"count": number + 1}, server=number)
            assert asked.message.content == f"{number + 1} for Mary at 0.5"
            assert asked.message.channel_id == server.guild.channel_id

"""The language of a server, as Discord tells its locale."""

from pathlib import Path

from simulators.discord.server import LocalDiscord
from tests.end_to_end.conftest import PATIENCE_S, mangosaurus


async def test_locale_counts_where_it_can_be_chosen(tmp_path: Path) -> None:
    """A Community server has chosen French, whatever its members speak. Any other says en-US, so
    that its members count."""
    async with LocalDiscord(first_response_s=PATIENCE_S, servers=2) as local:
        for server in local.servers:
            server.guild.locale, server.locale = "fr", "de"
        local.servers[1].guild.features = ("COMMUNITY",)
        async with mangosaurus(local, tmp_path) as bot:
            for server in local.servers:
                for member in range(5):
                    await bot.app.languages.note_asker(int(server.guild.id), member, "de")
            for number, (tag, said) in enumerate((("de", "Zurzeit"), ("fr", "Pas de"))):
                answer = await local.run_command("champion", server=number)
                assert said in answer.message.content
                language = await bot.platform.language_of(int(local.servers[number].guild.id))
                assert language.tag == tag

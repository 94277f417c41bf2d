"""`/dinoname`, as a member meets it."""

from tests.bot.conftest import Home


async def test_names_come_in_a_card_with_capitals(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dinoname", count=2)
    assert result.response is not None
    (embed,) = result.response.embeds
    assert embed.description == "**Mangosaurus**\n**Bravosaurus**"
    assert not result.ephemeral


async def test_options_reach_the_network(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname", count=3, starts_with="Man", temperature=0.8)
    (request,) = home.writer.names_asked
    assert (request.count, request.starts_with, request.temperature) == (3, "Man", 0.8)

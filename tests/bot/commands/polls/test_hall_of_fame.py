"""`/halloffame` and `/champion`."""

from datetime import timedelta

import pytest

from bot.commands.core.message import UserError
from bot.commands.polls.hall_of_fame import LONGEST_NAME, HallOfFameOptions
from bot.discord.buttons import LONGEST_ID
from tests.bot.champions import crown
from tests.bot.conftest import Home
from tests.bot.polls import TEN_MINUTES, a_poll
from tests.bot.replies import buttons, embed, lines, sentence

DAYS_AGO = {
    "Todaysaurus": 0,
    "Weeksaurus": 3,
    "Monthsaurus": 20,
    "Yearsaurus": 200,
    "Oldsaurus": 900,
}
OTHER_GUILD, OTHER_MEMBER = 12, 34


async def crown_here(
    home: Home, name: str, votes: int = 1, days_ago: int = 0, seconds_later: int = 0
) -> None:
    at = home.env.now() - timedelta(days=days_ago, seconds=-seconds_later)
    await crown(home.app.store, name, votes, at=at, community_id=home.guild.id)


async def crown_elsewhere(home: Home, name: str, votes: int = 2, *, namer: str = "") -> None:
    await crown(
        home.app.store,
        name,
        votes,
        at=home.env.now(),
        community_id=OTHER_GUILD,
        member_id=OTHER_MEMBER,
        discoverer="Stranger",
        namer=namer or None,
    )


async def test_best_names(home: Home) -> None:
    for votes, name in enumerate(["Fourth", "Third", "Second", "First"], start=1):
        await crown_here(home, name, votes)
    result = await home.alice.slash(home.channel, "halloffame")
    assert embed(result).title == "🏛️ Best names: all time, this server"
    assert lines(result) == [
        "🥇 **First** · 4 votes · Ada",
        "🥈 **Second** · 3 votes · Ada",
        "🥉 **Third** · 2 votes · Ada",
        r"4\. **Fourth** · 1 vote · Ada",
    ]
    assert buttons(result) == []
    assert not result.ephemeral


async def test_periods(home: Home, subtests: pytest.Subtests) -> None:
    for name, days in DAYS_AGO.items():
        await crown_here(home, name, days_ago=days)
    for period, count in [("day", 1), ("week", 2), ("month", 3), ("year", 4), ("ever", 5)]:
        with subtests.test(period):
            result = await home.alice.slash(home.channel, "halloffame", period=period)
            shown = {line.split("**")[1] for line in lines(result)}
            assert shown == set([*DAYS_AGO][:count])


async def test_scope_here(home: Home) -> None:
    await crown_here(home, "Homesaurus")
    await crown_elsewhere(home, "Farsaurus")
    await crown(
        home.app.store, "Elrond", 2, at=home.env.now(), community_id=home.guild.id, namer="elves"
    )
    result = await home.alice.slash(home.channel, "halloffame", scope="here")
    assert lines(result) == [
        "🥇 **Elrond** *(elves)* · 2 votes · Ada",
        "🥈 **Homesaurus** · 1 vote · Ada",
    ]


async def test_scope_all(home: Home) -> None:
    await crown_here(home, "Homesaurus", 3)
    await crown_here(home, "Lonesaurus", 1)
    await crown_elsewhere(home, "Farsaurus")
    await crown_elsewhere(home, "Legolas", namer="elves")
    result = await home.alice.slash(home.channel, "halloffame", scope="all")
    assert lines(result) == ["🥇 **Homesaurus** · 3 votes · Ada", "🥈 **Farsaurus** · 2 votes"]


async def test_scope_mine(home: Home) -> None:
    """One vote is enough at home; the answer shows nothing else that another server keeps."""
    await crown_here(home, "Not mine")
    for community_id, name, votes in (
        (OTHER_GUILD, "Awaysaurus", 2),
        (OTHER_GUILD, "Secretsaurus", 1),
        (home.guild.id, "Homesaurus", 1),
    ):
        await crown(
            home.app.store,
            name,
            votes,
            at=home.env.now(),
            community_id=community_id,
            member_id=home.alice.id,
        )
    result = await home.alice.slash(home.channel, "halloffame", scope="mine")
    assert {line.split("**")[1] for line in lines(result)} == {"Awaysaurus", "Homesaurus"}


async def test_pages(home: Home) -> None:
    for number in range(23):
        await crown_here(home, f"Name{number:02}", seconds_later=number)
    first = await home.alice.slash(home.channel, "halloffame")
    assert first.response is not None
    assert embed(first).footer.text == "page 1 of 3 · 23 names"
    assert buttons(first) == ["More"]
    await home.restart()
    await home.alice.click(first.response, label="More")
    assert lines(first)[0] == r"11\. **Name10** · 1 vote · Ada"
    assert buttons(first) == ["Back", "More"]
    await home.alice.click(first.response, label="More")
    assert [line.split("**")[1] for line in lines(first)] == ["Name20", "Name21", "Name22"]
    assert buttons(first) == ["Back"]
    await home.alice.click(first.response, label="Back")
    assert embed(first).footer.text == "page 2 of 3 · 23 names"
    assert len(home.channel.history()) == 1


async def test_pages_of_another_member(home: Home) -> None:
    for number in range(11):
        await crown(
            home.app.store,
            f"Name{number:02}",
            2,
            at=home.env.now() + timedelta(seconds=number),
            community_id=OTHER_GUILD,
            member_id=home.alice.id,
        )
    shown = await home.alice.slash(home.channel, "halloffame", scope="mine")
    assert shown.response is not None
    bob = home.guild.add_member(home.env.create_user("bob"))
    refused = await bob.click(shown.response, label="More")
    assert sentence(refused).startswith("These names are someone else's")
    assert refused.ephemeral
    await home.alice.click(shown.response, label="More")
    assert lines(shown) == [r"11\. **Name10** · 2 votes"]


async def test_page_after_last(home: Home) -> None:
    """Names of a page can have lost their votes meanwhile: the last page is shown."""
    for number in range(11):
        await crown_here(home, f"Name{number:02}", seconds_later=number)
    shown = await home.alice.slash(home.channel, "halloffame")
    assert shown.response is not None
    home.rewrite_button(shown.response.id, "More", "fame:ever:here:7:")
    await home.alice.click(shown.response, label="More")
    assert lines(shown) == [r"11\. **Name10** · 1 vote · Ada"]


async def test_page_of_0_3_0(home: Home) -> None:
    """Its scope for one server was called server."""
    for number in range(11):
        await crown_here(home, f"Name{number:02}", seconds_later=number)
    shown = await home.alice.slash(home.channel, "halloffame")
    assert shown.response is not None
    home.rewrite_button(shown.response.id, "More", "fame:ever:server:1:")
    await home.alice.click(shown.response, label="More")
    assert embed(shown).footer.text == "page 2 of 2 · 11 names"


@pytest.mark.parametrize(
    "state",
    [
        "",
        "ever",
        "ever:server:-1:",
        "never:server:0:",
        "ever:moon:0:",
        "ever:mine:0:",
        "ever:all:0:1",
        "ever:server:" + "9" * 30 + ":",
        "ever:mine:0:" + "9" * 30,
    ],
)
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="use /halloffame instead"):
        HallOfFameOptions.from_state(state)


@pytest.mark.parametrize(
    "ask",
    [
        HallOfFameOptions(),
        HallOfFameOptions("day", "all", 7),
        HallOfFameOptions("week", "mine", 2, member_id=2**62),
    ],
)
def test_state_round_trip(ask: HallOfFameOptions) -> None:
    assert HallOfFameOptions.from_state(ask.to_state()) == ask


async def test_empty_hall(home: Home) -> None:
    result = await home.alice.slash(home.channel, "halloffame", period="day", scope="all")
    assert sentence(result) == (
        "No name has won a poll yet (today, all servers). Get some with /dinoname!"
    )


async def test_name_blocked_by_now(home: Home) -> None:
    await crown_here(home, "Mudsaurus", 3)
    await crown_here(home, "Goodsaurus", 2)
    await home.restart(blocked_words=frozenset({"*mud*", "ada"}))
    result = await home.alice.slash(home.channel, "halloffame")
    assert lines(result) == [
        "🥇 *a name that the word filter blocks* · 3 votes",
        "🥈 **Goodsaurus** · 2 votes",
    ]
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).description == "**Goodsaurus**"


async def test_champion(home: Home) -> None:
    await crown_here(home, "Oldsaurus", 5, days_ago=2)
    await crown_here(home, "Almostsaurus", 2)
    await crown_here(home, "Bravosaurus", 3)
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).title == "👑 Today's champion"
    assert embed(result).description == "**Bravosaurus**"
    assert result.response is not None
    (plaque,) = result.response.attachments
    assert plaque.description is not None
    assert plaque.description.startswith("A plaque: Bravosaurus, “lizard”, 3 votes, ")
    assert embed(result).image.url is not None


async def test_latest_champion(home: Home) -> None:
    await crown_here(home, "Oldsaurus", 5, days_ago=4)
    await crown_here(home, "Newersaurus", 1, days_ago=2)
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).title == "👑 The latest champion (none today)"
    assert embed(result).description == "**Newersaurus**"


async def test_no_champion(home: Home) -> None:
    result = await home.alice.slash(home.channel, "champion")
    assert sentence(result).startswith("No name has won a poll yet.")


async def test_cooldowns(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    for command in ("champion", "halloffame"):
        await home.alice.slash(home.channel, command)
        refused = await home.alice.slash(home.channel, command)
        assert "too fast" in sentence(refused)


async def test_poem_about_champion(home: Home) -> None:
    await crown_here(home, "Bravosaurus")
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    await home.restart()
    poem = await home.alice.click(champion.response, label="A poem about it")
    assert lines(poem)[0] == "Bravosaurus, line 1 of the poem,"
    assert home.writer.sonnets_asked[0].about == "Bravosaurus"
    assert home.writer.sonnets_asked[0].opening == ""


async def test_poem_about_blocked_name(home: Home) -> None:
    await crown_here(home, "Mudsaurus")
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    await home.restart(blocked_words=frozenset({"*mud*"}))
    result = await home.alice.click(champion.response, label="A poem about it")
    assert sentence(result).startswith("The bot won't begin a poem with those words")
    assert not home.writer.sonnets_asked


async def test_longest_name(home: Home) -> None:
    name = ("*_@everyone_* " * 9)[: LONGEST_NAME - 1] + "!"
    await crown_here(home, name)
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    assert not champion.response.message.mention_everyone
    assert "*_@everyone" not in (embed(champion).description or "")
    await home.alice.click(champion.response, label="A poem about it")
    assert home.writer.sonnets_asked[0].about == name
    assert len(f"about:{name}") <= LONGEST_ID


async def test_direct_messages(home: Home) -> None:
    await crown_here(home, "Homesaurus", 2)
    user = home.env.create_user("diana")
    hall = await user.slash("halloffame")
    assert embed(hall).title == "🏛️ Best names: all time, all servers"
    assert lines(hall) == ["🥇 **Homesaurus** · 2 votes"]
    champion = await user.slash("champion")
    assert embed(champion).description == "**Homesaurus**"


async def test_winner_is_in_hall(home: Home) -> None:
    message = await a_poll(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.pass_time(TEN_MINUTES + 60)
    result = await home.alice.slash(home.channel, "halloffame")
    assert lines(result) == ["🥇 **Bravosaurus** · 1 vote · alice"]

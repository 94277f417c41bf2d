"""The hall of fame and the champion, as members meet them."""

from datetime import timedelta

import discord
import pytest
import simcord

from bot.commands.hall_of_fame import LONGEST_NAME, HallOfFameOptions, hall
from bot.commands.message import UserError, plain
from bot.discord.buttons import LONGEST_ID
from tests.bot.champions import crown
from tests.bot.commands.test_votes import TEN_MINUTES, a_card
from tests.bot.conftest import Home, labels

DAYS_AGO = {
    "Todaysaurus": 0,
    "Weeksaurus": 3,
    "Monthsaurus": 20,
    "Yearsaurus": 200,
    "Oldsaurus": 900,
}
OTHER_GUILD, OTHER_MEMBER = 12, 34


def embed(result: simcord.InteractionResult) -> discord.Embed:
    """The card of a reply."""
    assert result.response is not None
    (card,) = result.response.embeds
    return card


def lines(result: simcord.InteractionResult) -> list[str]:
    return (embed(result).description or "").split("\n")


def sentence(result: simcord.InteractionResult) -> str:
    assert result.response is not None
    return result.response.content


def buttons(result: simcord.InteractionResult) -> list[str]:
    assert result.response is not None
    return labels(result.response.message)


async def crown_here(
    home: Home, name: str, votes: int = 1, days_ago: int = 0, seconds_later: int = 0
) -> None:
    at = home.env.now() - timedelta(days=days_ago, seconds=-seconds_later)
    await crown(home.app.store, name, votes, at=at, community_id=home.guild.id)


async def crown_elsewhere(home: Home, name: str, **changes: str) -> None:
    await crown(
        home.app.store,
        name,
        at=home.env.now(),
        community_id=OTHER_GUILD,
        member_id=OTHER_MEMBER,
        discoverer="Stranger",
        namer=changes.get("namer"),
    )


async def test_the_best_names_have_medals_votes_and_their_discoverers(home: Home) -> None:
    for votes, name in enumerate(["Fourth", "Third", "Second", "First"], start=1):
        await crown_here(home, name, votes)
    result = await home.alice.slash(home.channel, "halloffame")
    assert embed(result).title == "🏛️ The best names of all time, here"
    assert lines(result) == [
        "🥇 **First** · 4 votes · Ada",
        "🥈 **Second** · 3 votes · Ada",
        "🥉 **Third** · 2 votes · Ada",
        r"4\. **Fourth** · 1 vote · Ada",
    ]
    assert buttons(result) == []
    assert not result.ephemeral


@pytest.mark.parametrize(
    ("period", "count"), [("day", 1), ("week", 2), ("month", 3), ("year", 4), ("ever", 5)]
)
async def test_a_period_has_the_names_that_were_crowned_in_it(
    home: Home, period: str, count: int
) -> None:
    for name, days in DAYS_AGO.items():
        await crown_here(home, name, days_ago=days)
    result = await home.alice.slash(home.channel, "halloffame", period=period)
    shown = {line.split("**")[1] for line in lines(result)}
    assert shown == set([*DAYS_AGO][:count])


async def test_a_server_has_its_own_hall_with_its_own_lists(home: Home) -> None:
    await crown_here(home, "Homesaurus")
    await crown_elsewhere(home, "Farsaurus")
    await crown(
        home.app.store, "Elrond", 2, at=home.env.now(), community_id=home.guild.id, namer="elves"
    )
    result = await home.alice.slash(home.channel, "halloffame", scope="server")
    assert lines(result) == [
        "🥇 **Elrond** *(elves)* · 2 votes · Ada",
        "🥈 **Homesaurus** · 1 vote · Ada",
    ]


async def test_the_hall_of_all_servers_tells_no_stranger_and_shows_no_list(home: Home) -> None:
    await crown_here(home, "Homesaurus", 2)
    await crown_elsewhere(home, "Farsaurus")
    await crown_elsewhere(home, "Legolas", namer="elves")
    result = await home.alice.slash(home.channel, "halloffame", scope="all")
    assert lines(result) == ["🥇 **Homesaurus** · 2 votes · Ada", "🥈 **Farsaurus** · 1 vote"]


async def test_a_member_sees_the_names_that_she_has_discovered_anywhere(home: Home) -> None:
    await crown_here(home, "Not mine")
    for community_id, name in ((OTHER_GUILD, "Awaysaurus"), (home.guild.id, "Homesaurus")):
        await crown(
            home.app.store,
            name,
            at=home.env.now(),
            community_id=community_id,
            member_id=home.alice.id,
        )
    result = await home.alice.slash(home.channel, "halloffame", scope="mine")
    assert {line.split("**")[1] for line in lines(result)} == {"Awaysaurus", "Homesaurus"}


async def test_the_pages_are_turned_on_the_card_also_after_a_restart(home: Home) -> None:
    for number in range(23):
        await crown_here(home, f"Name{number:02}", seconds_later=number)
    first = await home.alice.slash(home.channel, "halloffame")
    assert first.response is not None
    assert embed(first).footer.text == "page 1 of 3 · 23 names"
    assert buttons(first) == ["More"]
    await home.restart()
    await home.alice.click(first.response, label="More")
    assert lines(first)[0] == r"11\. **Name10** · 1 vote · Ada"
    assert buttons(first) == ["Better", "More"]
    await home.alice.click(first.response, label="More")
    assert [line.split("**")[1] for line in lines(first)] == ["Name20", "Name21", "Name22"]
    assert buttons(first) == ["Better"]
    await home.alice.click(first.response, label="Better")
    assert embed(first).footer.text == "page 2 of 3 · 23 names"
    assert len(home.channel.history()) == 1


async def test_nobody_turns_the_pages_of_what_another_has_discovered(home: Home) -> None:
    for number in range(11):
        await crown(
            home.app.store,
            f"Name{number:02}",
            at=home.env.now() + timedelta(seconds=number),
            community_id=OTHER_GUILD,
            member_id=home.alice.id,
        )
    shown = await home.alice.slash(home.channel, "halloffame", scope="mine")
    assert shown.response is not None
    bob = home.guild.add_member(home.env.create_user("bob"))
    refused = await bob.click(shown.response, label="More")
    assert sentence(refused).startswith("These are somebody else's names")
    assert refused.ephemeral
    await home.alice.click(shown.response, label="More")
    assert lines(shown) == [r"11\. **Name10** · 1 vote"]


async def test_a_page_that_is_no_more_is_the_last_one(home: Home) -> None:
    await crown_here(home, "Lastsaurus")
    reply = await hall(
        HallOfFameOptions(page=7),
        home.guild.id,
        home.app.store.hall_of_fame,
        home.app.word_filter,
        home.env.now(),
    )
    assert [plain(line) for line in reply.embeds[0].lines] == ["🥇 Lastsaurus · 1 vote · Ada"]


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
def test_a_state_of_no_page_is_refused(state: str) -> None:
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
def test_a_button_keeps_what_was_asked_for(ask: HallOfFameOptions) -> None:
    assert HallOfFameOptions.from_state(ask.to_state()) == ask


async def test_an_empty_hall_says_how_it_is_filled(home: Home) -> None:
    result = await home.alice.slash(home.channel, "halloffame", period="day", scope="all")
    assert sentence(result) == (
        "No name today in all servers has won a vote yet. Ask for some with /dinoname!"
    )


async def test_a_name_that_the_filter_has_come_to_refuse_is_not_said(home: Home) -> None:
    await crown_here(home, "Mudsaurus", 3)
    await crown_here(home, "Goodsaurus", 2)
    await home.restart(blocked_words=frozenset({"*mud*", "ada"}))
    result = await home.alice.slash(home.channel, "halloffame")
    assert lines(result) == [
        "🥇 *a name that I say no more* · 3 votes",
        "🥈 **Goodsaurus** · 2 votes",
    ]
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).description == "**Goodsaurus**"


async def test_the_champion_is_the_best_of_today_with_a_plaque(home: Home) -> None:
    await crown_here(home, "Oldsaurus", 5, days_ago=2)
    await crown_here(home, "Almostsaurus", 2)
    await crown_here(home, "Bravosaurus", 3)
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).title == "👑 Today's champion"
    assert embed(result).description == "**Bravosaurus**"
    assert result.response is not None
    (plaque,) = result.response.attachments
    assert plaque.description == "A plaque: Bravosaurus, 3 votes"
    assert embed(result).image.url is not None


async def test_where_nobody_was_crowned_today_the_last_one_is_champion(home: Home) -> None:
    await crown_here(home, "Oldsaurus", 5, days_ago=4)
    await crown_here(home, "Newersaurus", 1, days_ago=2)
    result = await home.alice.slash(home.channel, "champion")
    assert embed(result).title == "👑 The last champion; nobody was crowned today"
    assert embed(result).description == "**Newersaurus**"


async def test_there_may_be_no_champion_yet(home: Home) -> None:
    result = await home.alice.slash(home.channel, "champion")
    assert sentence(result).startswith("Nobody has been crowned yet.")


async def test_nobody_floods_the_champion_or_the_hall(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    for command in ("champion", "halloffame"):
        await home.alice.slash(home.channel, command)
        refused = await home.alice.slash(home.channel, command)
        assert "ask again" in sentence(refused)
    assert home.env.errors


async def test_the_champions_button_writes_a_poem_that_begins_with_its_name(home: Home) -> None:
    await crown_here(home, "Bravosaurus")
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    await home.restart()
    poem = await home.alice.click(champion.response, label="A poem about it")
    assert lines(poem)[0] == "Bravosaurus, line 1 of the poem,"
    assert home.writer.sonnets_asked[0].opening == "Bravosaurus, "


async def test_a_poem_about_a_name_that_is_refused_by_now_is_not_written(home: Home) -> None:
    await crown_here(home, "Mudsaurus")
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    await home.restart(blocked_words=frozenset({"*mud*"}))
    result = await home.alice.click(champion.response, label="A poem about it")
    assert sentence(result).startswith("I would rather not begin a poem with those words")
    assert not home.writer.sonnets_asked


async def test_the_longest_name_of_marks_is_shown_as_it_is_and_has_its_poem(home: Home) -> None:
    name = ("*_@everyone_* " * 9)[: LONGEST_NAME - 1] + "!"
    await crown_here(home, name)
    champion = await home.alice.slash(home.channel, "champion")
    assert champion.response is not None
    assert not champion.response.message.mention_everyone
    assert "*_@everyone" not in (embed(champion).description or "")
    await home.alice.click(champion.response, label="A poem about it")
    assert home.writer.sonnets_asked[0].opening == f"{name}, "
    assert len(f"about:{name}") <= LONGEST_ID


async def test_in_direct_messages_the_dinosaurs_of_all_servers_are_shown(home: Home) -> None:
    await crown_here(home, "Homesaurus")
    user = home.env.create_user("diana")
    hall = await user.slash("halloffame")
    assert embed(hall).title == "🏛️ The best names of all time, in all servers"
    assert lines(hall) == ["🥇 **Homesaurus** · 1 vote"]
    champion = await user.slash("champion")
    assert embed(champion).description == "**Homesaurus**"


async def test_a_name_that_won_on_a_card_stands_in_the_hall(home: Home) -> None:
    message = await a_card(home)
    await home.alice.click(message, label="Bravosaurus")
    await home.env.advance_time(TEN_MINUTES + 60)
    result = await home.alice.slash(home.channel, "halloffame")
    assert lines(result) == ["🥇 **Bravosaurus** · 1 vote · alice"]

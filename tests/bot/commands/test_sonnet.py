"""`/sonnet`, as a member meets it."""

import re
from dataclasses import replace
from datetime import timedelta

import discord
import pytest
import simcord

from bot.discord.markdown import escape
from bot.services.inference import Busy, TooSlow
from bot.store import Unavailable
from models.verse.poem import SonnetError, SonnetRequest
from tests.bot.champions import crown
from tests.bot.conftest import Home
from tests.bot.hostile import HOSTILE_OPENINGS


def card(result: simcord.InteractionResult) -> discord.Embed:
    """The card of a reply."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed


def stanzas_of(result: simcord.InteractionResult) -> list[list[str]]:
    """The lines of a poem's card, stanza by stanza."""
    return [stanza.split("\n") for stanza in (card(result).description or "").split("\n\n")]


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply without a card."""
    assert result.response is not None
    return result.response.content


def shown_on_the_way(home: Home) -> list[str]:
    """What the card has said, edit by edit."""
    edits = [entry for entry in home.env.http_requests if entry.method == "PATCH"]
    return [entry.json["embeds"][0]["description"] for entry in edits if entry.json]


async def test_the_poem_begins_with_the_members_words(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Shall I, ")
    stanzas = stanzas_of(result)
    assert stanzas[0][0] == "Shall I, line 1 of the poem,"
    assert [len(stanza) for stanza in stanzas] == [4, 4, 4, 2]


@pytest.mark.parametrize(
    ("form", "title", "stanzas"),
    [
        ("petrarchan", "📜 A Petrarchan sonnet", [4, 4, 3, 3]),
        ("couplets", "📜 Seven couplets", [2] * 7),
        ("limerick", "📜 A limerick", [5]),
        ("free", "📜 Free verse", [14]),
    ],
)
async def test_a_poem_has_the_form_that_was_asked_for(
    home: Home, form: str, title: str, stanzas: list[int]
) -> None:
    result = await home.alice.slash(home.channel, "sonnet", form=form)
    assert home.writer.sonnets_asked[-1].form == form
    assert card(result).title == title
    assert [len(stanza) for stanza in stanzas_of(result)] == stanzas


async def test_a_form_that_there_is_not_cannot_be_sent(home: Home) -> None:
    with pytest.raises(simcord.OptionError):
        await home.alice.slash(home.channel, "sonnet", form="haiku")


async def test_without_options_a_shakespearean_sonnet_is_asked_for(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    (request,) = home.writer.sonnets_asked
    assert request == SonnetRequest("", request.seed, 0.8, "shakespearean")


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
async def test_any_opening_is_answered_and_shown_as_typed(home: Home, opening: str) -> None:
    options = {"opening": opening} if opening else {}
    result = await home.alice.slash(home.channel, "sonnet", **options)
    # All but what would turn the bot's own words about.
    typed = opening.replace("\r\n", "\n").replace("\u202e", "")
    assert (card(result).description or "").startswith(escape(typed))
    assert result.response is not None
    message = result.response.message
    assert not message.mentions
    assert not message.role_mentions
    assert not message.mention_everyone


@pytest.mark.parametrize("opening", HOSTILE_OPENINGS.values(), ids=HOSTILE_OPENINGS.keys())
async def test_the_button_writes_another_from_the_same_opening(home: Home, opening: str) -> None:
    options = {"opening": opening} if opening else {}
    first = await home.alice.slash(
        home.channel, "sonnet", temperature=1.25, form="couplets", **options
    )
    assert first.response is not None
    await home.restart()
    await home.alice.click(first.response, label="Another")
    asked, again = home.writer.sonnets_asked
    assert again == replace(asked, seed=again.seed)
    assert (again.temperature, again.form) == (1.25, "couplets")
    assert again.seed != asked.seed


async def test_the_poem_appears_line_by_line(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    versions = shown_on_the_way(home)
    assert len(versions) > 2
    assert versions[0].split("\n")[0] == "line 1 of the poem,"
    assert [len(version) for version in versions] == sorted(len(version) for version in versions)


async def test_the_button_comes_when_the_poem_is_finished(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    edits = [entry.json for entry in home.env.http_requests if entry.method == "PATCH"]
    *unfinished, finished = [edit for edit in edits if edit]
    assert not any(edit["components"] for edit in unfinished)
    assert finished["components"]


async def test_an_opening_that_is_too_long_is_refused_with_limit_and_length(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Oh! " * 75 + "!")
    assert "at most 300 characters and yours has 301" in sentence(result)
    assert "Oh! Oh!" in sentence(result)
    assert result.ephemeral
    assert not home.writer.sonnets_asked
    assert home.env.errors


async def test_a_vile_opening_is_refused_politely(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Thou art a c u n t")
    assert "rather not" in sentence(result)
    assert "c u n t" not in sentence(result)
    assert result.ephemeral
    assert not home.writer.sonnets_asked
    assert home.env.errors


async def test_a_full_queue_is_said(home: Home) -> None:
    home.writer.error = Busy(16)
    result = await home.alice.slash(home.channel, "sonnet")
    assert sentence(result).startswith("16 answers of mine are ahead")
    assert home.env.errors


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (SonnetError("No line could be found."), "No line could be found."),
        (TooSlow(), "That took me too long, so I gave up; try again in a moment."),
        (RuntimeError("a bug"), "Sorry, something broke on my side."),
    ],
)
async def test_a_poem_that_breaks_off_keeps_its_lines_and_says_why(
    home: Home, error: Exception, why: str
) -> None:
    home.writer.error = error
    home.writer.lines_before_error = 8
    result = await home.alice.slash(home.channel, "sonnet", opening="Hey ")
    *stanzas, (reason,) = stanzas_of(result)
    assert [len(stanza) for stanza in stanzas] == [4, 4]
    assert reason.startswith(escape(why))
    assert result.response is not None
    assert result.response.components


async def test_a_poem_whose_message_is_deleted_stops_quietly(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.env.inject_error(
        "PATCH", "/webhooks/*", status=404, code=10008, message="Unknown Message", times=None
    )
    await home.alice.slash(home.channel, "sonnet")
    assert home.writer.finished_poems == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert home.env.errors


def rewrite_footer(home: Home, result: simcord.InteractionResult, footer: str) -> None:
    """Put other words below a card, as another version would have written them."""
    assert result.response is not None
    stored = home.env.backend.get_message(home.channel.id, result.response.id)
    stored.embeds[0]["footer"]["text"] = footer


@pytest.mark.parametrize("footer", ["who knows", "haiku · temperature 0.7 · seed 1"])
async def test_a_card_of_another_version_is_refused_with_a_sentence(
    home: Home, footer: str
) -> None:
    first = await home.alice.slash(home.channel, "sonnet")
    assert first.response is not None
    rewrite_footer(home, first, footer)
    result = await home.alice.click(first.response, label="Another")
    assert "use /sonnet instead" in sentence(result)


async def test_a_card_of_the_first_version_still_has_another(home: Home) -> None:
    first = await home.alice.slash(home.channel, "sonnet", form="limerick")
    assert first.response is not None
    rewrite_footer(home, first, "From “Ay me ” · temperature 0.9 · seed 12")
    await home.alice.click(first.response, label="Another")
    again = home.writer.sonnets_asked[-1]
    assert again == SonnetRequest("Ay me ", again.seed, 0.9, "shakespearean")


async def test_the_footer_tells_how_the_poem_was_made(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Ay me ", temperature=0.9)
    footer = card(result).footer.text or ""
    assert re.fullmatch(r"From “Ay me ” · shakespearean · temperature 0\.9 · seed \d+", footer)


async def test_a_member_rests_between_two_poems(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "sonnet")
    refused = await home.alice.slash(home.channel, "sonnet")
    assert "ask again" in sentence(refused)
    assert refused.ephemeral
    assert home.env.errors


async def test_a_poem_about_a_name_begins_with_it_and_a_comma(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="  Great   Mangosaurus ")
    assert stanzas_of(result)[0][0] == "Great Mangosaurus, line 1 of the poem,"


@pytest.mark.parametrize("about", ["さくら", "Ωsaurus", "**Mango**", "“Quoted”"])
async def test_a_poem_can_be_about_any_name(home: Home, about: str) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about=about)
    assert stanzas_of(result)[0][0].startswith(escape(about))
    assert result.response is not None
    await home.alice.click(result.response, label="Another")
    assert [asked.opening for asked in home.writer.sonnets_asked] == [f"{about}, "] * 2


async def test_a_poem_has_an_opening_or_a_name_and_not_both(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="Rex", opening="Shall I")
    assert sentence(result).startswith("A poem about a name begins with that name")
    assert not home.writer.sonnets_asked
    assert home.env.errors


async def test_a_name_of_nothing_but_spaces_is_no_name(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet", about="  ", opening="Shall I")
    assert home.writer.sonnets_asked[0].opening == "Shall I"


async def test_no_poem_is_about_a_vile_name(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="Cuntosaurus")
    assert "rather not" in sentence(result)
    assert "unt" not in sentence(result)
    assert not home.writer.sonnets_asked
    assert home.env.errors


async def test_a_name_of_thousands_of_characters_is_refused_with_its_length(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="mango" * 1200)
    assert "at most 64 characters and yours has 6,000" in sentence(result)
    assert result.ephemeral
    assert home.env.errors


async def offered(home: Home, typed: str) -> list[str]:
    choices = await home.alice.autocomplete(home.channel, "sonnet", "about", typed)
    assert all(choice["name"] == choice["value"] for choice in choices)
    return [choice["name"] for choice in choices]


async def test_todays_champion_and_the_best_names_are_offered(home: Home) -> None:
    for name, votes, days in (("Bestsaurus", 3, 5), ("Goodsaurus", 2, 9), ("Todaysaurus", 1, 0)):
        at = home.env.now() - timedelta(days=days)
        await crown(home.app.store, name, votes, at=at, community_id=home.guild.id)
    await crown(home.app.store, "Farsaurus", at=home.env.now(), community_id=1)
    assert await offered(home, "") == ["Todaysaurus", "Bestsaurus", "Goodsaurus"]
    assert await offered(home, " GOOD ") == ["GOOD", "Goodsaurus"]
    assert await offered(home, "Rex") == ["Rex"]


async def test_no_more_names_are_offered_than_discord_shows(home: Home) -> None:
    for number in range(30):
        at = home.env.now()
        await crown(home.app.store, f"Name{number}", at=at, community_id=home.guild.id)
    assert len(await offered(home, "name")) == 25


async def test_what_the_filter_refuses_is_not_offered(home: Home) -> None:
    await crown(home.app.store, "Mudsaurus", at=home.env.now(), community_id=home.guild.id)
    await home.restart(blocked_words=frozenset({"*mud*"}))
    assert await offered(home, "mud") == []
    assert await offered(home, "") == []


async def test_a_name_too_long_for_a_choice_is_not_offered(home: Home) -> None:
    assert await offered(home, "mango" * 1200) == []


async def test_nothing_is_offered_while_memory_fails(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(home.app.store.hall_of_fame, "best", fails)
    assert await offered(home, "Rex") == []

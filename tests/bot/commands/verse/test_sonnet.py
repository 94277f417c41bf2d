"""`/sonnet`."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import simcord
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.core.message import Embed, Message, UserError, plain, text
from bot.commands.verse.sonnet import INFO, WRITING, SonnetOptions, checked, with_reason
from bot.discord.markdown import escape
from bot.services.queueing.errors import Busy, TooSlow
from bot.store import Unavailable
from models.verse.forms import FORMS
from models.verse.poem import DEFAULT_TEMPERATURE, OPENING_LIMIT, NoLineFound, SonnetRequest
from tests.bot.champions import crown
from tests.bot.conftest import Home
from tests.bot.hostile import HOSTILE_OPENINGS
from tests.bot.replies import buttons, description, embed, sentence


def stanzas_of(result: simcord.InteractionResult) -> list[list[str]]:
    """The lines of a poem, stanza by stanza."""
    return [stanza.split("\n") for stanza in description(result).split("\n\n")]


def edits_of(home: Home) -> list[str]:
    """The texts of all edits."""
    edits = [entry for entry in home.env.http_requests if entry.method == "PATCH"]
    return [entry.json["embeds"][0]["description"] for entry in edits if entry.json]


async def test_poem_begins_with_opening(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Shall I, ")
    stanzas = stanzas_of(result)
    assert stanzas[0][0] == "Shall I, line 1 of the poem,"
    assert [len(stanza) for stanza in stanzas] == [4, 4, 4, 2]


async def test_forms(home: Home, subtests: pytest.Subtests) -> None:
    for form, title, stanzas in [
        ("petrarchan", "📜 A Petrarchan sonnet", [4, 4, 3, 3]),
        ("couplets", "📜 Seven couplets", [2] * 7),
        ("limerick", "📜 A limerick", [5]),
        ("free", "📜 Free verse", [14]),
    ]:
        with subtests.test(form):
            result = await home.alice.slash(home.channel, "sonnet", form=form)
            assert home.writer.sonnets_asked[-1].form == form
            assert embed(result).title == title
            assert [len(stanza) for stanza in stanzas_of(result)] == stanzas


async def test_unknown_form(home: Home) -> None:
    with pytest.raises(simcord.OptionError):
        await home.alice.slash(home.channel, "sonnet", form="haiku")


async def test_defaults(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    (request,) = home.writer.sonnets_asked
    assert request == SonnetRequest("", request.seed, DEFAULT_TEMPERATURE, "shakespearean", "")


def test_default_temperature_is_described() -> None:
    assert INFO.options["temperature"].endswith(f"default {DEFAULT_TEMPERATURE:g}")


async def test_any_opening_is_shown_as_typed(home: Home, subtests: pytest.Subtests) -> None:
    for kind, opening in HOSTILE_OPENINGS.items():
        with subtests.test(kind):
            options = {"opening": opening} if opening else {}
            result = await home.alice.slash(home.channel, "sonnet", **options)
            # All but what would turn the bot's own words about.
            typed = opening.replace("\r\n", "\n").replace("\u202e", "")
            assert description(result).startswith(escape(typed))
            assert result.response is not None
            message = result.response.message
            assert not message.mentions
            assert not message.role_mentions
            assert not message.mention_everyone


async def test_another_has_same_options(home: Home, subtests: pytest.Subtests) -> None:
    shown = []
    for opening in HOSTILE_OPENINGS.values():
        options = {"opening": opening} if opening else {}
        shown.append(
            await home.alice.slash(
                home.channel, "sonnet", temperature=1.25, form="couplets", **options
            )
        )
    await home.restart()
    asked = [*home.writer.sonnets_asked]
    for kind, first, request in zip(HOSTILE_OPENINGS, shown, asked, strict=True):
        with subtests.test(kind):
            assert first.response is not None
            await home.alice.click(first.response, label="Another")
            again = home.writer.sonnets_asked[-1]
            assert again == replace(request, seed=again.seed)
            assert (again.temperature, again.form) == (1.25, "couplets")
            assert again.seed != request.seed


async def test_poem_grows(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    versions = edits_of(home)
    assert len(versions) > 2
    assert versions[0].split("\n")[0] == "line 1 of the poem,"
    assert [len(version) for version in versions] == sorted(len(version) for version in versions)


async def test_buttons_when_finished(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet")
    edits = [entry.json for entry in home.env.http_requests if entry.method == "PATCH"]
    *unfinished, finished = [edit for edit in edits if edit]
    assert not any(edit["components"] for edit in unfinished)
    assert finished["components"]


async def test_bounds_are_declared(home: Home) -> None:
    for options in ({"opening": "Oh! " * 75 + "!"}, {"about": "m" * 65}):
        with pytest.raises(simcord.OptionError):
            await home.alice.slash(home.channel, "sonnet", **options)


async def test_vile_opening(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Thou art a c u n t")
    assert sentence(result) == "The bot won't begin a poem with those words; try others."
    assert "c u n t" not in sentence(result)
    assert result.ephemeral
    assert not home.writer.sonnets_asked


async def test_busy(home: Home) -> None:
    home.writer.error = Busy(16)
    result = await home.alice.slash(home.channel, "sonnet")
    assert sentence(result).startswith("The bot is busy: 16 requests")


async def test_unfinished_poem_keeps_lines(home: Home, subtests: pytest.Subtests) -> None:
    for error, why in [
        (NoLineFound(), "No next line was found that is new"),
        (TooSlow(), "That took too long, so the bot gave up; try again in a moment."),
        (RuntimeError("a bug"), "Sorry, something went wrong."),
    ]:
        with subtests.test(repr(error)):
            home.writer.error = error
            home.writer.lines_before_error = 8
            result = await home.alice.slash(home.channel, "sonnet", opening="Hey ")
            *stanzas, (reason,) = stanzas_of(result)
            assert [len(stanza) for stanza in stanzas] == [4, 4]
            assert reason.startswith(escape(why))
            assert result.response is not None
            assert result.response.components


async def test_deleted_message_stops_poem(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    home.env.inject_error(
        "PATCH", "/webhooks/*", status=404, code=10008, message="Unknown Message", times=None
    )
    await home.alice.slash(home.channel, "sonnet")
    assert home.writer.finished_poems == 0
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def message_of_0_3_0(home: Home, footer: str) -> simcord.InteractionResult:
    """A poem whose buttons hold no state: its footer tells how it was made."""
    result = await home.alice.slash(home.channel, "sonnet", form="limerick")
    assert result.response is not None
    home.rewrite_button(result.response.id, "Another", "sonnet:")
    home.rewrite_button(result.response.id, "Keep", "keep:")
    stored = home.env.backend.get_message(home.channel.id, result.response.id)
    stored.embeds[0]["footer"]["text"] = footer
    return result


@pytest.mark.parametrize("footer", ["who knows", "haiku · temperature 0.7 · seed 1"])
async def test_unreadable_footer(home: Home, footer: str) -> None:
    first = await message_of_0_3_0(home, footer)
    assert first.response is not None
    result = await home.alice.click(first.response, label="Another")
    assert "use /sonnet instead" in sentence(result)


@pytest.mark.parametrize(
    ("footer", "form"),
    [
        ("From “Ay me ” · temperature 0.9 · seed 12", "shakespearean"),  # 0.1.0
        ("From “Ay me ” · couplets · temperature 0.9 · seed 12", "couplets"),  # 0.3.0
    ],
)
async def test_another_of_old_message(home: Home, footer: str, form: str) -> None:
    first = await message_of_0_3_0(home, footer)
    assert first.response is not None
    await home.alice.click(first.response, label="Another")
    again = home.writer.sonnets_asked[-1]
    assert again == SonnetRequest("Ay me ", again.seed, 0.9, form)


async def test_keep_of_0_3_0(home: Home) -> None:
    first = await message_of_0_3_0(home, "limerick · temperature 0.9 · seed 12")
    assert first.response is not None
    assert sentence(await home.alice.click(first.response, label="Keep")).startswith("Kept.")
    (kept,) = await home.app.store.poems.of(home.alice.id)
    assert kept.title == "📜 A limerick"
    assert kept.text.startswith("line 1 of the poem,\n")


async def test_footer_is_not_read(home: Home) -> None:
    """New buttons hold their options, whatever the message says."""
    first = await home.alice.slash(home.channel, "sonnet", opening="Ay me ")
    assert first.response is not None
    stored = home.env.backend.get_message(home.channel.id, first.response.id)
    stored.embeds[0]["footer"]["text"] = "From “Oh ” · limerick · temperature 2 · seed 1"
    stored.embeds[0]["description"] = "Something else"
    await home.alice.click(first.response, label="Another")
    await home.alice.click(first.response, label="Keep")
    again = home.writer.sonnets_asked[-1]
    assert again == SonnetRequest("Ay me ", again.seed)
    (kept,) = await home.app.store.poems.of(home.alice.id)
    assert kept.text.startswith("Ay me line 1 of the poem,\n")


@pytest.mark.parametrize(("opening", "kept"), [("Shall I, ", ["Another"]), ("Shall I " * 15, [])])
async def test_poem_without_database(
    home: Home, monkeypatch: pytest.MonkeyPatch, opening: str, kept: list[str]
) -> None:
    """It is shown with the buttons that work: those whose state fits in their id."""

    async def fails(*_: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(home.app.store.button_states, "put", fails)
    result = await home.alice.slash(home.channel, "sonnet", opening=opening)
    assert [len(stanza) for stanza in stanzas_of(result)] == [4, 4, 4, 2]
    assert buttons(result) == kept


async def test_footer(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", opening="Ay me ", temperature=0.9)
    footer = embed(result).footer.text or ""
    assert re.fullmatch(r"From “Ay me ” · shakespearean · temperature 0\.9 · seed \d+", footer)


async def test_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "sonnet")
    refused = await home.alice.slash(home.channel, "sonnet")
    assert "too fast" in sentence(refused)
    assert refused.ephemeral


async def test_poem_without_a_line_costs_cooldown(home: Home) -> None:
    """It has cost the networks many tries."""
    await home.restart(cooldown_seconds=10)
    home.writer.error = NoLineFound()
    refused = await home.alice.slash(home.channel, "sonnet")
    assert "No next line was found" in sentence(refused)
    assert "too fast" in sentence(await home.alice.slash(home.channel, "sonnet"))


async def test_about_has_name_in_footer(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="Mangosaurus")
    assert (embed(result).footer.text or "").startswith("About Mangosaurus · shakespearean · ")
    both = await home.alice.slash(home.channel, "sonnet", about="Rex", opening="Shall I")
    footer = embed(both).footer.text or ""
    assert footer.startswith("About Rex · From “Shall I” · shakespearean · ")


async def test_about_begins_with_name(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="  Great   Mangosaurus ")
    assert stanzas_of(result)[0][0] == "Great Mangosaurus, line 1 of the poem,"


async def test_about_any_name(home: Home, subtests: pytest.Subtests) -> None:
    for about in ["さくら", "Ωsaurus", "**Mango**", "“Quoted”", "a” b“", "o“"]:
        with subtests.test(about):
            home.writer.sonnets_asked.clear()
            result = await home.alice.slash(home.channel, "sonnet", about=about)
            assert stanzas_of(result)[0][0].startswith(escape(about))
            assert embed(result).title == f"📜 A sonnet on {escape(about)}"
            assert result.response is not None
            await home.alice.click(result.response, label="Another")
            assert [asked.about for asked in home.writer.sonnets_asked] == [about] * 2
            assert [asked.opening for asked in home.writer.sonnets_asked] == [""] * 2


async def test_title_has_subject(home: Home, subtests: pytest.Subtests) -> None:
    for options, title in [
        ({"about": "the sea"}, "📜 A sonnet on the sea"),
        ({"about": "Rex"}, "📜 A sonnet on Rex"),
        ({"opening": "Of time and love "}, "📜 A sonnet on time and love"),
        ({"opening": "Of time and love ", "about": "Rex"}, "📜 A sonnet on Rex"),
        ({"opening": "To thee"}, "📜 A sonnet"),
    ]:
        with subtests.test(str(options)):
            result = await home.alice.slash(home.channel, "sonnet", **options)
            assert embed(result).title == title
            assert result.response is not None
            await home.alice.click(result.response, label="Keep")
            newest, *_ = await home.app.store.poems.of(home.alice.id)
            assert newest.title == title


async def test_longest_title_of_hostile_name(home: Home) -> None:
    """It is escaped, and shown whole."""
    name = "*[x](https://a.b)_@everyone_" * 2
    result = await home.alice.slash(home.channel, "sonnet", about=name)
    assert embed(result).title == f"📜 A sonnet on {escape(name)}"
    assert result.response is not None
    assert not result.response.message.mention_everyone


async def test_about_with_opening(home: Home) -> None:
    """The poem begins with the opening, and another one has both again."""
    result = await home.alice.slash(home.channel, "sonnet", about="Rex", opening="Shall I ")
    assert stanzas_of(result)[0][0] == "Shall I line 1 of the poem,"
    assert result.response is not None
    await home.restart()
    await home.alice.click(result.response, label="Another")
    asked, again = home.writer.sonnets_asked
    assert (asked.opening, asked.about) == ("Shall I ", "Rex")
    assert again == replace(asked, seed=again.seed)


async def test_about_blank(home: Home) -> None:
    await home.alice.slash(home.channel, "sonnet", about="  ", opening="Shall I")
    (asked,) = home.writer.sonnets_asked
    assert (asked.opening, asked.about) == ("Shall I", "")


async def test_about_and_vile_opening(home: Home, subtests: pytest.Subtests) -> None:
    for about, opening in [
        ("Cu", "na"),
        ("Cu", "nt"),
        ("c u n t", "Shall I"),
        ("Rex", "Thou art a c u n t"),
    ]:
        with subtests.test(about, opening=opening):
            home.writer.sonnets_asked.clear()
            options = {"about": about, "opening": opening}
            result = await home.alice.slash(home.channel, "sonnet", **options)
            vile = "cunt" in (about + opening).replace(" ", "").lower()
            assert sentence(result).startswith("The bot won't begin a poem") == vile
            assert bool(home.writer.sonnets_asked) != vile


async def test_about_vile_name(home: Home) -> None:
    result = await home.alice.slash(home.channel, "sonnet", about="Cuntosaurus")
    assert sentence(result) == "The bot won't begin a poem with those words; try others."
    assert "unt" not in sentence(result)
    assert not home.writer.sonnets_asked


async def suggested(home: Home, typed: str) -> list[str]:
    choices = await home.alice.autocomplete(home.channel, "sonnet", "about", typed)
    assert all(choice["name"] == choice["value"] for choice in choices)
    return [choice["name"] for choice in choices]


async def test_suggest_champion_then_best(home: Home) -> None:
    for name, votes, days in (("Bestsaurus", 3, 5), ("Goodsaurus", 2, 9), ("Todaysaurus", 1, 0)):
        at = home.env.now() - timedelta(days=days)
        await crown(home.app.store, name, votes, at=at, community_id=home.guild.id)
    await crown(home.app.store, "Farsaurus", at=home.env.now(), community_id=1)
    assert await suggested(home, "") == ["Todaysaurus", "Bestsaurus", "Goodsaurus"]
    assert await suggested(home, " GOOD ") == ["GOOD", "Goodsaurus"]
    assert await suggested(home, "Rex") == ["Rex"]


async def test_suggestions_keep_limit(home: Home) -> None:
    for number in range(30):
        at = home.env.now()
        await crown(home.app.store, f"Name{number}", at=at, community_id=home.guild.id)
    assert len(await suggested(home, "name")) == 25


async def test_vile_names_are_not_suggested(home: Home) -> None:
    await crown(home.app.store, "Mudsaurus", at=home.env.now(), community_id=home.guild.id)
    await home.restart(blocked_words=frozenset({"*mud*"}))
    assert await suggested(home, "mud") == []
    assert await suggested(home, "") == []


async def test_long_names_are_not_suggested(home: Home) -> None:
    assert await suggested(home, "mango" * 1200) == []


async def test_suggestions_without_database(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fails(*_: object, **__: object) -> None:
        raise Unavailable("The database does not answer.")

    monkeypatch.setattr(home.app.store.hall_of_fame, "best", fails)
    assert await suggested(home, "Rex") == []


# Options, as a platform hands them over that checks nothing.

temperatures = st.integers(10, 200).map(lambda hundredths: hundredths / 100)
openings = st.text(max_size=OPENING_LIMIT) | st.sampled_from(list(HOSTILE_OPENINGS.values()))
subjects = st.just("") | st.text(max_size=64) | st.sampled_from(["“", "”", "1“", "a5“x”"])


@given(openings, subjects, temperatures, st.sampled_from(list(FORMS)))
def test_state_round_trip(opening: str, about: str, temperature: float, form: str) -> None:
    options = SonnetOptions(SonnetRequest(opening, 0, temperature, form, about))
    assert SonnetOptions.from_state(options.to_state()) == options


@pytest.mark.parametrize(
    ("state", "opening", "about"),
    [
        ("0.8:free:o“Shall I ”", "Shall I ", ""),  # as 0.4.0 wrote them
        ("0.8:free:a“Rex”", "", "Rex"),
        ("0.8:free:b8“Shall I Rex”", "Shall I ", "Rex"),
        ("0.8:free:b99“Shall I Rex”", "Shall I Rex", ""),
    ],
)
def test_state_of_button(state: str, opening: str, about: str) -> None:
    request = SonnetRequest(opening, 0, 0.8, "free", about)
    assert SonnetOptions.from_state(state).request == request


@pytest.mark.parametrize(
    "state", ["x", "0.8:free:oShall I", "a:free:o“x”", "0.8:free:x“x”", "0.8:free:b1234“x”"]
)
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="/sonnet"):
        SonnetOptions.from_state(state)


@pytest.mark.parametrize("opening", ["\u202eevil", "\u2066I\u2069", "  \n"])
def test_opening_cannot_turn_text(opening: str) -> None:
    """Characters that change the direction of text are dropped."""
    assert checked(SonnetOptions(SonnetRequest(opening))).request.opening in ("evil", "I", "")


def test_form_is_checked() -> None:
    with pytest.raises(UserError, match=r"shakespearean, .* or notebook"):
        checked(SonnetOptions(SonnetRequest(form="haiku")))


def test_opening_at_limit() -> None:
    """A line end counts once."""
    checked(SonnetOptions(SonnetRequest("\r\n" * OPENING_LIMIT)))


@pytest.mark.parametrize("count", [301, 6000])
def test_opening_too_long(count: int) -> None:
    options = SonnetOptions(SonnetRequest("b" * count))
    with pytest.raises(UserError, match=f"at most 300 characters, and yours has {count:,}"):
        checked(options)
    assert options.as_typed().startswith("/sonnet opening:bbb")
    assert len(options.as_typed()) < 1000


def test_options_as_typed() -> None:
    options = SonnetOptions(SonnetRequest("Oh \n you", 5, 1.5, "limerick", "Rex"))
    assert options.as_typed() == "/sonnet opening:Oh you about:Rex form:limerick temperature:1.5"


@pytest.mark.parametrize("name", ["m" * 65, "mango " * 1000])
def test_about_too_long(name: str) -> None:
    with pytest.raises(UserError, match="at most 64 characters"):
        checked(SonnetOptions(SonnetRequest(about=name)))


def test_about_is_cleaned() -> None:
    """Spaces count once, and characters that change the direction of text are dropped."""
    request = SonnetRequest("Oh ", about="  Great \n \u202eRex ")
    assert checked(SonnetOptions(request)).request == replace(request, about="Great Rex")
    checked(SonnetOptions(SonnetRequest(about="m" * 32 + " " * 60 + "m" * 31)))


def test_reason_replaces_last_line() -> None:
    shown = Message(embeds=(Embed("A sonnet", (text("One,"), WRITING)),))
    (broken,) = with_reason(shown, text("Why."), None).embeds
    assert [plain(line) for line in broken.lines] == ["One,", "", "Why."]

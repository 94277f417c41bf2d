"""`/sonnet`."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.message import UserError
from bot.polls.hall_queries import HallOfFame
from bot.store.answers import ButtonStates
from bot.verse.queries import Poems
from bot.verse.sonnet import SonnetOptions, checked
from bot.writing.errors import TooSlow
from models.verse.forms import FORMS
from models.verse.poem import DEFAULT_TEMPERATURE, OPENING_LIMIT, NoLineFound, SonnetRequest
from tests.bot.champions import crown
from tests.bot.chats.protocol import Answer, Chat
from tests.bot.fakes import unavailable
from tests.bot.hostile import HOSTILE_OPENINGS


def stanzas_of(result: Answer) -> list[list[str]]:
    """The lines of a poem, stanza by stanza."""
    return [stanza.split("\n") for stanza in result.body.split("\n\n")]


async def test_forms(chat: Chat, subtests: pytest.Subtests) -> None:
    for form, title, stanzas in [
        ("shakespearean", "📜 A sonnet", [4, 4, 4, 2]),
        ("petrarchan", "📜 A Petrarchan sonnet", [4, 4, 3, 3]),
        ("couplets", "📜 Seven couplets", [2] * 7),
        ("limerick", "📜 A limerick", [5]),
        ("free", "📜 Free verse", [5, 5, 4]),
    ]:
        with subtests.test(form):
            result = await chat.alice.use("sonnet", form=form)
            assert chat.writer.sonnets_asked[-1].form == form
            assert result.title == title
            assert [len(stanza) for stanza in stanzas_of(result)] == stanzas


async def test_defaults(chat: Chat) -> None:
    await chat.alice.use("sonnet")
    (request,) = chat.writer.sonnets_asked
    assert request == SonnetRequest("", request.seed, DEFAULT_TEMPERATURE, "shakespearean", "")


@pytest.mark.both
async def test_any_opening_is_shown_as_typed(chat: Chat, subtests: pytest.Subtests) -> None:
    for kind, opening in HOSTILE_OPENINGS.items():
        with subtests.test(kind):
            options = {"opening": opening} if opening else {}
            result = await chat.alice.use("sonnet", **options)
            # All but what would turn the bot's own words about.
            typed = opening.replace("\r\n", "\n").replace("\u202e", "")
            assert result.body.startswith(typed)
            assert not chat.notified()


@pytest.mark.both
@pytest.mark.parametrize("kind", ["trailing space", "exactly 300"])
async def test_another_has_same_options(chat: Chat, kind: str) -> None:
    """Whether its button's id holds them, or the database."""
    asked = {"opening": HOSTILE_OPENINGS[kind], "temperature": "1.25", "form": "couplets"}
    first = await chat.alice.use("sonnet", **asked)
    await chat.restart()
    await chat.alice.press(first, "Another")
    request, again = chat.writer.sonnets_asked
    assert again == replace(request, seed=again.seed)
    assert (again.temperature, again.form) == (1.25, "couplets")
    assert again.seed != request.seed


@pytest.mark.needs("answers that grow")
async def test_poem_grows(chat: Chat) -> None:
    """Its buttons come in the end."""
    versions = chat.versions(await chat.alice.use("sonnet"))
    assert len(versions) > 2
    assert versions[0].body.split("\n")[0] == "line 1 of the poem,"
    sizes = [len(version.body) for version in versions]
    assert sizes == sorted(sizes)
    *unfinished, finished = versions
    assert not any(version.buttons for version in unfinished)
    assert finished.buttons


async def test_address_is_not_continued(chat: Chat) -> None:
    await chat.alice.use("sonnet", opening="Behold http://x.com")
    assert chat.writer.sonnets_asked[-1].opening == "Behold http://x.com "


@pytest.mark.both
async def test_unfinished_poem_keeps_lines(chat: Chat, subtests: pytest.Subtests) -> None:
    for error, lines, why in [
        (NoLineFound(), [4, 4], "The bot couldn't find a next line that's new"),
        (TooSlow(), [4, 2], "That took too long, so the bot gave up; try again in a moment."),
        (RuntimeError("a bug"), [4, 1], "Sorry, something went wrong."),
    ]:
        with subtests.test(repr(error)):
            chat.writer.error, chat.writer.lines_before_error = error, sum(lines)
            result = await chat.alice.use("sonnet", opening="Hey ")
            *stanzas, (reason,) = stanzas_of(result)
            assert [len(stanza) for stanza in stanzas] == lines
            assert reason.startswith(why)
            assert [*result.buttons] == ["Another"]


@pytest.mark.parametrize("opening", ["Shall I, ", "Shall I " * 15])
async def test_poem_without_database(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, opening: str
) -> None:
    """It is shown with the buttons that work: those whose state fits in their id."""
    monkeypatch.setattr(chat.app.store[ButtonStates], "put", unavailable)
    result = await chat.alice.use("sonnet", opening=opening)
    assert [len(stanza) for stanza in stanzas_of(result)] == [4, 4, 4, 2]
    fits = len(opening) + len("sonnet:") < chat.platform.limits.button_id - 20
    assert [*result.buttons] == [*["Another"] * fits, "Details"]


async def test_footer(chat: Chat) -> None:
    result = await chat.alice.use("sonnet", opening="Ay me ", temperature="0.9")
    assert result.card.footer == "From “Ay me ”"
    both = await chat.alice.use("sonnet", about="Rex", opening="Shall I")
    assert both.card.footer == "About Rex · From “Shall I”"


@pytest.mark.both
async def test_details(chat: Chat) -> None:
    """What was typed, if it was anything; buttons of earlier versions tell their figures."""
    for command, result in (
        ("sonnet", await chat.alice.use("sonnet", temperature="Wild")),
        ("dinoname", await chat.alice.use_directly("dinoname", temperature="wild")),
        ("dinoname", await chat.alice.use("dinoname", temperature="wild")),
    ):
        assert "temperature" not in result.words
        details = await chat.alice.press(result, "Details")
        assert details.is_private
        assert details.text == f"The command was /{command} temperature:wild"
    for command in ("sonnet", "dinoname"):
        assert "Details" not in (await chat.alice.use(command)).buttons
    chat.rewrite_button(result, "Details", "details:temperature=0.9,seed=12")
    assert (await chat.alice.press(result, "Details")).text == "temperature 0.9 · seed 12"
    chat.rewrite_button(result, "Details", "details:typed:/dinoname starts_with:fuck")
    assert "fuck" not in (await chat.alice.press(result, "Details")).text
    for state in ("", "seed", "seed=", "seed=x", "seed=1,", "size=1", "seed=1,seed=1", "a" * 90):
        chat.rewrite_button(result, "Details", f"details:{state}")
        assert "another version" in (await chat.alice.press(result, "Details")).text


async def test_poem_without_a_line_costs_cooldown(chat: Chat) -> None:
    """It has cost the networks many tries."""
    await chat.restart(cooldown_seconds=10)
    chat.writer.error = NoLineFound()
    refused = await chat.alice.use("sonnet")
    assert "The bot couldn't find a next line" in refused.text
    assert "too fast" in (await chat.alice.use("sonnet")).text


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


def test_bounds_are_checked() -> None:
    checked(SonnetOptions(SonnetRequest("\r\n" * OPENING_LIMIT)))  # a line end counts once
    with pytest.raises(UserError, match=r"shakespearean, .* or notebook"):
        checked(SonnetOptions(SonnetRequest(form="haiku")))
    for count in (301, 6000):
        options = SonnetOptions(SonnetRequest("b" * count))
        with pytest.raises(UserError, match=f"at most 300 characters, and yours has {count:,}"):
            checked(options)
        assert options.as_typed().startswith("/sonnet opening:bbb")
        assert len(options.as_typed()) < 1000


def test_options_as_typed() -> None:
    options = SonnetOptions(SonnetRequest("Oh \n you", 5, 1.5, "limerick", "Rex"))
    assert options.as_typed() == "/sonnet opening:Oh you about:Rex form:limerick temperature:1.5"


# `/sonnet about:`: poems on names, and which names are suggested


@pytest.mark.both
async def test_about_has_single_spaces(chat: Chat) -> None:
    result = await chat.alice.use("sonnet", about="  Great   Mangosaurus ")
    assert stanzas_of(result)[0][0] == "Great Mangosaurus, line 1 of the poem,"


async def test_poem_knows_the_animal(chat: Chat) -> None:
    for options in ({"about": "Stegosaurus"}, {"opening": "A Stegosaurus walks"}):
        await chat.alice.use("sonnet", **options)
        assert "plates" in chat.writer.sonnets_asked[-1].known
    await chat.alice.use("sonnet", about="the sea")
    assert chat.writer.sonnets_asked[-1].known == ()


async def test_about_any_name(chat: Chat, subtests: pytest.Subtests) -> None:
    """It is shown whole."""
    hostile = "*[x](https://a.b)_@everyone_" * 2
    for about in ["さくら", "Ωsaurus", "Mango", "“Quoted”", "a” b“", "o“", hostile]:
        with subtests.test(about):
            chat.writer.sonnets_asked.clear()
            result = await chat.alice.use("sonnet", about=about)
            assert stanzas_of(result)[0][0].startswith(about)
            assert result.title in {f"📜 A sonnet on {about}", f"📜 A sonnet on “{about}”"}
            assert not chat.notified()
            await chat.alice.press(result, "Another")
            asked = [(each.about, each.opening) for each in chat.writer.sonnets_asked]
            assert asked == [(about, "")] * 2


async def test_title_has_subject(chat: Chat, subtests: pytest.Subtests) -> None:
    for options, title in [
        ({"about": "the sea"}, "📜 A sonnet on the sea"),
        ({"about": "Rex"}, "📜 A sonnet on Rex"),
        ({"about": "our moderator Steve"}, "📜 A sonnet on our moderator Steve"),
        ({"about": "love"}, "📜 A sonnet on love"),
        ({"about": "old friends."}, "📜 A sonnet on old friends"),
        ({"about": "🦕"}, "📜 A sonnet on 🦕"),
        ({"about": "server"}, "📜 A sonnet on “server”"),
        ({"about": "france and once"}, "📜 A sonnet on “france and once”"),
        ({"about": "I'm late!"}, "📜 A sonnet on “I'm late!”"),
        ({"about": "a"}, "📜 A sonnet on “a”"),
        ({"about": "愛"}, "📜 A sonnet on “愛”"),
        ({"opening": "Of time and love ", "about": "Rex"}, "📜 A sonnet on Rex"),
        ({"opening": "Of time and love "}, "📜 A sonnet"),
    ]:
        with subtests.test(str(options)):
            result = await chat.alice.use("sonnet", **options)
            assert result.title == title
            await chat.alice.press(result, "Keep")
            newest, *_ = await chat.app.store[Poems].of(chat.alice.id)
            assert newest.title == title


async def test_about_with_opening(chat: Chat) -> None:
    """The poem begins with the opening, and another one has both again."""
    result = await chat.alice.use("sonnet", about="Rex", opening="Shall I ")
    assert stanzas_of(result)[0][0] == "Shall I line 1 of the poem,"
    await chat.restart()
    await chat.alice.press(result, "Another")
    asked, again = chat.writer.sonnets_asked
    assert (asked.opening, asked.about) == ("Shall I ", "Rex")
    assert again == replace(asked, seed=again.seed)


async def test_about_and_vile_opening(chat: Chat, subtests: pytest.Subtests) -> None:
    for about, opening in [
        ("Cu", "na"),
        ("Cu", "nt"),
        ("c u n t", "Shall I"),
        ("Rex", "Thou art a c u n t"),
    ]:
        with subtests.test(about, opening=opening):
            chat.writer.sonnets_asked.clear()
            options = {"about": about, "opening": opening}
            result = await chat.alice.use("sonnet", **options)
            vile = "cunt" in (about + opening).replace(" ", "").lower()
            assert ("won't write about that" in result.text) == (about == "c u n t")
            assert ("won't begin a poem" in result.text) == (vile and about != "c u n t")
            assert bool(chat.writer.sonnets_asked) != vile


async def suggested(chat: Chat, typed: str) -> list[str]:
    choices = await chat.alice.suggestions("sonnet", "about", typed)
    assert all(choice.label == choice.value for choice in choices)
    return [choice.label for choice in choices]


@pytest.mark.both
async def test_suggest_champion_then_best(chat: Chat) -> None:
    for name, votes, days in (("Bestsaurus", 3, 5), ("Goodsaurus", 2, 9), ("Todaysaurus", 1, 0)):
        at = chat.now() - timedelta(days=days)
        await crown(chat.app.store, name, votes, at=at, community_id=chat.community_id)
    await crown(chat.app.store, "Farsaurus", at=chat.now(), community_id=1)
    assert await suggested(chat, "") == ["Todaysaurus", "Bestsaurus", "Goodsaurus"]
    assert await suggested(chat, " GOOD ") == ["GOOD", "Goodsaurus"]
    assert await suggested(chat, "Rex") == ["Rex"]


async def test_vile_names_are_not_suggested(chat: Chat) -> None:
    await crown(chat.app.store, "Mudsaurus", at=chat.now(), community_id=chat.community_id)
    await chat.restart(blocked_words=frozenset({"*mud*"}))
    assert await suggested(chat, "mud") == []
    assert await suggested(chat, "") == []


async def test_suggestions_without_database(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor are there any for what is too long for a name."""
    assert await suggested(chat, "mango" * 1200) == []
    monkeypatch.setattr(chat.app.store[HallOfFame], "best", unavailable)
    assert await suggested(chat, "Rex") == []


@pytest.mark.parametrize("name", ["m" * 65, "mango " * 1000])
def test_about_too_long(name: str) -> None:
    with pytest.raises(UserError, match="at most 64 characters"):
        checked(SonnetOptions(SonnetRequest(about=name)))


def test_about_is_cleaned() -> None:
    """Spaces count once, and characters that change the direction of text are dropped."""
    request = SonnetRequest("Oh ", about="  Great \n \u202eRex ")
    assert checked(SonnetOptions(request)).request == replace(request, about="Great Rex")
    checked(SonnetOptions(SonnetRequest(about="m" * 32 + " " * 60 + "m" * 31)))

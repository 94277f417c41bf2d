"""`/dinoname`."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.button_states import fits
from bot.chat.message import UserError
from bot.names.custom_model_choice import NamesModel
from bot.names.name_options import (
    LONGEST_TYPED,
    MOST_NAMES,
    NamesOptions,
    as_read,
    checked,
    from_state,
    pieces_of,
    to_state,
)
from bot.names.names import is_fit
from bot.platforms.discord.platform import LIMITS
from bot.polls.poll_message import MORE
from bot.words import WordFilter
from bot.writing.errors import Busy, Stuck, TooManyQueued, TooSlow, WaitedTooLong
from data.text import clean_name
from models.names.constraints import LONGEST_NAME, LONGEST_PIECE, SHORTEST_NAME, NameConstraints
from models.names.generator import NamesRequest
from models.names.problems import Flaw, NamesError, Shortfall
from tests.bot.chats.protocol import Chat
from tests.bot.fakes import card
from tests.metrics import value

OPTIONS: dict[str, object] = {
    "count": 3,
    "starts_with": "Dra",
    "ends_with": "-Raptor",
    "contains": "éo!",
    "length": 14,
    "temperature": 0.75,
}


def options_of(request: NamesRequest) -> dict[str, object]:
    """A request without its seed."""
    return {name: getattr(request, name) for name in OPTIONS}


@pytest.mark.both
async def test_options_reach_network(chat: Chat) -> None:
    result = await chat.alice.use("dinoname", **OPTIONS | {"temperature": "0.75"})
    (request,) = chat.writer.names_asked
    assert options_of(request) == OPTIONS
    assert result.body == "Mangosaurus\nBravosaurus\nKilosaurus"
    assert not result.is_private


async def test_defaults(chat: Chat) -> None:
    for _twice in range(2):
        await chat.alice.use("dinoname")
    first, second = chat.writer.names_asked
    assert first == NamesRequest(count=5, seed=first.seed)
    assert first.seed != second.seed


async def test_more_of_old_messages(chat: Chat) -> None:
    """As 0.7.0 wrote their buttons."""
    first = await chat.alice.use("dinoname")
    chat.rewrite_button(first, "More", "names:4:1.5:dra:raptor:o:14")
    await chat.alice.press(first, "More")
    request = chat.writer.names_asked[-1]
    assert request == NamesRequest(4, request.seed, "dra", 1.5, "raptor", "o", 14)


async def test_fewer_names_have_reason(chat: Chat) -> None:
    chat.writer.shortfall = Shortfall(3, NameConstraints("dra"), Flaw.KNOWN, 0.6)
    result = await chat.alice.use("dinoname", count=10)
    assert result.lines[2:] == [
        "Kilosaurus",
        "",
        "The bot could only find 3 new names (starts_with:dra). Most of what the bot tried was "
        "rejected for being on the list that the network learned from.",
    ]


@pytest.mark.both
async def test_no_names(chat: Chat) -> None:
    """The reason comes in private, with the command to mend."""
    chat.writer.names_found = ()
    chat.writer.shortfall = Shortfall(0, NameConstraints("xqz"), None, 0.0)
    result = await chat.alice.use("dinoname", starts_with="xqz")
    assert result.text.startswith(r"The bot couldn't find a new name (starts_with:xqz). ")
    assert "/dinoname starts_with:xqz" in result.text
    assert result.is_private


async def test_refused_request_comes_back(chat: Chat) -> None:
    chat.writer.error = NamesError("That needs more than {length} letters.", length=5)
    options = {"ends_with": "Raptor`\n x" + "y" * 30, "length": 5}
    result = await chat.alice.use("dinoname", **options)
    why, typed = result.text.split("\n")
    assert why == "That needs more than 5 letters."
    assert typed == f"You asked for: /dinoname ends_with:Raptor` x{'y' * 30} length:5"
    assert result.is_private


async def test_errors_are_explained(chat: Chat, subtests: pytest.Subtests) -> None:
    first = await chat.alice.use("dinoname")
    for error, expected in [
        (Busy(1), "The bot is busy: 1 request is waiting. Try again in a few minutes."),
        (Busy(16), "The bot is busy: 16 requests are waiting. Try again in a few minutes."),
        (TooManyQueued(1), "1 of your requests is still waiting; try again when it's answered."),
        (TooManyQueued(20), "20 of your requests are still waiting; try again when they're"),
        (WaitedTooLong(600), "The bot was too busy: your request waited 10 minutes. Try again"),
        (Stuck(), "The bot can't write at the moment; tell its operator to restart it."),
        (TooSlow(), "That took too long, so the bot gave up; try again in a moment."),
    ]:
        with subtests.test(repr(error)):
            chat.writer.error = error
            for result in (
                await chat.alice.use("dinoname"),
                await chat.alice.press(first, "More"),
            ):
                assert result.text.startswith(expected)
                assert result.is_private


@pytest.mark.both
async def test_unknown_error_has_reference(chat: Chat, caplog: pytest.LogCaptureFixture) -> None:
    """The reply has a reference to the log, and nothing of the error."""
    chat.writer.error = ZeroDivisionError("secret detail")
    result = await chat.alice.use("dinoname")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    reference = record.getMessage().split()[-1]
    assert reference in result.text
    assert "secret detail" not in result.text
    assert record.exc_info is not None
    monitor = chat.app.monitor
    assert value(monitor, "requests_total", request="/dinoname", outcome="failed") == 1


@pytest.mark.both
async def test_direct_messages(chat: Chat) -> None:
    result = await chat.alice.use_directly("dinoname", count=1)
    assert result.body == "Mangosaurus"


# Options, as a platform hands them over that checks nothing.

letters = st.text(max_size=LONGEST_TYPED)
requests = st.builds(
    NamesRequest,
    count=st.integers(1, MOST_NAMES),
    starts_with=letters,
    temperature=st.integers(10, 200).map(lambda hundredths: hundredths / 100),
    ends_with=letters,
    contains=letters,
    length=st.none() | st.integers(SHORTEST_NAME, LONGEST_NAME),
)


@given(requests, st.booleans())
def test_state_round_trip(request_: NamesRequest, latin: bool) -> None:
    read = as_read(request_, latin=latin)
    assert from_state(to_state(read)) == read
    if latin:
        assert pieces_of(read) == tuple(map(clean_name, pieces_of(request_)))


def test_longest_state_fits() -> None:
    longest = "x" * LONGEST_PIECE
    request = NamesRequest(10, 0, longest, 1.25, longest, longest, LONGEST_NAME)
    assert fits(LIMITS, MORE, to_state(request))


@pytest.mark.parametrize("state", ["", "5", "five:1:a", "5:hot:a", "5:1:a:b", "500:1:a"])
def test_invalid_state(state: str) -> None:
    with pytest.raises(UserError, match="/dinoname"):
        from_state(state)


@pytest.mark.parametrize(
    ("request_", "why"),
    [
        (NamesRequest(count=0), "^Ask for 1 to 10 names at a time, for example 5.$"),
        (NamesRequest(count=11), "1 to 10 names"),
        (NamesRequest(length=2), "3 to 26 letters"),
        (NamesRequest(length=27), "3 to 26 letters"),
        (NamesRequest(temperature=0.05), "0.1 to 2"),
        (NamesRequest(temperature=2.01), "0.1 to 2"),
        (NamesRequest(contains="x" * 41), "at most 40 characters"),
    ],
)
def test_bounds_are_checked(request_: NamesRequest, why: str) -> None:
    with pytest.raises(UserError, match=why):
        checked(NamesOptions(request_))


def test_long_text_comes_back_shortened() -> None:
    options = NamesOptions(NamesRequest(ends_with="y" * 6000, length=5), "elves")
    assert options.as_typed() == f"/name namer:elves ends_with:{'y' * 39}… length:5"


DINOSAURS = NamesModel(card("names"), ("titanosaurus", "allosaurus"))


@pytest.mark.parametrize(
    "request_",
    [
        NamesRequest(starts_with="asshole"),
        NamesRequest(starts_with="Nazi"),
        NamesRequest(ends_with="rapist"),
        NamesRequest(contains="wh\u00f6re"),
        NamesRequest(ends_with="tit"),
        NamesRequest(starts_with="nigge"),
        NamesRequest(starts_with="faggo"),
        NamesRequest(starts_with="cock", ends_with="raptor"),
        NamesRequest(starts_with="ni", contains="gger"),
        NamesRequest(contains="sh1t"),
        NamesRequest(contains="ﬀuck"),
        NamesRequest(starts_with="f", contains="u", ends_with="ck"),
    ],
)
def test_rude_letters(request_: NamesRequest) -> None:
    """*tit* begins Titanosaurus, and ends no dinosaur."""
    assert not is_fit(request_, DINOSAURS, WordFilter())
    assert is_fit(NamesRequest(starts_with="Tit"), DINOSAURS, WordFilter())


@pytest.mark.both
async def test_temperature_is_a_word(chat: Chat) -> None:
    """In any language, or a number; a wrong one costs no cooldown."""
    await chat.restart(cooldown_seconds=10)
    for typed in ("hot", "0.05", "nan"):
        refused = await chat.alice.use("dinoname", temperature=typed)
        assert "choose tame, usual or wild, or a number from 0.1 to 2" in refused.text
        assert refused.is_private
    await chat.alice.use("dinoname", temperature="wild")
    await chat.pass_time(10)
    await chat.alice.use("dinoname", temperature="zahm")
    assert [each.temperature for each in chat.writer.names_asked] == [1.3, 0.7]


@pytest.mark.both
async def test_dropped_characters_are_told(chat: Chat) -> None:
    shown = await chat.alice.use("dinoname", starts_with="Xq9", ends_with="-ürus")
    assert chat.writer.names_asked[0].starts_with == "Xq9"
    assert "letters from A to Z, so the bot left out 9." in shown.words

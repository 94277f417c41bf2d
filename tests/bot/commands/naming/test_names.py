"""`/dinoname`."""

from dataclasses import replace

import pytest
import simcord
from hypothesis import given
from hypothesis import strategies as st

from bot.commands.core.button_states import fits
from bot.commands.core.message import UserError, plain
from bot.commands.naming.custom_model_choice import NamesModel
from bot.commands.naming.name_options import (
    LONGEST_TYPED,
    MOST_NAMES,
    NamesOptions,
    as_read,
    check_bounds,
    from_state,
    pieces_of,
    to_state,
)
from bot.commands.naming.names import is_fit
from bot.commands.polls.name_message import MORE
from bot.discord.platform import LIMITS
from bot.services.queueing.errors import Busy, Stuck, TooMany, TooSlow, WaitedTooLong
from bot.services.word_filter import WordFilter
from data.text import clean_name
from models.names.constrained.constraints import NameConstraints
from models.names.constrained.problems import (
    Flaw,
    LengthTooShort,
    NamesError,
    Shortfall,
)
from models.names.generator import LONGEST_NAME, LONGEST_PIECE, SHORTEST_NAME, NamesRequest
from tests.bot.conftest import Home
from tests.bot.fakes import card
from tests.bot.replies import description, lines, sentence

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


async def test_names_are_capitalized(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dinoname", count=2)
    assert description(result) == "**Mangosaurus**\n**Bravosaurus**"
    assert not result.ephemeral


async def test_options_reach_network(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname", **OPTIONS)
    (request,) = home.writer.names_asked
    assert options_of(request) == OPTIONS


async def test_defaults(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname")
    (request,) = home.writer.names_asked
    assert request == NamesRequest(count=5, seed=request.seed)


async def test_seeds_differ(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname")
    await home.alice.slash(home.channel, "dinoname")
    first, second = home.writer.names_asked
    assert first.seed != second.seed


async def test_bounds_are_declared(home: Home, subtests: pytest.Subtests) -> None:
    """Discord itself rejects values out of bounds."""
    refused: list[dict[str, object]] = [
        {"count": 0},
        {"count": 11},
        {"temperature": 2.1},
        {"length": 2},
        {"length": 27},
        {"starts_with": "x" * (LONGEST_TYPED + 1)},
    ]
    for options in refused:
        with subtests.test(str(options)), pytest.raises(simcord.OptionError):
            await home.alice.slash(home.channel, "dinoname", **options)


async def test_more_repeats_request(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname", **OPTIONS)
    assert first.response is not None
    again = await home.alice.click(first.response, label="More")
    assert description(again).count("\n") == 2
    as_read = {"starts_with": "dra", "ends_with": "raptor", "contains": "eo"}
    assert options_of(home.writer.names_asked[-1]) == OPTIONS | as_read


@pytest.mark.parametrize(
    ("state", "request_"),
    [
        ("3:0.75:eo", NamesRequest(3, 0, "eo", 0.75)),  # 0.1.0
        ("4:1.5:dra:raptor:o:14", NamesRequest(4, 0, "dra", 1.5, "raptor", "o", 14)),  # 0.3.0
    ],
)
async def test_more_of_old_messages(home: Home, state: str, request_: NamesRequest) -> None:
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    home.rewrite_button(first.response.id, "More", f"names:{state}")
    await home.alice.click(first.response, label="More")
    request = home.writer.names_asked[-1]
    assert request == replace(request_, seed=request.seed)


async def test_more_after_restart(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname", count=2)
    assert first.response is not None
    await home.restart()
    again = await home.alice.click(first.response, label="More")
    assert description(again) == "**Mangosaurus**\n**Bravosaurus**"


async def test_fewer_names_have_reason(home: Home) -> None:
    home.writer.shortfall = Shortfall(3, NameConstraints("dra"), Flaw.KNOWN, 0.6)
    result = await home.alice.slash(home.channel, "dinoname", count=10)
    *names, _blank, why = lines(result)
    assert names[-1] == "**Kilosaurus**"
    assert why == (
        r"Only 3 new names were found (starts\_with:dra). Most of what was tried was rejected: "
        "on the list that the network learned from."
    )


async def test_no_names(home: Home) -> None:
    """The reason comes in private, with the command to mend."""
    home.writer.names_found = ()
    home.writer.shortfall = Shortfall(0, NameConstraints("xqz"), None, 0.0)
    result = await home.alice.slash(home.channel, "dinoname", starts_with="xqz")
    assert sentence(result).startswith(r"No new name was found (starts\_with:xqz). ")
    assert "/dinoname starts_with:xqz" in sentence(result)
    assert result.ephemeral


async def test_refused_request_comes_back(home: Home) -> None:
    constraints = NameConstraints(ends_with="raptor", length=5)
    home.writer.error = NamesError(LengthTooShort(constraints, 7))
    options = {"ends_with": "Raptor`\n x" + "y" * 30, "length": 5}
    result = await home.alice.slash(home.channel, "dinoname", **options)
    why, typed = sentence(result).split("\n")
    assert why == "That needs more than 5 letters. Try length:7."
    assert typed == f"You asked for: `/dinoname ends_with:Raptorˋ x{'y' * 30} length:5`"
    assert result.ephemeral


async def test_vile_letters_are_refused(home: Home, subtests: pytest.Subtests) -> None:
    """The network never sees them, and the reply does not repeat them."""
    for options in [
        {"starts_with": "F.u.c.k"},
        {"ends_with": "fuck"},
        {"contains": "ﬀuck"},
        {"contains": "a fúck b"},
        {"starts_with": "fu", "ends_with": "ck"},
        {"starts_with": "fu", "contains": "ck"},
        {"contains": "fu", "ends_with": "ck"},
        {"starts_with": "f", "contains": "u", "ends_with": "ck"},
    ]:
        with subtests.test(str(options)):
            result = await home.alice.slash(home.channel, "dinoname", **options)
            assert sentence(result) == "The bot won't write names like that; try other letters."
            assert result.ephemeral
            assert not home.writer.names_asked


async def test_errors_are_explained(home: Home, subtests: pytest.Subtests) -> None:
    for error, expected in [
        (Busy(1), "The bot is busy: 1 request is waiting. Try again in a few minutes."),
        (Busy(16), "The bot is busy: 16 requests are waiting. Try again in a few minutes."),
        (TooMany(1), "1 of your requests is still waiting; try again when it's answered."),
        (TooMany(20), "20 of your requests are still waiting; try again when they're answered."),
        (
            WaitedTooLong(600),
            "The bot was too busy: your request waited 10 minutes. Try again later.",
        ),
        (Stuck(), "The bot can't write at the moment; tell its operator to restart it."),
        (TooSlow(), "That took too long, so the bot gave up; try again in a moment."),
    ]:
        with subtests.test(repr(error)):
            home.writer.error = error
            result = await home.alice.slash(home.channel, "dinoname")
            assert sentence(result) == expected
            assert result.ephemeral


async def test_failure_costs_no_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    home.writer.error = Busy(16)
    await home.alice.slash(home.channel, "dinoname")
    home.writer.error = None
    assert description(await home.alice.slash(home.channel, "dinoname"))


async def test_too_many_requests_cost_cooldown(home: Home) -> None:
    """The member causes this refusal, and it has cost the bot the word filter and a reply."""
    await home.restart(cooldown_seconds=10)
    home.writer.error = TooMany(20)
    await home.alice.slash(home.channel, "dinoname")
    home.writer.error = None
    result = await home.alice.slash(home.channel, "dinoname")
    assert sentence(result).startswith("You're going too fast")


async def test_refusal_costs_cooldown(home: Home) -> None:
    """Refused requests also cost time: the word filter has run."""
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dinoname", starts_with="fuck")
    result = await home.alice.slash(home.channel, "dinoname")
    assert sentence(result).startswith("You're going too fast")


async def test_unknown_error_has_reference(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    """The reply has a reference to the log, and nothing of the error."""
    home.writer.error = ZeroDivisionError("secret detail")
    result = await home.alice.slash(home.channel, "dinoname")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    reference = record.getMessage().split()[-1]
    assert reference in sentence(result)
    assert "secret detail" not in sentence(result)
    assert record.exc_info is not None


async def test_error_behind_button(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    home.writer.error = Busy(3)
    result = await home.alice.click(first.response, label="More")
    assert "3 requests are waiting" in sentence(result)


async def test_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dinoname")
    refused = await home.alice.slash(home.channel, "dinoname")
    assert sentence(refused) == "You're going too fast; try again in a few seconds."
    await home.pass_time(10)
    assert description(await home.alice.slash(home.channel, "dinoname"))


async def test_button_shares_cooldown(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    refused = await home.alice.click(first.response, label="More")
    assert "too fast" in sentence(refused)


async def test_cooldown_is_per_member(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    bob = home.guild.add_member(home.env.create_user("bob"))
    await home.alice.slash(home.channel, "dinoname")
    assert description(await bob.slash(home.channel, "dinoname"))


async def test_expired_interaction_is_logged(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    home.env.inject_error(
        "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction"
    )
    await home.alice.slash(home.channel, "dinoname")
    assert "The request no longer exists" in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_direct_messages(home: Home) -> None:
    result = await home.alice.user.slash("dinoname", count=1)
    assert description(result) == "**Mangosaurus**"


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
        (NamesRequest(count=0), "1 to 10 names"),
        (NamesRequest(count=11), "1 to 10 names"),
        (NamesRequest(length=2), "3 to 26 letters"),
        (NamesRequest(length=27), "3 to 26 letters"),
        (NamesRequest(temperature=0.05), "0.1 .* to 2"),
        (NamesRequest(temperature=2.01), "0.1 .* to 2"),
        (NamesRequest(contains="x" * 41), "at most 40 characters"),
    ],
)
def test_bounds_are_checked(request_: NamesRequest, why: str) -> None:
    with pytest.raises(UserError, match=why):
        check_bounds(NamesOptions(request_))


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
    ],
)
def test_rude_letters(request_: NamesRequest) -> None:
    assert not is_fit(request_, DINOSAURS, WordFilter())


def test_letters_of_a_real_name_are_fit() -> None:
    """*tit* begins Titanosaurus."""
    assert is_fit(NamesRequest(starts_with="Tit"), DINOSAURS, WordFilter())


def test_echo_of_defaults_is_left_out() -> None:
    with pytest.raises(UserError) as caught:
        check_bounds(NamesOptions(NamesRequest(count=0)))
    assert plain(caught.value.text) == "Ask for 1 to 10 names at a time, for example 5."

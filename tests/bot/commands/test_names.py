"""`/dinoname`, as a member meets it."""

import pytest
import simcord

from bot.commands import autocomplete
from bot.services.inference import Busy, TooSlow
from models.names.generator import NamesError, NamesRequest
from tests.bot.conftest import Home


def shown(result: simcord.InteractionResult) -> str:
    """The text of a reply's card."""
    assert result.response is not None
    (embed,) = result.response.embeds
    return embed.description or ""


def sentence(result: simcord.InteractionResult) -> str:
    """The text of a reply without a card."""
    assert result.response is not None
    return result.response.content


async def test_names_come_on_a_card_with_capitals(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dinoname", count=2)
    assert shown(result) == "**Mangosaurus**\n**Bravosaurus**"
    assert not result.ephemeral


WISHES: dict[str, object] = {
    "count": 3,
    "starts_with": "Dra",
    "ends_with": "-Raptor",
    "contains": "éo!",
    "length": 14,
    "temperature": 0.75,
}


def wishes_of(request: NamesRequest) -> dict[str, object]:
    """What a request asks for, whatever its seed."""
    return {name: getattr(request, name) for name in WISHES}


async def test_options_reach_the_network(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname", **WISHES)
    (request,) = home.writer.names_asked
    assert wishes_of(request) == WISHES


async def test_without_options_five_names_of_any_kind_are_asked_for(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname")
    (request,) = home.writer.names_asked
    assert request == NamesRequest(count=5, seed=request.seed)


async def test_a_piece_that_is_harmless_in_a_name_is_taken(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.bot.fakes.GENERA", ("titanosaurus",))
    await home.alice.slash(home.channel, "dinoname", starts_with="tit")
    assert home.writer.names_asked


async def test_two_requests_have_different_seeds(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname")
    await home.alice.slash(home.channel, "dinoname")
    first, second = home.writer.names_asked
    assert first.seed != second.seed


@pytest.mark.parametrize(
    "options",
    [{"count": 0}, {"count": 11}, {"temperature": 2.1}, {"length": 2}, {"length": 27}],
)
async def test_options_out_of_range_cannot_be_sent(home: Home, options: dict[str, float]) -> None:
    with pytest.raises(simcord.OptionError):
        await home.alice.slash(home.channel, "dinoname", **options)


async def test_the_button_asks_for_the_same_again(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname", **WISHES)
    assert first.response is not None
    again = await home.alice.click(first.response, label="More")
    assert shown(again).count("\n") == 2
    as_read = {"starts_with": "dra", "ends_with": "raptor", "contains": "eo"}
    assert wishes_of(home.writer.names_asked[-1]) == WISHES | as_read


async def test_a_button_of_the_first_version_still_works(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    stored = home.env.backend.get_message(home.channel.id, first.response.id)
    buttons = [button for row in stored.components for button in row["components"]]
    (more,) = (button for button in buttons if button["label"] == "More")
    more["custom_id"] = "names:3:0.75:eo"
    await home.alice.click(first.response, label="More")
    request = home.writer.names_asked[-1]
    assert request == NamesRequest(3, request.seed, "eo", 0.75)


async def test_the_button_still_works_after_a_restart(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname", count=2)
    assert first.response is not None
    await home.restart()
    again = await home.alice.click(first.response, label="More")
    assert shown(again) == "**Mangosaurus**\n**Bravosaurus**"


async def test_fewer_names_than_asked_come_with_the_reason(home: Home) -> None:
    home.writer.reason = "Only three new names begin like that."
    result = await home.alice.slash(home.channel, "dinoname", count=10)
    assert shown(result).endswith("**Kilosaurus**\n\nOnly three new names begin like that.")


async def test_no_name_at_all_is_said_in_private(home: Home) -> None:
    home.writer.names_found = ()
    home.writer.reason = "No new name begins like that."
    result = await home.alice.slash(home.channel, "dinoname", starts_with="xqz")
    assert sentence(result).startswith("No new name begins like that.")
    assert "/dinoname starts_with:xqz" in sentence(result)
    assert result.ephemeral


async def test_an_impossible_wish_comes_back_as_it_was_typed(home: Home) -> None:
    home.writer.error = NamesError("A name of 5 letters cannot end with 6 others.")
    options = {"ends_with": "Raptor`\n x" + "y" * 6000, "length": 5}
    result = await home.alice.slash(home.channel, "dinoname", **options)
    why, typed = sentence(result).split("\n")
    assert why == "A name of 5 letters cannot end with 6 others."
    assert typed.startswith("You asked for: `/dinoname ends_with:Raptorˋ xy")
    assert typed.endswith("y… length:5`")
    assert len(typed) < 200
    assert result.ephemeral
    assert home.env.errors


@pytest.mark.parametrize(
    "options",
    [
        {"starts_with": "F.u.c.k"},
        {"ends_with": "fuck"},
        {"contains": "ﬀuck"},
        {"contains": "a fúck b"},
        {"starts_with": "fu", "ends_with": "ck"},
        {"starts_with": "fu", "contains": "ck"},
        {"contains": "fu", "ends_with": "ck"},
        {"starts_with": "f", "contains": "u", "ends_with": "ck"},
    ],
)
async def test_a_vile_piece_is_refused_before_the_network_sees_it(
    home: Home, options: dict[str, str]
) -> None:
    result = await home.alice.slash(home.channel, "dinoname", **options)
    assert sentence(result).startswith("No dinosaur of mine is called anything like that")
    assert result.ephemeral
    assert not home.writer.names_asked
    assert home.env.errors


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (NamesError("No letter is left of that."), "No letter is left of that."),
        (Busy(1), "1 answer of mine is ahead of yours; try again in a moment."),
        (Busy(16), "16 answers of mine are ahead of yours; try again in a moment."),
        (TooSlow(), "That took me too long, so I gave up; try again in a moment."),
    ],
)
async def test_what_a_member_can_do_something_about_is_said(
    home: Home, error: Exception, expected: str
) -> None:
    home.writer.error = error
    result = await home.alice.slash(home.channel, "dinoname")
    assert sentence(result) == expected
    assert result.ephemeral
    assert home.env.errors


async def test_an_answer_that_failed_costs_no_cooldown(home: Home) -> None:
    home.writer.error = Busy(16)
    await home.alice.slash(home.channel, "dinoname")
    home.writer.error = None
    result = await home.alice.slash(home.channel, "dinoname")
    assert result.response is not None
    assert result.response.embeds
    assert home.env.errors


async def test_an_unknown_error_is_apologised_for_under_the_reference_in_the_log(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    home.writer.error = ZeroDivisionError("secret detail")
    result = await home.alice.slash(home.channel, "dinoname")
    (record,) = [record for record in caplog.records if record.levelname == "ERROR"]
    reference = record.getMessage().split()[-1]
    assert reference in sentence(result)
    assert "secret detail" not in sentence(result)
    assert record.exc_info is not None
    assert home.env.errors


async def test_an_error_behind_a_button_is_answered_too(home: Home) -> None:
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    home.writer.error = Busy(3)
    result = await home.alice.click(first.response, label="More")
    assert "3 answers" in sentence(result)


async def test_a_member_rests_between_two_answers(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dinoname")
    refused = await home.alice.slash(home.channel, "dinoname")
    assert "you can ask again <t:" in sentence(refused).replace("\\", "")
    assert sentence(refused).endswith(":R>.")
    await home.env.advance_time(10)
    assert shown(await home.alice.slash(home.channel, "dinoname"))
    assert home.env.errors


async def test_the_button_shares_the_rest_of_its_command(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    first = await home.alice.slash(home.channel, "dinoname")
    assert first.response is not None
    refused = await home.alice.click(first.response, label="More")
    assert "ask again" in sentence(refused)


async def test_another_member_does_not_wait(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    bob = home.guild.add_member(home.env.create_user("bob"))
    await home.alice.slash(home.channel, "dinoname")
    assert shown(await bob.slash(home.channel, "dinoname"))


async def test_a_refused_request_costs_no_rest(home: Home) -> None:
    await home.restart(cooldown_seconds=10)
    await home.alice.slash(home.channel, "dinoname", starts_with="fuck")
    assert shown(await home.alice.slash(home.channel, "dinoname"))
    assert home.env.errors


async def test_an_interaction_that_expired_is_logged_and_not_raised(
    home: Home, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    home.env.inject_error(
        "POST", "/interactions/*/callback", status=404, code=10062, message="Unknown interaction"
    )
    await home.alice.slash(home.channel, "dinoname")
    assert "Nobody waits for this answer" in caplog.text
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert home.env.errors


async def test_it_works_in_direct_messages(home: Home) -> None:
    result = await home.alice.user.slash("dinoname", count=1)
    assert shown(result) == "**Mangosaurus**"


async def offered(home: Home, option: str, typed: str) -> list[tuple[str, str]]:
    """What is offered while a member types, as label and value."""
    choices = await home.alice.autocomplete(home.channel, "dinoname", option, typed)
    return [(choice["name"], choice["value"]) for choice in choices]


async def test_the_commonest_endings_of_the_list_are_offered(home: Home) -> None:
    assert await offered(home, "ends_with", "") == [
        ("-raptor · thief", "raptor"),
        ("-saurus · lizard", "saurus"),
    ]


async def test_typing_narrows_what_is_offered_and_keeps_what_was_typed(home: Home) -> None:
    assert await offered(home, "ends_with", "Rap") == [
        ("-rap", "rap"),
        ("-raptor · thief", "raptor"),
    ]
    assert await offered(home, "starts_with", "dr") == [
        ("dr-", "dr"),
        ("draco- · dragon", "draco"),
    ]
    assert await offered(home, "contains", "mango") == [("mango", "mango")]


async def test_beginnings_and_endings_are_offered_as_contents(home: Home) -> None:
    assert [value for _, value in await offered(home, "contains", "")] == [
        "raptor",
        "saurus",
        "draco",
    ]


async def test_no_vile_name_of_a_list_is_offered(home: Home) -> None:
    assert autocomplete.whole_names("f", ("fukuiraptor", "fuckosaurus"), home.app.word_filter) == [
        autocomplete.Offer("F", "f"),
        autocomplete.Offer("Fukuiraptor", "fukuiraptor"),
    ]


@pytest.mark.parametrize("typed", ["fuck", "z" * 100, "日本", "?"])
async def test_what_cannot_be_a_piece_is_not_offered(home: Home, typed: str) -> None:
    assert all(typed not in value for _, value in await offered(home, "contains", typed))

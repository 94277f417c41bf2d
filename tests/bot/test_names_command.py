"""`/dinoname`, as a member meets it."""

import pytest
import simcord

from bot.inference import Busy, TooSlow
from models.names import NamesError
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


async def test_options_reach_the_network(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname", count=3, starts_with="Man", temperature=0.8)
    (request,) = home.writer.names_asked
    assert (request.count, request.starts_with, request.temperature) == (3, "Man", 0.8)


async def test_two_requests_have_different_seeds(home: Home) -> None:
    await home.alice.slash(home.channel, "dinoname")
    await home.alice.slash(home.channel, "dinoname")
    first, second = home.writer.names_asked
    assert first.seed != second.seed


@pytest.mark.parametrize("options", [{"count": 0}, {"count": 11}, {"temperature": 2.1}])
async def test_options_out_of_range_cannot_be_sent(home: Home, options: dict[str, float]) -> None:
    with pytest.raises(simcord.OptionError):
        await home.alice.slash(home.channel, "dinoname", **options)


async def test_the_button_asks_for_the_same_again(home: Home) -> None:
    first = await home.alice.slash(
        home.channel, "dinoname", count=3, starts_with="Éo!", temperature=0.75
    )
    assert first.response is not None
    again = await home.alice.click(first.response, label="More")
    assert shown(again).count("\n") == 2
    request = home.writer.names_asked[-1]
    assert (request.count, request.starts_with, request.temperature) == (3, "eo", 0.75)


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
    assert sentence(result) == "No new name begins like that."
    assert result.ephemeral


async def test_a_vile_beginning_is_refused_before_the_network_sees_it(home: Home) -> None:
    result = await home.alice.slash(home.channel, "dinoname", starts_with="F.u.c.k")
    assert sentence(result).startswith("No dinosaur of mine begins like that")
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

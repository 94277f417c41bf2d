"""A stop of the bot while requests are on their way: each that was acknowledged is answered."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat import stopping
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.network.members import Member
from models.names.generator import NamesResult
from simulators.slack.records import Interaction
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.bot.platforms.slack.setups import make_bot, running


def _ask(slack: LocalSlack, how: str) -> Interaction:
    match how:
        case "command":
            return slack.command(slack.member, "/settings", "")
        case "button":
            poem = slack.messages[-1]
            return slack.press(slack.member, poem, poem.buttons[0]["action_id"])
        case "form":
            form = slack.modal(slack.member)
            assert form is not None
            return slack.submit(slack.member, form, {"opening": "Shall I"})
        case _shortcut:
            said = slack.say(slack.member, "Shall I compare thee to a summer's day?")
            return slack.shortcut(slack.member, "sonnet_from_message", said)


@pytest.fixture
async def bot(world: World, slack: LocalSlack) -> AsyncIterator[SlackBot]:
    """The bot, which has connected, a message with buttons, and a form."""
    async with running(make_bot(world, slack)) as made:
        await slack.command(slack.member, "/sonnet", "").answer()
        await slack.command(slack.member, "/sonnet", "?").opened()
        made.platform.members._known.clear()
        yield made


@pytest.fixture
def lookups(bot: SlackBot, monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """Slack is asked for a member, and answers once the second of these is set."""
    begun, allowed = asyncio.Event(), asyncio.Event()
    original = bot.platform.members.find

    async def find(user: str, team: str, *, for_rights: bool = True) -> Member:
        begun.set()
        await allowed.wait()
        return await original(user, team, for_rights=for_rights)

    monkeypatch.setattr(bot.platform.members, "find", find)
    return begun, allowed


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("how", ["command", "button", "form", "shortcut"])
async def test_stop_while_a_member_is_looked_up(
    bot: SlackBot,
    slack: LocalSlack,
    lookups: tuple[asyncio.Event, asyncio.Event],
    monkeypatch: pytest.MonkeyPatch,
    how: str,
    is_slow: bool,
) -> None:
    """The look-up ends while the bot waits for answers, or not even then."""
    begun, allowed = lookups
    if is_slow:
        monkeypatch.setattr(stopping, "PATIENCE_S", 0.01)
    asked = _ask(slack, how)
    await asked.acknowledgement()
    await asyncio.wait_for(begun.wait(), 60)
    stopped = asyncio.create_task(bot.shut_down())
    await asyncio.sleep(0)
    if not is_slow:
        allowed.set()
    await asyncio.wait_for(stopped, 60)
    assert "restarting" in slack.messages[-1].words
    assert not bot.platform.is_connected


async def test_begun_answer_is_finished(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, allowed = asyncio.Event(), asyncio.Event()
    write = bot.app.inference.names

    async def names(*args: Any, **kwargs: Any) -> NamesResult:  # noqa: ANN401
        begun.set()
        await allowed.wait()
        return await write(*args, **kwargs)

    monkeypatch.setattr(bot.app.inference, "names", names)
    slack.command(slack.member, "/dinoname", "")
    await asyncio.wait_for(begun.wait(), 60)
    stopped = asyncio.create_task(bot.shut_down())
    await asyncio.sleep(0.1)
    allowed.set()
    await asyncio.wait_for(stopped, 60)
    assert "Bravosaurus" in slack.messages[-1].words


async def test_what_arrives_during_the_stop(bot: SlackBot, slack: LocalSlack) -> None:
    """It is refused without asking Slack or the database for anything."""
    await bot.app.in_flight.finish(0.0)
    before = slack.calls["users.info"]
    assert "restarting" in (await slack.command(slack.member, "/settings", "").answer()).words
    assert slack.calls["users.info"] == before


async def test_nothing_is_taken_at_the_end(bot: SlackBot, slack: LocalSlack) -> None:
    """Another process gets it: it is not acknowledged."""
    await bot.front.stop_listening()
    asked = slack.command(slack.member, "/dinoname", "")
    await asyncio.sleep(0.1)
    assert not asked.is_acknowledged

"""Pictures in messages and private answers, in the simulated workspace."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from unittest.mock import AsyncMock, Mock

import pytest

from bot.chat.message import Embed, File, Message
from bot.platforms.slack.client import SlackBot
from bot.platforms.slack.pictures import KEPT
from bot.platforms.slack.turn import SlackOrigin, SlackTurn
from bot.text.technical import technical
from simulators.slack import records
from simulators.slack.limits import SlackError
from simulators.slack.server import LocalSlack
from tests.bot.conftest import World
from tests.bot.platforms.slack.setups import make_bot, running
from tests.texts import written

PLATE = File(technical("plate.png"), b"\x89PNG\r\n\x1a\n", written("A plate"))
SECRET = Message(embeds=(Embed(written("Bravosaurus")),), files=(PLATE,), private=True)


PUBLIC = replace(SECRET, private=False, files_stay=True)
OTHER = replace(PLATE, content=PLATE.content + b"2", description=written("Another plate"))


def existing(slack: LocalSlack) -> list[records.File]:
    """The files that the bot has on Slack."""
    return [each for each in slack.state.messages.files.values() if not each.is_deleted]


async def turn_of(bot: SlackBot, slack: LocalSlack) -> SlackTurn:
    """A request, whose first answer is there already."""
    asked = slack.command(slack.member, "/mango-help")
    await asked.answer()
    origin = SlackOrigin(slack.member.id, slack.channel.id, response_url=asked.response_url)
    turn = await bot.requests._turns.of(origin)
    assert turn is not None
    return turn


async def answer(bot: SlackBot, slack: LocalSlack) -> records.Message:
    """A private answer with a picture."""
    turn = await turn_of(bot, slack)
    await turn.respond(SECRET)
    return slack.messages[-1]


async def test_picture_is_in_the_answer(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack processes it first. It is deleted when nobody sees the answer any longer."""
    message = await answer(bot, slack)
    assert message.only_for is slack.member
    (picture,) = message.pictures
    assert picture.data == PLATE.content
    assert message.blocks[-1]["alt_text"] == picture.alt_text == "A plate"
    assert "direct messages" not in message.words
    pictures = bot.platform.pictures
    assert pictures is not None
    for age, left in ((KEPT - timedelta(hours=1), [picture]), (KEPT + timedelta(hours=1), [])):
        await pictures.sweep(bot.platform.team, bot.app.now() + age)
        assert existing(slack) == left
    await pictures.sweep(bot.platform.team, bot.app.now() + 2 * KEPT)
    assert slack.calls["files.delete"] == 1


async def test_picture_of_a_public_message(world: World, bot: SlackBot, slack: LocalSlack) -> None:
    """It stays when another process edits the message, until another or none replaces it."""
    turn = await turn_of(bot, slack)
    ref = await turn.respond(PUBLIC)
    assert ref is not None
    message = slack.messages[-1]
    (first,) = message.pictures
    assert "in the thread" not in message.words
    assert bot.platform.pictures is not None
    await bot.platform.pictures.sweep(bot.platform.team, bot.app.now() + 2 * KEPT)
    async with running(make_bot(world, slack)) as other:
        await other.platform.edit(ref, replace(PUBLIC, files=()))
        assert message.pictures == [first]
        assert message.blocks[-1]["alt_text"] == "A plate"
        await other.platform.edit(ref, replace(PUBLIC, files=(OTHER,)))
        assert message.pictures == []
        (second,) = existing(slack)
        assert second in slack.messages[-1].files
        assert "in the thread" in message.words
        await other.platform.edit(ref, replace(PUBLIC, files=(OTHER,)))
        assert existing(slack) == [second]
        await other.platform.edit(ref, replace(PUBLIC, files=(), files_stay=False))
    assert existing(slack) == []


async def test_shown_picture_is_no_former_file(bot: SlackBot, slack: LocalSlack) -> None:
    """Slack may count the picture in a message among its files."""
    ref = await (await turn_of(bot, slack)).respond(PUBLIC)
    assert ref is not None
    message = slack.messages[-1]
    message.files += message.pictures
    await bot.platform.edit(ref, PUBLIC)
    assert existing(slack) == message.pictures != []


async def test_newer_edit_overtakes_a_picture(bot: SlackBot, slack: LocalSlack) -> None:
    """The older one, which then says where its picture is, must not undo it."""
    turn = await turn_of(bot, slack)
    ref = await turn.respond(replace(PUBLIC, files=()))
    assert ref is not None
    message = slack.messages[-1]
    older = asyncio.create_task(bot.platform.edit(ref, PUBLIC))
    await slack.wait_for(lambda: slack.calls["files.getUploadURLExternal"])
    newest = Message(embeds=(Embed(written("Kilosaurus")),))
    await bot.platform.edit(ref, newest)
    await older
    assert "Kilosaurus" in message.words
    assert "in the thread" not in message.words


async def test_refused_block(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picture goes to the thread, and the message says so."""
    turn = await turn_of(bot, slack)
    refused = Mock(side_effect=SlackError("invalid_blocks"))
    monkeypatch.setattr(slack.state.messages, "_picture", refused)
    ref = await turn.respond(PUBLIC)
    assert ref is not None
    message, below = slack.messages[-2:]
    assert "The picture is in the thread." in message.words
    assert below.thread_ts == message.ts
    assert [each.data for each in below.files] == [PLATE.content]
    await bot.platform.edit(ref, replace(PUBLIC, files=(OTHER,)))
    assert slack.messages[-1].files[0].data == OTHER.content
    assert below.files[0].is_deleted


class Killed(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("step", ["finish_upload", "_sleep", "respond"])
async def test_killed_before_the_answer(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """While the file is sent, processed, or posted: it is deleted after a later start."""
    turn = await turn_of(bot, slack)
    with monkeypatch.context() as patched:
        patched.setattr(bot.api, step, AsyncMock(side_effect=Killed))
        with pytest.raises(Killed):
            await turn.respond(SECRET)
    assert len(existing(slack)) == 1
    assert bot.platform.pictures is not None
    await bot.platform.pictures.sweep(bot.platform.team, bot.app.now() + 2 * KEPT)
    assert existing(slack) == []


async def test_picture_that_is_not_processed_in_time(
    bot: SlackBot, slack: LocalSlack, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes to the direct messages, and the answer says so."""
    slack.state.messages.processing = 99
    monkeypatch.setattr(bot.api, "_sleep", AsyncMock())
    message = await answer(bot, slack)
    assert message.pictures == []
    assert "in your direct messages" in message.words
    (sent,) = [each for each in slack.messages if each.files]
    assert sent.channel is slack.workspace.direct(slack.member)

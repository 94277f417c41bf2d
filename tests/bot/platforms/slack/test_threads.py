"""Requests in a thread: what is asked there is answered there."""

from collections.abc import AsyncIterator

import pytest

from bot.chat.message import File, Message, text
from bot.platforms.slack.platform import SlackPlatform
from bot.store import Store
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal, serving
from tests.bot.platforms.slack.setups import TIMESTAMP, platform_on, turn_in, user

HELLO, SECRET = Message(text("Hello")), Message(text("Psst"), private=True)
POSTED = Answer({"ts": TIMESTAMP})
THREAD = "1600000000.000001"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def platform(slack: SlackServer, store: Store) -> AsyncIterator[SlackPlatform]:
    made = await platform_on(slack, store)
    slack.answers["users.info"] = [user()]
    yield made
    await made.api.close()


async def test_answers_in_a_thread(platform: SlackPlatform, slack: SlackServer) -> None:
    """A button there is answered there, whether everybody sees it or not."""
    slack.answers["chat.postMessage"] = [POSTED] * 3
    press = await turn_in(platform, slack, message=TIMESTAMP, thread=THREAD)
    await press.respond(SECRET)
    await press.respond(Message(text("first" + "x" * 20_000 + "last")))
    await press.announce(HELLO)
    await press.edit_source(HELLO)
    sent = [*slack.of("respond"), *slack.of("chat.postMessage")]
    assert len(sent) > 3
    assert {each["thread_ts"] for each in sent} == {THREAD}
    assert slack.of("chat.update")[-1]["ts"] == TIMESTAMP


async def test_thread_was_deleted(platform: SlackPlatform, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [refusal("thread_not_found"), POSTED]
    press = await turn_in(platform, slack, message=TIMESTAMP, thread=THREAD)
    assert await press.respond(HELLO) is not None
    assert "thread_ts" not in slack.of("chat.postMessage")[-1]


async def test_what_follows_in_a_thread(platform: SlackPlatform, slack: SlackServer) -> None:
    """The winner of a poll is announced where it was held."""
    slack.answers["chat.postMessage"] = [POSTED, POSTED]
    upload = {"upload_url": f"{slack.url}put", "file_id": "F1"}
    slack.answers["files.getUploadURLExternal"] = [Answer(upload)]
    slack.answers["files.completeUploadExternal"] = [Answer({"files": [{"id": "F1"}]})]
    press = await turn_in(platform, slack, message=TIMESTAMP, thread=THREAD)
    poll = await press.respond(HELLO)
    assert poll is not None
    await platform.send(poll, HELLO)
    await platform.edit(poll, Message(text("Hello"), files=(File("data.json", b"{}", "Data"),)))
    assert slack.of("chat.postMessage")[-1]["thread_ts"] == THREAD
    assert slack.of("files.completeUploadExternal")[0]["thread_ts"] == THREAD


async def test_source_in_a_thread_is_replaced(platform: SlackPlatform, slack: SlackServer) -> None:
    press = await turn_in(platform, slack, message=TIMESTAMP, thread=THREAD, is_ephemeral=True)
    await press.edit_source(HELLO)
    assert "thread_ts" not in slack.of("respond")[0]

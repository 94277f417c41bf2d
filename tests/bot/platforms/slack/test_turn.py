import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.chat.message import Button, Embed, File, Message, text
from bot.chat.turn import (
    AnswerRef,
    DeliveryError,
    Forbidden,
    Gone,
    MessageRef,
    Unreachable,
)
from bot.platforms.slack.platform import MOST_GROWING, SlackPlatform
from bot.platforms.slack.turn import MOST_USES, SlackAttachment, SlackTurn
from bot.platforms.slack.values import FileRef
from bot.polls import votes
from bot.store import Store
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal, serving
from tests.bot.platforms.slack.setups import NUMBER, TIMESTAMP, platform_on, turn_in, user

HELLO, SECRET = Message(text("Hello")), Message(text("Psst"), private=True)
FILE = File("data.json", b"{}", "Data")
POSTED = Answer({"ts": TIMESTAMP})
OUTSIDE = refusal("not_in_channel")
THREAD = "1600000000.000001"


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with serving() as server:
        server.answers["conversations.open"] = [Answer({"channel": {"id": "D9"}})] * 9
        yield server


@pytest.fixture
async def platform(slack: SlackServer, store: Store) -> AsyncIterator[SlackPlatform]:
    made = await platform_on(slack, store)
    slack.answers["users.info"] = [user()]
    yield made
    await made.api.close()


@pytest.fixture
async def turn(platform: SlackPlatform, slack: SlackServer) -> SlackTurn:
    return await turn_in(platform, slack)


@pytest.fixture
async def press(platform: SlackPlatform, slack: SlackServer) -> SlackTurn:
    return await turn_in(platform, slack, message=TIMESTAMP)


async def shown(turn: SlackTurn) -> None:
    """Wait for the placeholder, which is due: the request is old."""
    assert turn._placeholder is not None
    await asyncio.wait([turn._placeholder])


@pytest.fixture
def soon_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Show that an answer is being prepared after an instant."""
    monkeypatch.setattr("bot.platforms.slack.turn.PLACEHOLDER_S", 0.01)


@pytest.fixture
def soon_announced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Announce slow answers after an instant."""
    monkeypatch.setattr("bot.platforms.slack.turn.NOTICE_S", 0.5)


def methods(slack: SlackServer) -> list[str]:
    return [method for method, _arguments in slack.calls]


async def test_public_answer(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    ref = await turn.respond(HELLO)
    assert ref == MessageRef(turn.channel_id or 0, NUMBER, turn.community_id)
    assert slack.of("chat.postMessage")[0]["channel"] == "C1"
    await turn.edit(HELLO)
    assert slack.of("chat.update")[0]["ts"] == TIMESTAMP
    assert len(slack.calls) == 2


async def test_private_answer(turn: SlackTurn, slack: SlackServer) -> None:
    assert await turn.respond(SECRET) is None
    (sent,) = slack.of("respond")
    assert sent["response_type"] == "ephemeral"
    assert sent["replace_original"] is False
    assert len(slack.calls) == 1


@pytest.mark.usefixtures("soon_shown")
async def test_deferred_answer_is_replaced(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    pending: list[tuple[AnswerRef, Button | None]] = []

    async def on_pending(ref: AnswerRef, retry: Button | None) -> None:
        pending.append((ref, retry))

    turn.on_pending = on_pending
    retry = Button("Again", "sonnet", "x")
    await turn.defer(retry=retry)
    await turn.defer(retry=retry)
    await shown(turn)
    assert pending == [
        (AnswerRef(turn.channel_id, None, f"{slack.url}respond"), retry),
        (AnswerRef(turn.channel_id, NUMBER), retry),
    ]
    await turn.respond(HELLO)
    assert methods(slack) == ["chat.postMessage", "chat.update"]


async def test_quick_answer_has_no_placeholder(turn: SlackTurn, slack: SlackServer) -> None:
    """It may still grow, so it is recorded."""
    slack.answers["chat.postMessage"] = [POSTED]
    pending: list[AnswerRef] = []

    async def on_pending(ref: AnswerRef, _retry: Button | None) -> None:
        pending.append(ref)

    turn.on_pending = on_pending
    await turn.defer()
    await turn.respond(HELLO)
    await shown(turn)
    assert methods(slack) == ["chat.postMessage"]
    assert pending[-1] == AnswerRef(turn.channel_id, NUMBER)


@pytest.mark.usefixtures("soon_announced", "soon_shown")
async def test_few_answers_grow_at_once(platform: SlackPlatform, slack: SlackServer) -> None:
    """Others are sent when they are complete: an edit of each would take its turn for minutes."""
    growing = [await turn_in(platform, slack) for _ in range(MOST_GROWING)]
    assert all(turn.edits_answers for turn in growing)
    late = await turn_in(platform, slack)
    await late.defer()
    await late.show_waiting(Message(text("Your place in the queue: 12.")))
    await shown(late)
    (notice,) = slack.of("respond")
    assert "12" in str(notice["blocks"])
    slack.answers["chat.postMessage"] = [POSTED]
    await late.edit(HELLO)
    assert methods(slack) == ["respond", "chat.postMessage"]
    assert growing[0].edits_answers


async def test_quick_private_answer_comes_alone(turn: SlackTurn, slack: SlackServer) -> None:
    await turn.defer(private=True)
    assert not turn.edits_answers
    await turn.respond(SECRET)
    await shown(turn)
    assert methods(slack) == ["respond"]


@pytest.mark.usefixtures("soon_announced")
@pytest.mark.shows("private answers that take long")
@pytest.mark.parametrize("place", [None, "Your place in the queue: 3."])
async def test_slow_private_answer_is_announced_once(
    turn: SlackTurn, slack: SlackServer, place: str | None
) -> None:
    """It cannot replace what is shown, so that has to be said once, with the latest place."""
    await turn.defer(private=True)
    if place is not None:
        await turn.show_waiting(Message(text("Your place in the queue: 12.")))
        await turn.show_waiting(Message(text(place)))
    await shown(turn)
    await turn.show_waiting(Message(text("Your place in the queue: 2.")))
    await turn.respond(SECRET)
    notice, answer = slack.of("respond")
    assert notice["response_type"] == "ephemeral"
    assert (place or "One moment") in str(notice["blocks"])
    assert "Psst" in str(answer["blocks"])
    assert len(slack.calls) == 2


@pytest.mark.usefixtures("soon_announced", "soon_shown")
async def test_slow_answer_outside_is_announced_once(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [OUTSIDE]
    await turn.defer()
    await shown(turn)
    await turn.respond(HELLO)
    notice, answer = slack.of("respond")
    assert notice["response_type"] == "ephemeral"
    assert "One moment" in str(notice["blocks"])
    assert answer["response_type"] == "in_channel"
    assert methods(slack) == ["chat.postMessage", "respond", "respond"]


async def test_growing_answer_outside_waits_until_it_is_complete(
    turn: SlackTurn, slack: SlackServer
) -> None:
    """What is sent there cannot be replaced."""
    slack.answers["chat.postMessage"] = [OUTSIDE]
    await turn.defer()
    with pytest.raises(Unreachable):
        await turn.edit(Message(text("First line")))
    assert slack.of("respond") == []
    assert not turn.edits_answers
    await turn.edit(HELLO)
    assert len(slack.of("respond")) == len(slack.of("chat.postMessage")) == 1


@pytest.mark.usefixtures("soon_announced")
async def test_failed_notice_does_not_stop_the_answer(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["respond"] = [Answer("error", 500), Answer("ok")]
    await turn.defer(private=True)
    await shown(turn)
    await turn.respond(SECRET)
    assert "Psst" in str(slack.of("respond")[-1])


async def test_deferral_after_answer(turn: SlackTurn, slack: SlackServer) -> None:
    await turn.respond(SECRET)
    await turn.defer()
    assert methods(slack) == ["respond"]


async def test_channel_without_the_bot(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [OUTSIDE]
    assert turn.sees_channel
    assert await turn.respond(HELLO) is None
    (sent,) = slack.of("respond")
    assert sent["response_type"] == "in_channel"
    assert not turn.sees_channel
    assert not turn.edits_answers


async def test_turn_stays_outside_and_the_next_tries_again(
    platform: SlackPlatform, slack: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot may have been invited meanwhile."""
    first, second = [await turn_in(platform, slack) for _ in range(2)]
    slack.answers["chat.postMessage"] = [OUTSIDE, POSTED]
    await first.respond(HELLO)
    assert not first.sees_channel
    monkeypatch.setattr(platform, "_clock", lambda: time.monotonic() + 10)
    assert not first.sees_channel
    assert second.sees_channel
    assert await second.respond(HELLO) is not None


@pytest.mark.parametrize(
    "message",
    [
        Message(text("Names"), buttons=(Button("Mangosaurus", votes.ACTION, "1:0"),)),
        Message(text("A picture"), files=(FILE,)),
    ],
    ids=["vote", "picture"],
)
async def test_what_needs_the_bot_in_the_channel(
    turn: SlackTurn, slack: SlackServer, message: Message
) -> None:
    slack.answers["chat.postMessage"] = [OUTSIDE]
    with pytest.raises(Forbidden):
        await turn.respond(message)
    await turn.respond(SECRET)  # the sentence that says so
    assert len(slack.of("respond")) == 1


@pytest.mark.usefixtures("soon_shown")
@pytest.mark.parametrize("grows", [False, True])
async def test_bot_is_removed_before_the_answer(
    turn: SlackTurn, slack: SlackServer, grows: bool
) -> None:
    """What it has posted cannot be replaced any more."""
    slack.answers["chat.postMessage"] = [POSTED]
    await turn.defer()
    await shown(turn)
    slack.answers["chat.update"] = [OUTSIDE]
    if grows:
        with pytest.raises(Unreachable):
            await turn.edit(HELLO)
        assert not turn.edits_answers
    await turn.respond(HELLO)
    assert "Hello" in str(slack.of("respond")[-1]["blocks"])
    assert len(slack.of("chat.update")) == 1


async def test_announcement_needs_the_bot(turn: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [POSTED, OUTSIDE]
    assert (await turn.announce(HELLO)).message_id == NUMBER
    for _attempt in range(2):
        with pytest.raises(Forbidden):
            await turn.announce(HELLO)
    assert len(slack.of("chat.postMessage")) == 2


async def test_used_up_url(turn: SlackTurn, slack: SlackServer) -> None:
    """What it cannot take any more goes to the member."""
    for _answer in range(MOST_USES + 1):
        await turn.respond(SECRET)
    assert len(slack.of("respond")) == MOST_USES
    (sent,) = slack.of("chat.postMessage")
    assert sent["channel"] == "D9"


async def test_rest_of_a_long_answer_goes_to_the_member(
    turn: SlackTurn, slack: SlackServer
) -> None:
    for _answer in range(MOST_USES - 1):
        await turn.respond(SECRET)
    await turn.respond(Message(text("first" + "x" * 20_000 + "last"), private=True))
    assert "first" in str(slack.of("respond")[-1])
    directly = slack.of("chat.postMessage")
    assert "first" not in str(directly)
    assert "last" in str(directly[-1])


@pytest.mark.parametrize("code", ["expired_url", "used_url"])
async def test_expired_url(turn: SlackTurn, slack: SlackServer, code: str) -> None:
    slack.answers["respond"] = [Answer(code, 404)]
    await turn.respond(SECRET)
    assert slack.of("chat.postMessage")[0]["channel"] == "D9"


@pytest.mark.parametrize("shown", [{"content": text("Data:")}, {"embeds": (Embed("Data"),)}])
async def test_private_file(turn: SlackTurn, slack: SlackServer, shown: dict[str, Any]) -> None:
    upload = {"upload_url": f"{slack.url}put", "file_id": "F1"}
    slack.answers["files.getUploadURLExternal"] = [Answer(upload)]
    slack.answers["files.completeUploadExternal"] = [Answer({"files": [{"id": "F1"}]})]
    await turn.respond(Message(**shown, files=(FILE,), private=True))
    (sent,) = slack.of("respond")
    words = str(sent["blocks"])
    assert words.index("Data") < words.index("direct messages")
    (done,) = slack.of("files.completeUploadExternal")
    assert done["channel_id"] == "D9"


async def test_pressed_message_is_edited(press: SlackTurn, slack: SlackServer) -> None:
    assert press.source is not None
    assert press.source.ref.message_id == NUMBER
    await press.edit_source(HELLO)
    assert slack.of("chat.update")[0]["ts"] == TIMESTAMP


async def test_pressed_ephemeral_message(platform: SlackPlatform, slack: SlackServer) -> None:
    press = await turn_in(platform, slack, message=TIMESTAMP, is_ephemeral=True)
    await press.edit_source(HELLO)
    (sent,) = slack.of("respond")
    assert sent["replace_original"] is True
    assert len(slack.calls) == 1


@pytest.mark.parametrize(
    "code", ["cant_update_message", "edit_window_closed", "not_in_channel", "channel_not_found"]
)
async def test_pressed_message_that_came_through_a_url(
    press: SlackTurn, slack: SlackServer, code: str
) -> None:
    slack.answers["chat.update"] = [refusal(code)]
    await press.edit_source(HELLO)
    assert slack.of("respond")[0]["replace_original"] is True


async def test_deleted_message_stays_deleted(press: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.update"] = [refusal("message_not_found")]
    with pytest.raises(Gone):
        await press.edit_source(HELLO)
    assert slack.of("respond") == []


async def test_answer_to_a_press_is_a_new_message(press: SlackTurn, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    await press.acknowledge()
    await press.respond(HELLO)
    await press.edit(HELLO)
    assert methods(slack) == ["chat.postMessage", "chat.update"]


async def test_button_in_app_home(platform: SlackPlatform, slack: SlackServer) -> None:
    """It has no channel: answers go to the direct message."""
    press = await turn_in(platform, slack, channel="", response_url="")
    assert not press.sees_channel
    await press.respond(HELLO)
    await press.edit_source(SECRET)
    assert [sent["channel"] for sent in slack.of("chat.postMessage")] == ["D9", "D9"]


async def test_direct_message(platform: SlackPlatform, slack: SlackServer) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    turn = await turn_in(platform, slack, channel="D1")
    assert turn.community_id is None
    assert turn.sees_channel
    ref = await turn.respond(HELLO)
    assert ref is not None
    assert ref.community_id is None


async def test_attachment(platform: SlackPlatform, slack: SlackServer) -> None:
    slack.answers["file"] = [Answer("names", headers={"Content-Type": "text/plain"})] * 2
    file = FileRef("F1", "names\0.txt", 5, f"{slack.url}file")
    attachment = SlackAttachment(file, platform.api)
    assert (attachment.name, attachment.size) == ("names.txt", 5)
    assert await attachment.read() == b"names"
    with pytest.raises(DeliveryError, match="4 bytes and not 3"):
        await SlackAttachment(FileRef("F1", "x", 3, file.url), platform.api).read()


@pytest.mark.parametrize("missing", [0, 1])
async def test_large_attachment(platform: SlackPlatform, slack: SlackServer, missing: int) -> None:
    """It arrives in many pieces, and half a list is refused."""
    content = "Minmi\n" * 80_000
    slack.answers["file"] = [Answer(content, headers={"Content-Type": "text/plain"})]
    file = FileRef("F1", "x", len(content) + missing, f"{slack.url}file")
    reading = SlackAttachment(file, platform.api).read()
    if missing:
        with pytest.raises(DeliveryError, match="480000 bytes"):
            await reading
    else:
        assert await reading == content.encode()


async def test_unanswered(platform: SlackPlatform, slack: SlackServer) -> None:
    """Until something is shown, a killed bot has only the `response_url`."""
    slack.answers["chat.postMessage"] = [POSTED, POSTED]
    answered, pressed = await turn_in(platform, slack), await turn_in(platform, slack)
    assert answered.unanswered == AnswerRef(answered.channel_id, None, f"{slack.url}respond")
    await answered.respond(HELLO)
    assert answered.unanswered is None
    assert pressed.unanswered is not None
    pressed.expects_answer = False  # a vote, whose card shows it
    assert pressed.unanswered is None


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
    await platform.edit(poll, Message(text("Hello"), files=(FILE,)))
    assert slack.of("chat.postMessage")[-1]["thread_ts"] == THREAD
    assert slack.of("files.completeUploadExternal")[0]["thread_ts"] == THREAD


async def test_source_in_a_thread_is_replaced(platform: SlackPlatform, slack: SlackServer) -> None:
    press = await turn_in(platform, slack, message=TIMESTAMP, thread=THREAD, is_ephemeral=True)
    await press.edit_source(HELLO)
    assert "thread_ts" not in slack.of("respond")[0]

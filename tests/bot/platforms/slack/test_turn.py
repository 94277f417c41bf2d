import asyncio
import time
from typing import Any

import pytest

from bot.chat.message import Button, Embed, File, Message
from bot.chat.turn import AnswerRef, DeliveryError, Forbidden, Gone, MessageRef, Unreachable
from bot.platforms.slack.payloads import FileRef
from bot.platforms.slack.platform import MOST_GROWING, SlackPlatform
from bot.platforms.slack.turn import MOST_USES, SlackAttachment, SlackTurn
from bot.polls import poll_message
from bot.text.spans import text
from bot.text.technical import technical
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal
from tests.bot.platforms.slack.setups import NUMBER, POSTED, TIMESTAMP, turn_in
from tests.texts import written

HELLO, SECRET = Message(text(written("Hello"))), Message(text(written("Psst")), private=True)
LONG = text(written("first" + "x" * 20_000 + "last"))
FILE = File(technical("data.json"), b"{}", written("Data"))
OUTSIDE = refusal("not_in_channel")
THREAD = "1600000000.000001"


@pytest.fixture
async def turn(platform: SlackPlatform, server: SlackServer) -> SlackTurn:
    return await turn_in(platform, server)


@pytest.fixture
async def press(platform: SlackPlatform, server: SlackServer) -> SlackTurn:
    return await turn_in(platform, server, message=TIMESTAMP)


@pytest.fixture
async def threaded(platform: SlackPlatform, server: SlackServer) -> SlackTurn:
    return await turn_in(platform, server, message=TIMESTAMP, thread=THREAD)


@pytest.fixture
def pending(turn: SlackTurn) -> list[tuple[AnswerRef, Button | None]]:
    """What is recorded of the answer before it is final."""
    noted: list[tuple[AnswerRef, Button | None]] = []

    async def on_pending(ref: AnswerRef, retry: Button | None) -> None:
        noted.append((ref, retry))

    turn.on_pending = on_pending
    return noted


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


def methods(server: SlackServer) -> list[str]:
    return [method for method, _arguments in server.calls]


async def test_public_answer(turn: SlackTurn, server: SlackServer) -> None:
    ref = await turn.respond(HELLO)
    assert ref == MessageRef(turn.channel_id or 0, NUMBER, turn.community_id)
    assert server.of("chat.postMessage")[0]["channel"] == "C1"
    await turn.edit(HELLO)
    assert server.of("chat.update")[0]["ts"] == TIMESTAMP
    assert len(server.calls) == 2


async def test_private_answer(turn: SlackTurn, server: SlackServer) -> None:
    assert await turn.respond(SECRET) is None
    (sent,) = server.of("respond")
    assert sent["response_type"] == "ephemeral"
    assert sent["replace_original"] is False
    await turn.defer()
    assert methods(server) == ["respond"]


@pytest.mark.usefixtures("soon_shown")
async def test_deferred_answer_is_replaced(
    turn: SlackTurn, server: SlackServer, pending: list[tuple[AnswerRef, Button | None]]
) -> None:
    retry = Button(written("Again"), "sonnet", "x")
    await turn.defer(retry=retry)
    await turn.defer(retry=retry)
    await shown(turn)
    assert pending == [
        (AnswerRef(turn.channel_id, None, f"{server.url}respond"), retry),
        (AnswerRef(turn.channel_id, NUMBER), retry),
    ]
    await turn.respond(HELLO)
    assert methods(server) == ["chat.postMessage", "chat.update"]


async def test_quick_answer_has_no_placeholder(
    turn: SlackTurn, server: SlackServer, pending: list[tuple[AnswerRef, Button | None]]
) -> None:
    """It may still grow, so it is recorded."""
    await turn.defer()
    await turn.respond(HELLO)
    await shown(turn)
    assert methods(server) == ["chat.postMessage"]
    assert pending[-1] == (AnswerRef(turn.channel_id, NUMBER), None)


@pytest.mark.usefixtures("soon_announced", "soon_shown")
async def test_few_answers_grow_at_once(platform: SlackPlatform, server: SlackServer) -> None:
    """Others are sent when they are complete: an edit of each would take its turn for minutes."""
    growing = [await turn_in(platform, server) for _ in range(MOST_GROWING)]
    assert all(turn.edits_answers for turn in growing)
    late = await turn_in(platform, server)
    await late.defer()
    await late.show_waiting(Message(text(written("Your place in the queue: 12."))))
    await shown(late)
    (notice,) = server.of("respond")
    assert "12" in str(notice["blocks"])
    await late.edit(HELLO)
    assert methods(server) == ["respond", "chat.postMessage"]
    assert growing[0].edits_answers


async def test_quick_private_answer_comes_alone(turn: SlackTurn, server: SlackServer) -> None:
    await turn.defer(private=True)
    assert not turn.edits_answers
    await turn.respond(SECRET)
    await shown(turn)
    assert methods(server) == ["respond"]


@pytest.mark.usefixtures("soon_announced")
@pytest.mark.shows("private answers that take long")
@pytest.mark.parametrize("place", [None, "Your place in the queue: 3."])
async def test_slow_private_answer_is_announced_once(
    turn: SlackTurn, server: SlackServer, place: str | None
) -> None:
    """It cannot replace what is shown, so that has to be said once, with the latest place."""
    await turn.defer(private=True)
    if place is not None:
        await turn.show_waiting(Message(text(written("Your place in the queue: 12."))))
        await turn.show_waiting(Message(text(written(place))))
    await shown(turn)
    await turn.show_waiting(Message(text(written("Your place in the queue: 2."))))
    await turn.respond(SECRET)
    notice, answer = server.of("respond")
    assert notice["response_type"] == "ephemeral"
    assert (place or "One moment") in str(notice["blocks"])
    assert "Psst" in str(answer["blocks"])
    assert len(server.calls) == 2


@pytest.mark.usefixtures("soon_announced", "soon_shown")
async def test_slow_answer_outside_is_announced_once(turn: SlackTurn, server: SlackServer) -> None:
    server.answers["chat.postMessage"] = [OUTSIDE]
    await turn.defer()
    await shown(turn)
    await turn.respond(HELLO)
    notice, answer = server.of("respond")
    assert notice["response_type"] == "ephemeral"
    assert "One moment" in str(notice["blocks"])
    assert answer["response_type"] == "in_channel"
    assert methods(server) == ["chat.postMessage", "respond", "respond"]


async def test_growing_answer_outside_waits_until_it_is_complete(
    turn: SlackTurn, server: SlackServer
) -> None:
    """What is sent there cannot be replaced."""
    server.answers["chat.postMessage"] = [OUTSIDE]
    await turn.defer()
    with pytest.raises(Unreachable):
        await turn.edit(Message(text(written("First line"))))
    assert server.of("respond") == []
    assert not turn.edits_answers
    await turn.edit(HELLO)
    assert len(server.of("respond")) == len(server.of("chat.postMessage")) == 1


@pytest.mark.usefixtures("soon_announced")
async def test_failed_notice_does_not_stop_the_answer(turn: SlackTurn, server: SlackServer) -> None:
    server.answers["respond"] = [Answer("error", 500), Answer("ok")]
    await turn.defer(private=True)
    await shown(turn)
    await turn.respond(SECRET)
    assert "Psst" in str(server.of("respond")[-1])


async def test_turn_stays_outside_and_the_next_tries_again(
    platform: SlackPlatform, server: SlackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bot may have been invited meanwhile."""
    first, second = [await turn_in(platform, server) for _ in range(2)]
    server.answers["chat.postMessage"] = [OUTSIDE, POSTED]
    assert first.sees_channel
    assert await first.respond(HELLO) is None
    (sent,) = server.of("respond")
    assert sent["response_type"] == "in_channel"
    assert not first.sees_channel
    assert not first.edits_answers
    monkeypatch.setattr(platform, "_clock", lambda: time.monotonic() + 10)
    assert not first.sees_channel
    assert second.sees_channel
    assert await second.respond(HELLO) is not None


@pytest.mark.parametrize(
    "needs",
    [
        {"buttons": (Button(written("Mangosaurus"), poll_message.ACTION, "1:0"),)},
        {"files": (FILE,)},
    ],
    ids=["vote", "picture"],
)
async def test_what_needs_the_bot_in_the_channel(
    turn: SlackTurn, server: SlackServer, needs: dict[str, Any]
) -> None:
    server.answers["chat.postMessage"] = [OUTSIDE]
    with pytest.raises(Forbidden):
        await turn.respond(Message(text(written("Names")), **needs))
    await turn.respond(SECRET)  # the sentence that says so
    assert len(server.of("respond")) == 1


async def test_what_only_accompanies_is_left_out_elsewhere(
    turn: SlackTurn, server: SlackServer
) -> None:
    assert turn.attaches_files
    server.answers["chat.postMessage"] = [OUTSIDE]
    await turn.respond(Message(text(written("Names")), files=(FILE,), files_stay=True))
    assert "Names" in str(server.of("respond")[-1]["blocks"])
    assert methods(server) == ["chat.postMessage", "respond"]
    assert not turn.attaches_files


@pytest.mark.usefixtures("soon_shown")
@pytest.mark.parametrize("grows", [False, True])
async def test_bot_is_removed_before_the_answer(
    turn: SlackTurn, server: SlackServer, grows: bool
) -> None:
    """What it has posted cannot be replaced any more."""
    await turn.defer()
    await shown(turn)
    server.answers["chat.update"] = [OUTSIDE]
    if grows:
        with pytest.raises(Unreachable):
            await turn.edit(HELLO)
        assert not turn.edits_answers
    await turn.respond(HELLO)
    assert "Hello" in str(server.of("respond")[-1]["blocks"])
    assert len(server.of("chat.update")) == 1


async def test_announcement_needs_the_bot(turn: SlackTurn, server: SlackServer) -> None:
    server.answers["chat.postMessage"] = [POSTED, OUTSIDE]
    assert (await turn.announce(HELLO)).message_id == NUMBER
    for _attempt in range(2):
        with pytest.raises(Forbidden):
            await turn.announce(HELLO)
    assert len(server.of("chat.postMessage")) == 2


async def test_used_up_url(turn: SlackTurn, server: SlackServer) -> None:
    """What it cannot take any more goes to the member, also the rest of a long answer."""
    for _answer in range(MOST_USES - 1):
        await turn.respond(SECRET)
    await turn.respond(Message(LONG, private=True))
    assert len(server.of("respond")) == MOST_USES
    assert "first" in str(server.of("respond")[-1])
    directly = server.of("chat.postMessage")
    assert "first" not in str(directly)
    assert "last" in str(directly[-1])
    await turn.respond(SECRET)
    assert {sent["channel"] for sent in server.of("chat.postMessage")} == {"D9"}
    assert "Psst" in str(server.of("chat.postMessage")[-1])
    assert len(server.of("respond")) == MOST_USES


@pytest.mark.parametrize("code", ["expired_url", "used_url"])
async def test_expired_url(turn: SlackTurn, server: SlackServer, code: str) -> None:
    server.answers["respond"] = [Answer(code, 404)]
    await turn.respond(SECRET)
    assert server.of("chat.postMessage")[0]["channel"] == "D9"


@pytest.mark.shows("private files")
@pytest.mark.parametrize(
    "shown", [{"content": text(written("Data:"))}, {"embeds": (Embed(written("Data")),)}]
)
async def test_private_file(turn: SlackTurn, server: SlackServer, shown: dict[str, Any]) -> None:
    server.takes_files()
    await turn.respond(Message(**shown, files=(FILE,), private=True))
    (sent,) = server.of("respond")
    words = str(sent["blocks"])
    assert words.index("Data") < words.index("direct messages")
    (done,) = server.of("files.completeUploadExternal")
    assert done["channel_id"] == "D9"


async def test_private_picture_that_cannot_be_sent(turn: SlackTurn, server: SlackServer) -> None:
    """The answer comes without it, and says why."""
    server.answers["files.getUploadURLExternal"] = [refusal("file_uploads_disabled")]
    await turn.respond(Message(embeds=(Embed(written("Data")),), files=(FILE,), private=True))
    (sent,) = server.of("respond")
    assert "Data" in str(sent["blocks"])
    assert "stops the bot from sending files" in str(sent["blocks"])
    assert "direct messages" not in str(sent["blocks"])


async def test_pressed_message_is_edited(press: SlackTurn, server: SlackServer) -> None:
    """An answer is a new message."""
    assert press.source is not None
    assert press.source.ref.message_id == NUMBER
    await press.edit_source(HELLO)
    assert server.of("chat.update")[0]["ts"] == TIMESTAMP
    await press.acknowledge()
    await press.respond(HELLO)
    await press.edit(HELLO)
    assert methods(server) == ["chat.update", "chat.postMessage", "chat.update"]


async def test_pressed_ephemeral_message(platform: SlackPlatform, server: SlackServer) -> None:
    press = await turn_in(platform, server, message=TIMESTAMP, is_ephemeral=True, thread=THREAD)
    await press.edit_source(HELLO)
    ((method, sent),) = server.calls
    assert method == "respond"
    assert sent["replace_original"] is True
    assert "thread_ts" not in sent


@pytest.mark.parametrize(
    "code", ["cant_update_message", "edit_window_closed", "not_in_channel", "channel_not_found"]
)
async def test_pressed_message_that_came_through_a_url(
    press: SlackTurn, server: SlackServer, code: str
) -> None:
    server.answers["chat.update"] = [refusal(code)]
    await press.edit_source(HELLO)
    assert server.of("respond")[0]["replace_original"] is True


async def test_deleted_message_stays_deleted(press: SlackTurn, server: SlackServer) -> None:
    server.answers["chat.update"] = [refusal("message_not_found")]
    with pytest.raises(Gone):
        await press.edit_source(HELLO)
    assert server.of("respond") == []


async def test_button_in_app_home(platform: SlackPlatform, server: SlackServer) -> None:
    """It has no channel: answers go to the direct message."""
    press = await turn_in(platform, server, channel="", response_url="")
    assert not press.sees_channel
    await press.respond(HELLO)
    await press.edit_source(SECRET)
    assert [sent["channel"] for sent in server.of("chat.postMessage")] == ["D9", "D9"]


async def test_direct_message(platform: SlackPlatform, server: SlackServer) -> None:
    turn = await turn_in(platform, server, channel="D1")
    assert turn.community_id is None
    assert turn.sees_channel
    ref = await turn.respond(HELLO)
    assert ref is not None
    assert ref.community_id is None


@pytest.mark.parametrize("missing", [0, 1])
async def test_attachment(platform: SlackPlatform, server: SlackServer, missing: int) -> None:
    """It arrives in many pieces, and half a list is refused."""
    content = "Minmi\n" * 80_000
    server.answers["file"] = [Answer(content, headers={"Content-Type": "text/plain"})]
    size = len(content) + missing
    file = FileRef("F1", "names\0.txt", size, f"{server.url}file")
    attachment = SlackAttachment(file, platform.api)
    assert (attachment.name, attachment.size) == ("names.txt", size)
    if missing:
        with pytest.raises(DeliveryError, match="480000 bytes and not 480001"):
            await attachment.read()
    else:
        assert await attachment.read() == content.encode()


async def test_unanswered(platform: SlackPlatform, server: SlackServer) -> None:
    """Until something is shown, a killed bot has only the `response_url`."""
    answered, pressed = await turn_in(platform, server), await turn_in(platform, server)
    assert answered.unanswered == AnswerRef(answered.channel_id, None, f"{server.url}respond")
    await answered.respond(HELLO)
    assert answered.unanswered is None
    assert pressed.unanswered is not None
    pressed.expects_answer = False  # a vote, whose card shows it
    assert pressed.unanswered is None


@pytest.mark.parametrize("is_refused", [False, True])
async def test_private_answer_in_a_thread(
    threaded: SlackTurn, server: SlackServer, is_refused: bool
) -> None:
    """A `response_url` has no place there, and is for what Slack refuses."""
    if is_refused:
        server.answers["chat.postEphemeral"] = [refusal("user_not_in_channel")]
    await threaded.respond(SECRET)
    (sent,) = server.of("chat.postEphemeral")
    assert (sent["channel"], sent["user"], sent["thread_ts"]) == ("C1", "U1", THREAD)
    assert "Psst" in str(sent["blocks"])
    assert len(server.of("respond")) == is_refused
    assert "thread_ts" not in str(server.of("respond"))


async def test_answers_in_a_thread(threaded: SlackTurn, server: SlackServer) -> None:
    """A button there is answered there."""
    await threaded.respond(Message(LONG))
    await threaded.announce(HELLO)
    await threaded.edit_source(HELLO)
    sent = server.of("chat.postMessage")
    assert len(sent) > 2
    assert {each["thread_ts"] for each in sent} == {THREAD}
    assert server.of("chat.update")[-1]["ts"] == TIMESTAMP


async def test_thread_was_deleted(threaded: SlackTurn, server: SlackServer) -> None:
    server.answers["chat.postMessage"] = [refusal("thread_not_found"), POSTED]
    assert await threaded.respond(HELLO) is not None
    assert "thread_ts" not in server.of("chat.postMessage")[-1]


async def test_what_follows_in_a_thread(
    platform: SlackPlatform, threaded: SlackTurn, server: SlackServer
) -> None:
    """The winner of a poll is announced where it was held."""
    server.takes_files()
    poll = await threaded.respond(HELLO)
    assert poll is not None
    await platform.send(poll, HELLO)
    await platform.edit(poll, Message(text(written("Hello")), files=(FILE,)))
    assert server.of("chat.postMessage")[-1]["thread_ts"] == THREAD
    assert server.of("files.completeUploadExternal")[0]["thread_ts"] == THREAD

"""Slack as a platform, on a few lines of Slack."""

from dataclasses import replace
from unittest.mock import AsyncMock

import pytest

from bot.chat.message import File, Message
from bot.chat.translation import ENGLISH
from bot.chat.turn import AnswerRef, CommunityInfo, Gone, MessageRef, Unanswered, Unreachable
from bot.platforms.slack.platform import SlackPlatform
from bot.store import Store, Unavailable
from bot.store.identities import Identities
from bot.store.people import Person
from bot.text.spans import text
from bot.text.technical import technical
from data.phrases import Phrase
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal
from tests.bot.platforms.slack.setups import NUMBER, POSTED, TIMESTAMP, user
from tests.texts import written

HELLO = Message(text(written("Hello")))
WITH_PLAQUE = Message(
    text(written("Hello")), files=(File(technical("plaque.png"), b"png", written("A plaque")),)
)


@pytest.fixture
async def ref(platform: SlackPlatform) -> MessageRef:
    channel = await platform.identities.channel("T1", "C1")
    return MessageRef(channel, NUMBER, platform.community_id)


@pytest.mark.shows("several communities")
async def test_workspace(platform: SlackPlatform) -> None:
    (community_id,) = platform.communities
    assert platform.describe(community_id) == CommunityInfo(community_id, "Paleo", None)
    assert platform.describe(community_id + 1) is None
    assert not platform.is_connected


@pytest.mark.shows("pictures in a card")
@pytest.mark.parametrize("is_refused", [False, True])
async def test_send(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef, is_refused: bool
) -> None:
    """A message without its picture has arrived: a second attempt would send the words again."""
    if is_refused:
        server.answers["files.getUploadURLExternal"] = [refusal("internal_error")]
    assert await platform.send(ref, WITH_PLAQUE) == NUMBER
    (sent,) = server.of("chat.postMessage")
    assert sent["channel"] == "C1"
    assert "Hello" in sent["text"]
    (asked,) = server.of("files.getUploadURLExternal")
    assert asked["alt_txt"] == "A plaque"
    with pytest.raises(Gone):
        await platform.send(MessageRef(1, 2), HELLO)


async def test_lost_answer(platform: SlackPlatform, server: SlackServer, ref: MessageRef) -> None:
    """Nothing tells whether Slack has posted it: what has a nonce is not sent again."""
    server.answers["chat.postMessage"] = [Answer("lost"), Answer("lost"), POSTED]
    with pytest.raises(Unanswered):
        await platform.send(ref, HELLO, nonce=5)
    with pytest.raises(Unreachable):
        await platform.send(ref, HELLO)


async def test_edit(platform: SlackPlatform, server: SlackServer, ref: MessageRef) -> None:
    """Files go to the thread of the message, and those that it had are deleted."""
    server.takes_files()
    await platform.edit(ref, WITH_PLAQUE)
    sent, noted = server.of("chat.update")
    assert (sent["channel"], sent["ts"]) == ("C1", TIMESTAMP)
    assert (sent["text"], noted["text"]) == ("Hello", "Hello\nThe picture is in the thread.")
    (done,) = server.of("files.completeUploadExternal")
    assert done["thread_ts"] == TIMESTAMP
    await platform.edit(ref, WITH_PLAQUE)  # Slack would show that the first one was deleted
    assert len(server.of("files.completeUploadExternal")) == 1
    await platform.edit(ref, HELLO)
    assert [each["file"] for each in server.of("files.delete")] == ["F1"]


@pytest.mark.parametrize(
    ("answer", "thread"),
    [
        (Answer({"permalink": f"https://paleo.slack.com/archives/C1/p{NUMBER}"}), TIMESTAMP),
        (
            Answer({"permalink": f"https://paleo.slack.com/archives/C1/p{NUMBER}?thread_ts=1.2"}),
            "1.2",
        ),
        (refusal("internal_error"), None),
    ],
)
async def test_files_of_a_reply_go_to_its_thread(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef, answer: Answer, thread: str
) -> None:
    """Also if another process has posted it: a reply begins no thread."""
    server.takes_files()
    server.answers["chat.getPermalink"] = [answer]
    await platform.edit(ref, WITH_PLAQUE)
    assert server.of("files.completeUploadExternal")[0].get("thread_ts") == thread


async def test_edit_that_came_too_late(
    platform: SlackPlatform,
    server: SlackServer,
    ref: MessageRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its picture would follow a newer state of the message."""
    monkeypatch.setattr(platform.api, "update", AsyncMock(return_value=None))
    await platform.edit(ref, WITH_PLAQUE)
    assert server.calls == []


async def test_picture_is_deleted_with_its_message(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef
) -> None:
    """Slack says what it has; of a deleted one a stub is left."""
    files = [{"id": "F1", "mode": "hosted"}, {"id": "F2", "mode": "tombstone"}]
    server.answers["chat.update"] = [Answer({"message": {"files": files}})]
    server.answers["files.delete"] = [refusal("file_deleted")]
    await platform.edit(ref, HELLO)
    assert [each["file"] for each in server.of("files.delete")] == ["F1"]


async def test_files_that_stay(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef
) -> None:
    """They are in the thread of their message until it is about something else."""
    server.takes_files()
    message = Message(text(written("Hello")), files=WITH_PLAQUE.files, files_stay=True)
    await platform.send(ref, message)
    (sent,) = server.of("files.completeUploadExternal")
    assert sent["thread_ts"] == TIMESTAMP
    await platform.edit(ref, replace(message, files=()))
    assert server.of("files.delete") == []
    await platform.edit(ref, HELLO)
    assert [each["file"] for each in server.of("files.delete")] == ["F1"]
    words = [each["text"] for each in server.of("chat.postMessage") + server.of("chat.update")]
    assert words == ["Hello", *["Hello\nThe picture is in the thread."] * 2, "Hello"]


async def test_note_undoes_no_newer_edit(
    platform: SlackPlatform,
    server: SlackServer,
    ref: MessageRef,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A vote may come while a picture is sent."""

    async def upload(*_arguments: object, **_options: object) -> list[str]:
        await platform.edit(ref, Message(text(written("A vote")), files_stay=True))
        return ["F1"]

    monkeypatch.setattr(platform.api, "upload", upload)
    await platform.send(ref, replace(WITH_PLAQUE, files_stay=True))
    assert [each["text"] for each in server.of("chat.update")] == ["A vote"]


@pytest.mark.parametrize("code", ["internal_error", "file_uploads_disabled"])
async def test_picture_that_did_not_arrive(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef, code: str
) -> None:
    """No message promises it; one says that the workspace forbids it."""
    server.answers["files.getUploadURLExternal"] = [refusal(code)] * 2
    await platform.send(ref, replace(WITH_PLAQUE, files_stay=True))
    await platform.edit(ref, WITH_PLAQUE)
    words = str(server.of("chat.postMessage") + server.of("chat.update"))
    assert "in the thread" not in words
    assert words.count("stops the bot from sending files") == (
        4 if code == "file_uploads_disabled" else 0  # twice, as text and in blocks
    )


@pytest.mark.parametrize(
    ("message", "is_own"),
    [
        ({"user": "UBOT", "bot_id": "B1"}, True),
        ({"bot_id": "B1"}, True),
        ({"bot_id": "B2"}, False),
        ({"user": "U1"}, False),
        ({}, False),
    ],
)
async def test_written_by_the_bot(
    platform: SlackPlatform, message: dict[str, str], is_own: bool
) -> None:
    platform.bot_id = "B1"
    assert platform.has_written(message) == is_own


@pytest.mark.parametrize(
    ("answer", "is_between"),
    [
        (Answer({"channel": {"id": "D9"}}), False),
        (Answer({"channel": {"id": "D5"}}), True),
        (refusal("missing_scope"), False),
        (Answer({}), False),
    ],
)
async def test_direct_message_between_members(
    platform: SlackPlatform, server: SlackServer, answer: Answer, is_between: bool
) -> None:
    """Slack names the bot's own no differently."""
    server.answers["conversations.open"] = [answer]
    assert await platform.is_between_members("D9", "U1") == is_between
    if is_between:
        await platform.is_between_members("D9", "U1")
        assert len(server.calls) == 1


async def test_close_answer(platform: SlackPlatform, server: SlackServer, ref: MessageRef) -> None:
    await platform.close_answer(AnswerRef(ref.channel_id, NUMBER), HELLO)
    assert len(server.of("chat.update")) == 1
    await platform.close_answer(AnswerRef(ref.channel_id, None, f"{server.url}respond"), HELLO)
    (sent,) = server.of("respond")
    assert sent["response_type"] == "ephemeral"
    await platform.close_answer(AnswerRef(None, None), HELLO)
    assert len(server.calls) == 2


async def test_link_is_found(platform: SlackPlatform, ref: MessageRef) -> None:
    address = await platform.link(ref)
    assert address == f"https://paleo.slack.com/archives/C1/p{NUMBER}"
    assert await platform.find(f" {address} ") == ref
    assert await platform.link(MessageRef(1, 2)) == "https://paleo.slack.com/"


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//[",
        "https://paleo.slack.com/archives/C1",
        f"https://other.slack.com/archives/C1/p{NUMBER}",
        f"http://paleo.slack.com/archives/C1/p{NUMBER}",
        f"https://paleo.slack.com/archives/C2/p{NUMBER}",
        f"https://paleo.slack.com/archives/C1/p{'1' * 200}",
    ],
)
async def test_other_addresses(
    platform: SlackPlatform, ref: MessageRef, store: Store, address: str
) -> None:
    """Looking for a channel stores nothing."""
    assert await platform.find(address) is None
    assert await store[Identities].look_up("slack", "channel", "T1", "C2") is None


async def test_in_community(platform: SlackPlatform, ref: MessageRef) -> None:
    direct = await platform.identities.channel("T1", "D1")
    foreign = await platform.identities.channel("T2", "C1")
    assert await platform.is_in_community(ref)
    for channel in (direct, foreign, 5):
        assert not await platform.is_in_community(MessageRef(channel, 1, platform.community_id))


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        ({"team_id": "T1"}, True),
        ({"team_id": "T2"}, False),
        ({"team": {"id": "T1"}}, True),
        ({"team": {"id": "T2"}}, False),
        # A form that a member of T2 opened in a channel that both share.
        ({"team": {"id": "T2"}, "view": {"app_installed_team_id": "T1"}}, True),
        ({"team_id": "T2", "authorizations": [{"team_id": "T1"}]}, True),
        ({"team_id": "T2", "authorizations": [{"team_id": "T3"}, 5]}, False),
        ({"team": None, "user": {"id": "U1", "team_id": "T2"}}, True),
        ({"team_id": 5, "team": "T2", "authorizations": {}}, True),
    ],
)
async def test_payloads_of_the_workspace(
    platform: SlackPlatform, payload: dict[str, object], expected: bool
) -> None:
    """The same app may be installed in several. What names none comes from an organization."""
    assert platform.serves(payload) == expected


async def test_operator_is_primary_owner_of_a_home(
    platform: SlackPlatform, server: SlackServer
) -> None:
    number = await platform.identities.user("T1", "U1")
    server.answers["users.info"] = [user(is_primary_owner=True)]
    assert not await platform.is_operator(number)
    platform.is_home = True
    assert await platform.is_operator(number)
    assert not await platform.is_operator(5)


@pytest.mark.shows("mentions in public")
async def test_public_message_notifies_nobody(
    platform: SlackPlatform, server: SlackServer, ref: MessageRef
) -> None:
    member = await platform.identities.user("T1", "U1")
    message = Message(text(platform.mention(Person(member))))
    await platform.send(ref, message)
    (sent,) = server.of("chat.postMessage")
    assert "U1" not in str(sent)
    assert "@Mary" in str(sent["blocks"])
    assert "U1" in str(await platform.rendered(message, ENGLISH, private=True))


@pytest.mark.shows("/owner leave")
async def test_leave(platform: SlackPlatform, server: SlackServer) -> None:
    with pytest.raises(Gone):
        await platform.leave(5)
    assert server.calls == []
    await platform.leave(platform.community_id or 0)
    assert len(server.of("auth.revoke")) == 1


async def test_silent_database(
    platform: SlackPlatform,
    server: SlackServer,
    ref: MessageRef,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whom a message mentions is left open, and a channel may be known later."""
    monkeypatch.setattr(store[Identities], "find", AsyncMock(side_effect=Unavailable))
    await platform.send(ref, Message(text(Phrase("By {by}"), by=platform.mention(Person(5)))))
    assert "a member" in str(server.of("chat.postMessage")[0]["blocks"])
    unknown = replace(ref, channel_id=ref.channel_id + 100)
    with pytest.raises(Unreachable):
        await platform.edit(unknown, HELLO)
    assert await platform.link(unknown) == "https://paleo.slack.com/"
    platform.is_home = True
    with pytest.raises(Unreachable):
        await platform.is_operator(5)

"""Slack as a platform, on a few lines of Slack."""

from collections.abc import AsyncIterator
from dataclasses import replace
from unittest.mock import AsyncMock

import pytest

from bot.chat.message import File, Message, link, text
from bot.chat.turn import (
    AnswerRef,
    CommunityInfo,
    DeliveryError,
    Forbidden,
    Gone,
    MessageRef,
    Unreachable,
)
from bot.platforms.slack.platform import SlackPlatform
from bot.store import Store, Unavailable
from bot.store.identities import Identities
from tests.bot.platforms.slack.network.server import Answer, SlackServer, refusal, serving
from tests.bot.platforms.slack.setups import NUMBER, TIMESTAMP, platform_on, user

HELLO = Message(text("Hello"))
PLAQUE = File("plaque.png", b"png", "A plaque")
POSTED = Answer({"ts": TIMESTAMP})


@pytest.fixture
async def slack() -> AsyncIterator[SlackServer]:
    async with serving() as server:
        yield server


@pytest.fixture
async def platform(slack: SlackServer, store: Store) -> AsyncIterator[SlackPlatform]:
    made = await platform_on(slack, store)
    yield made
    await made.api.close()


@pytest.fixture
async def ref(platform: SlackPlatform) -> MessageRef:
    channel = await platform.identities.channel("T1", "C1")
    return MessageRef(channel, NUMBER, platform.community_id)


async def test_workspace(platform: SlackPlatform) -> None:
    (community_id,) = platform.communities
    assert platform.describe(community_id) == CommunityInfo(community_id, "Paleo", None)
    assert platform.describe(community_id + 1) is None
    assert not platform.is_connected


async def test_odd_identity(slack: SlackServer, store: Store) -> None:
    slack.answers["auth.test"] = [Answer({"team_id": None})]
    with pytest.raises(DeliveryError):
        await platform_on(slack, store)


async def test_send(platform: SlackPlatform, slack: SlackServer, ref: MessageRef) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    assert await platform.send(ref, HELLO) == NUMBER
    (sent,) = slack.of("chat.postMessage")
    assert sent["channel"] == "C1"
    assert "Hello" in sent["text"]


async def test_nonce_sends_once(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    assert await platform.send(ref, HELLO, nonce=5) == await platform.send(ref, HELLO, nonce=5)
    assert len(slack.of("chat.postMessage")) == 1


async def test_nonce_is_told_to_slack(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    """It recognizes a message whose answer was lost, also from another process."""
    slack.answers["chat.postMessage"] = [Answer("lost"), Answer("lost"), Answer("lost")]
    for place, nonce in [(ref, 5), (ref, 5), (replace(ref, message_id=7), 5)]:
        with pytest.raises(Unreachable):
            await platform.send(place, HELLO, nonce=nonce)
    keys = [sent["client_msg_id"] for sent in slack.of("chat.postMessage")]
    assert keys[0] == keys[1]
    assert keys[2] != keys[0]
    slack.answers["chat.postMessage"] = [POSTED]
    await platform.send(ref, HELLO)
    assert "client_msg_id" not in slack.of("chat.postMessage")[-1]


async def test_unknown_channel(platform: SlackPlatform) -> None:
    with pytest.raises(Gone):
        await platform.send(MessageRef(1, 2), HELLO)


async def test_picture_follows(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    slack.answers["chat.postMessage"] = [POSTED]
    await platform.send(ref, Message(text("Hello"), files=(PLAQUE,)))
    (asked,) = slack.of("files.getUploadURLExternal")
    assert asked["alt_txt"] == "A plaque"


async def test_message_without_its_picture_has_arrived(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    """A second attempt would send the words again."""
    slack.answers["chat.postMessage"] = [POSTED]
    slack.answers["files.getUploadURLExternal"] = [refusal("internal_error")]
    assert await platform.send(ref, Message(text("Hello"), files=(PLAQUE,))) == NUMBER


async def test_edit(platform: SlackPlatform, slack: SlackServer, ref: MessageRef) -> None:
    await platform.edit(ref, HELLO)
    (sent,) = slack.of("chat.update")
    assert (sent["channel"], sent["ts"]) == ("C1", TIMESTAMP)


async def test_files_of_an_edit_go_to_its_thread(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    upload = {"upload_url": f"{slack.url}put", "file_id": "F1"}
    slack.answers["files.getUploadURLExternal"] = [Answer(upload)]
    slack.answers["files.completeUploadExternal"] = [Answer({"files": [{"id": "F1"}]})]
    await platform.edit(ref, Message(text("Hello"), files=(PLAQUE,)))
    (done,) = slack.of("files.completeUploadExternal")
    assert done["thread_ts"] == TIMESTAMP


async def test_close_answer(platform: SlackPlatform, slack: SlackServer, ref: MessageRef) -> None:
    await platform.close_answer(AnswerRef(ref.channel_id, NUMBER), HELLO)
    assert len(slack.of("chat.update")) == 1
    await platform.close_answer(AnswerRef(ref.channel_id, None, f"{slack.url}respond"), HELLO)
    (sent,) = slack.of("respond")
    assert sent["response_type"] == "ephemeral"
    await platform.close_answer(AnswerRef(None, None), HELLO)
    assert len(slack.calls) == 2


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
async def test_other_addresses(platform: SlackPlatform, ref: MessageRef, address: str) -> None:
    assert await platform.find(address) is None


async def test_looking_for_a_channel_stores_nothing(platform: SlackPlatform, store: Store) -> None:
    assert await platform.find(f"https://paleo.slack.com/archives/C99/p{NUMBER}") is None
    assert await store[Identities].look_up("slack", "channel", "T1", "C99") is None


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
    platform: SlackPlatform, slack: SlackServer
) -> None:
    number = await platform.identities.user("T1", "U1")
    slack.answers["users.info"] = [user(is_primary_owner=True)]
    assert not await platform.is_operator(number)
    platform.is_home = True
    assert await platform.is_operator(number)
    assert not await platform.is_operator(5)


async def test_public_message_notifies_nobody(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    member = await platform.identities.user("T1", "U1")
    slack.answers["users.info"] = [user()]
    message = Message(text(link(platform.mention(member))))
    slack.answers["chat.postMessage"] = [POSTED]
    await platform.send(ref, message)
    (sent,) = slack.of("chat.postMessage")
    assert "U1" not in str(sent)
    assert "@Mary" in str(sent["blocks"])
    assert "U1" in str(await platform.rendered(message, private=True))


async def test_channel_outside_is_remembered(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef
) -> None:
    slack.answers["chat.postMessage"] = [refusal("not_in_channel"), POSTED]
    with pytest.raises(Forbidden):
        await platform.send(ref, HELLO)
    assert platform.is_outside("C1")
    await platform.send(ref, HELLO)  # it was invited
    assert not platform.is_outside("C1")


async def test_leave(platform: SlackPlatform, slack: SlackServer) -> None:
    with pytest.raises(Gone):
        await platform.leave(5)
    assert slack.calls == []
    await platform.leave(platform.community_id or 0)
    assert len(slack.of("auth.revoke")) == 1


async def test_silent_database(
    platform: SlackPlatform,
    slack: SlackServer,
    ref: MessageRef,
    store: Store,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whom a message mentions is left open, and a channel may be known later."""
    monkeypatch.setattr(store[Identities], "find", AsyncMock(side_effect=Unavailable))
    slack.answers["chat.postMessage"] = [POSTED]
    await platform.send(ref, Message(text("By {by}", by=link(platform.mention(5)))))
    assert "a member" in str(slack.of("chat.postMessage")[0]["blocks"])
    unknown = replace(ref, channel_id=ref.channel_id + 100)
    with pytest.raises(Unreachable):
        await platform.edit(unknown, HELLO)
    assert await platform.link(unknown) == "https://paleo.slack.com/"
    platform.is_home = True
    with pytest.raises(Unreachable):
        await platform.is_operator(5)


async def test_name_that_comes_late(
    platform: SlackPlatform, slack: SlackServer, ref: MessageRef, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is sent without it."""
    monkeypatch.setattr("bot.platforms.slack.platform.NAMING_S", 0.01)
    slack.hanging.add("users.info")
    slack.answers["chat.postMessage"] = [POSTED]
    member = await platform.identities.user("T1", "U1")
    await platform.send(ref, Message(text("By {by}", by=link(platform.mention(member)))))
    assert "a member" in str(slack.of("chat.postMessage")[0]["blocks"])

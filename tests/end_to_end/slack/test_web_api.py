"""The simulator's Web API behaves like Slack's: an unmodified slack_sdk over real sockets."""

import asyncio
import dataclasses
from collections.abc import Awaitable

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.builtin_async_handlers import AsyncRateLimitErrorRetryHandler
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.platforms.local.faults import Kind, RestFault
from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.limits import DEFAULT_SCOPES
from bot.platforms.local.slack.server import LocalSlack
from tests.end_to_end.slack.conftest import Clock
from tests.end_to_end.toy_bot import png


def section(text: str) -> JSON:
    return {"type": "section", "text": {"type": "plain_text", "text": text}}


def button(label: str = "Again", **fields: object) -> JSON:
    text = {"type": "plain_text", "text": label}
    return {"type": "button", "text": text, "action_id": "again"} | fields


async def error_of(call: Awaitable[AsyncSlackResponse]) -> str:
    """The error that Slack answers with; fails if there is none."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


# Tokens


async def test_who_am_i(slack: LocalSlack, web: AsyncWebClient) -> None:
    answer = await web.auth_test()
    assert answer["user_id"] == slack.workspace.bot.id
    assert answer["team_id"] == slack.workspace.id
    assert slack.calls == {"auth.test": 1}


@pytest.mark.parametrize(
    ("token", "error"),
    [("", "not_authed"), ("xoxb-wrong", "invalid_auth"), ("app", "not_allowed_token_type")],
)
async def test_wrong_token(slack: LocalSlack, token: str, error: str) -> None:
    used = slack.app_token if token == "app" else token
    assert await error_of(AsyncWebClient(used, base_url=slack.api_url).auth_test()) == error


async def test_revoked_token(slack: LocalSlack, web: AsyncWebClient) -> None:
    slack.revoke()
    assert await error_of(web.auth_test()) == "token_revoked"


async def test_bot_token_opens_no_connection(slack: LocalSlack, web: AsyncWebClient) -> None:
    call = web.apps_connections_open(app_token=slack.bot_token)
    assert await error_of(call) == "not_allowed_token_type"


async def test_missing_scope(slack: LocalSlack, web: AsyncWebClient) -> None:
    with pytest.raises(SlackApiError) as caught:
        await web.conversations_info(channel=slack.channel.id)
    assert caught.value.response["error"] == "missing_scope"
    assert caught.value.response["needed"] == "channels:read"


async def test_channel_with_scope(clock: Clock) -> None:
    scopes = DEFAULT_SCOPES | {"channels:read"}
    async with LocalSlack(port=0, clock=clock, scopes=scopes) as slack:
        web = AsyncWebClient(slack.bot_token, base_url=slack.api_url)
        found = await web.conversations_info(channel=slack.elsewhere.id)
        assert found["channel"]["name"] == "general"
        assert not found["channel"]["is_member"]


async def test_unknown_method(web: AsyncWebClient) -> None:
    assert await error_of(web.api_call("chat.sing")) == "unknown_method"


async def test_members(slack: LocalSlack, web: AsyncWebClient) -> None:
    async def rights(user_id: str) -> tuple[bool, bool, bool]:
        user = (await web.users_info(user=user_id))["user"]
        return user["is_admin"], user["is_owner"], user["is_restricted"]

    owner = slack.workspace.add_member("Olga", is_owner=True)
    assert await rights(slack.member.id) == (False, False, False)
    assert await rights(slack.admin.id) == (True, False, False)
    assert await rights(slack.guest.id) == (False, False, True)
    assert await rights(owner.id) == (True, True, False)
    assert await error_of(web.users_info(user="U404")) == "user_not_found"


# Messages


async def test_post_and_update(slack: LocalSlack, web: AsyncWebClient) -> None:
    sent = await web.chat_postMessage(channel=slack.channel.id, text="one", blocks=[section("1")])
    (message,) = slack.messages
    assert (message.ts, message.words) == (sent["ts"], "1")
    await web.chat_update(
        channel=slack.channel.id, ts=message.ts, text="two", blocks=[section("2")]
    )
    assert (message.text, message.words, len(message.edits)) == ("two", "2", 1)
    await web.chat_delete(channel=slack.channel.id, ts=message.ts)
    assert slack.messages == []
    gone = web.chat_update(channel=slack.channel.id, ts=message.ts, text="three")
    assert await error_of(gone) == "message_not_found"


async def test_channels(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    async def posting(channel_id: str) -> str:
        clock.now += 1
        return await error_of(web.chat_postMessage(channel=channel_id, text="hello"))

    private = slack.workspace.add_channel("secret", is_joined=False, is_private=True)
    assert await posting(slack.elsewhere.id) == "not_in_channel"
    assert await posting(private.id) == "channel_not_found"
    assert await posting("C404") == "channel_not_found"
    slack.channel.is_archived = True
    assert await posting(slack.channel.id) == "is_archived"
    slack.invite_bot(slack.elsewhere)
    clock.now += 1
    await web.chat_postMessage(channel=slack.elsewhere.id, text="hello")
    slack.remove_bot(slack.elsewhere)
    ts = slack.messages[-1].ts
    edit = web.chat_update(channel=slack.elsewhere.id, ts=ts, text="bye")
    assert await error_of(edit) == "not_in_channel"


async def test_direct_message(slack: LocalSlack, web: AsyncWebClient) -> None:
    opened = await web.conversations_open(users=slack.member.id)
    channel_id = opened["channel"]["id"]
    assert channel_id.startswith("D")
    await web.chat_postMessage(channel=channel_id, text="psst")
    await web.chat_postMessage(channel=slack.guest.id, text="psst")
    assert [message.channel.direct_with for message in slack.messages] == [
        slack.member,
        slack.guest,
    ]


async def test_others_messages_stay(slack: LocalSlack, web: AsyncWebClient) -> None:
    said = slack.say(slack.member, "hello")
    channel = slack.channel.id
    edit = web.chat_update(channel=channel, ts=said.ts, text="bye")
    assert await error_of(edit) == "cant_update_message"
    assert await error_of(web.chat_delete(channel=channel, ts=said.ts)) == "cant_delete_message"


async def test_ephemeral_cannot_be_updated(slack: LocalSlack, web: AsyncWebClient) -> None:
    channel = slack.channel.id
    sent = await web.chat_postEphemeral(channel=channel, user=slack.member.id, text="psst")
    (message,) = slack.messages
    assert message.only_for is slack.member
    edit = web.chat_update(channel=channel, ts=sent["message_ts"], text="louder")
    assert await error_of(edit) == "message_not_found"


async def test_permalink(slack: LocalSlack, web: AsyncWebClient) -> None:
    said = slack.say(slack.member, "hello")
    found = await web.chat_getPermalink(channel=slack.channel.id, message_ts=said.ts)
    digits = said.ts.replace(".", "")
    assert found["permalink"] == f"https://local.slack.com/archives/{slack.channel.id}/p{digits}"
    other = web.chat_getPermalink(channel=slack.elsewhere.id, message_ts=said.ts)
    assert await error_of(other) == "message_not_found"


@pytest.mark.parametrize(
    ("blocks", "place"),
    [
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("x")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([{"type": "actions", "elements": [button("x" * 76)]}], "/blocks/0/elements/0/text"),
        ([{"type": "actions", "elements": [button(value="x" * 2001)]}], "/elements/0/value"),
        ([{"type": "actions", "elements": [button(), button()]}], "action_id must be unique"),
        ([{"type": "actions", "elements": []}], "no less than 1 items required"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
        ([{"type": "dance"}], "unsupported type: dance"),
        ([{"type": []}], "unsupported type: []"),
        (["text"], "must be a list of objects [json-pointer:/blocks]"),
        ([{"type": "actions", "elements": [button(action_id=[])]}], "/elements/0/action_id"),
        ([{"type": "image", "image_url": "http://x/y.png", "alt_text": "x"}], "/image_url"),
        ([{"type": "image", "slack_file": {"id": "F404"}, "alt_text": "x"}], "/slack_file"),
        (
            [{"type": "section", "fields": [{"type": "plain_text", "text": "x"}] * 11}],
            "/blocks/0/fields",
        ),
        ([section("x") | {"block_id": "a"}] * 2, "block_id must be unique"),
    ],
)
async def test_invalid_blocks(
    slack: LocalSlack, web: AsyncWebClient, blocks: list[JSON], place: str
) -> None:
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=slack.channel.id, text="x", blocks=blocks)
    assert caught.value.response["error"] == "invalid_blocks"
    assert any(place in problem for problem in caught.value.response["errors"])
    assert slack.messages == []


async def test_sizes(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    async def posting(**payload: object) -> AsyncSlackResponse:
        clock.now += 2
        return await web.chat_postMessage(channel=slack.channel.id, **payload)  # type: ignore[arg-type]

    assert await error_of(posting(text=" ")) == "no_text"
    assert await error_of(posting(text="x" * 40_001)) == "msg_too_long"
    long = [section("x" * 2700)] * 5
    assert await error_of(posting(text="x", blocks=long)) == "msg_blocks_too_long"
    sent = await posting(text="x", blocks=long[:4])
    edit = web.chat_update(channel=slack.channel.id, ts=sent["ts"], text="x" * 4001)
    assert await error_of(edit) == "msg_too_long"


async def test_mentions(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    async def mentions(**payload: object) -> list[str]:
        clock.now += 2
        await web.chat_postMessage(channel=slack.channel.id, **payload)  # type: ignore[arg-type]
        return slack.messages[-1].mentions

    user = {"type": "user", "user_id": slack.member.id}
    everyone = {"type": "broadcast", "range": "channel"}
    rich = {"type": "rich_text_section", "elements": [user, everyone]}
    blocks = [{"type": "rich_text", "elements": [rich]}]
    assert await mentions(text=f"<@{slack.guest.id}> <!here>") == [slack.guest.id, "here"]
    assert await mentions(text="x", blocks=blocks) == [slack.member.id, "channel"]
    assert await mentions(text="@channel &lt;!here&gt;", blocks=[section("<!here>")]) == []


# Rate limits


async def test_one_message_a_second(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    slack.invite_bot(slack.elsewhere)
    await web.chat_postMessage(channel=slack.channel.id, text="1")
    await web.chat_postMessage(channel=slack.elsewhere.id, text="2")
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=slack.channel.id, text="3")
    assert caught.value.response["error"] == "ratelimited"
    assert caught.value.response.status_code == 429
    assert int(caught.value.response.headers["Retry-After"]) >= 1
    assert slack.refused == {"chat.postMessage": 1}
    clock.now += 1
    await web.chat_postMessage(channel=slack.channel.id, text="3")
    assert [message.text for message in slack.messages] == ["1", "2", "3"]


async def test_fifty_edits_a_minute(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    """For the workspace: it does not help to edit in another channel."""
    slack.invite_bot(slack.elsewhere)
    posted = []
    for channel in (slack.channel.id, slack.elsewhere.id):
        sent = await web.chat_postMessage(channel=channel, text="0")
        posted.append((channel, str(sent["ts"])))
    for number in range(50):
        channel, ts = posted[number % 2]
        await web.chat_update(channel=channel, ts=ts, text=f"{number}")
    assert await error_of(web.chat_update(channel=channel, ts=ts, text="x")) == "ratelimited"
    clock.now += 60
    await web.chat_update(channel=channel, ts=ts, text="x")


async def test_retry_after_is_obeyed(slack: LocalSlack, web: AsyncWebClient) -> None:
    web.retry_handlers.append(AsyncRateLimitErrorRetryHandler())
    slack.faults.rest = RestFault(Kind.ROUTE_LIMIT, paths=r"auth\.test", seconds=1)
    waiting = asyncio.create_task(web.auth_test())
    await slack.wait_for(lambda: slack.faults.made)
    slack.faults.clear()
    assert (await waiting)["ok"]


@pytest.mark.parametrize("kind", [Kind.SERVER_ERROR, Kind.CUT, Kind.LOST_ANSWER, Kind.MALFORMED])
async def test_faults(slack: LocalSlack, web: AsyncWebClient, kind: Kind) -> None:
    web.retry_handlers.clear()
    slack.faults.rest = RestFault(kind, paths=r"chat\.postMessage")
    with pytest.raises((SlackApiError, aiohttp.ClientError)):
        await web.chat_postMessage(channel=slack.channel.id, text="hello")
    handled = kind in (Kind.LOST_ANSWER, Kind.MALFORMED)
    assert len(slack.messages) == handled
    await web.auth_test()


# Files


async def test_picture(slack: LocalSlack, web: AsyncWebClient) -> None:
    picture = png(8, 8)
    sent = await web.files_upload_v2(
        channel=slack.channel.id,
        filename="plaque.png",
        content=picture,
        alt_txt="A plaque",
        initial_comment="Here",
    )
    (message,) = slack.messages
    (file,) = message.files
    assert (file.data, file.alt_text, file.content_type) == (picture, "A plaque", "image/png")
    assert (message.text, file.id) == ("Here", sent["files"][0]["id"])
    block = {"type": "image", "slack_file": {"id": file.id}, "alt_text": "A plaque"}
    await web.chat_postMessage(channel=slack.channel.id, text="x", blocks=[block])


async def test_upload_elsewhere(slack: LocalSlack, web: AsyncWebClient) -> None:
    upload = web.files_upload_v2(channel=slack.elsewhere.id, filename="a.txt", content="hello")
    assert await error_of(upload) == "not_in_channel"


async def test_upload_of_another_size(slack: LocalSlack, web: AsyncWebClient) -> None:
    reserved = await web.files_getUploadURLExternal(filename="a.txt", length=5)
    async with (
        aiohttp.ClientSession() as session,
        session.post(reserved["upload_url"], data=b"too long") as answer,
    ):
        assert answer.status == 400
    complete = web.files_completeUploadExternal(files=[{"id": reserved["file_id"]}])
    assert await error_of(complete) == "file_not_found"


@pytest.mark.parametrize("files", ["3", "[3]", '{"id": 3}', "{", "[]"])
async def test_odd_files(web: AsyncWebClient, files: str) -> None:
    call = web.api_call("files.completeUploadExternal", params={"files": files})
    assert await error_of(call) in ("invalid_arguments", "invalid_json")


async def test_download(slack: LocalSlack) -> None:
    file = slack.upload(slack.member, "names.txt", b"Mangosaurus")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(file.url, headers=headers) as answer:
            assert await answer.read() == b"Mangosaurus"
        async with session.get(file.url) as answer:  # Slack's sign-in page
            assert (answer.status, answer.content_type) == (200, "text/html")


# The server


async def test_foreign_requests(slack: LocalSlack) -> None:
    async with aiohttp.ClientSession() as session:
        for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
            async with session.post(slack.api_url + "auth.test", headers=headers) as answer:
                assert answer.status == 403


def test_loopback_only() -> None:
    with pytest.raises(ValueError, match="Slack simulator can't listen"):
        LocalSlack("0.0.0.0")  # noqa: S104


async def test_ids_stay(slack: LocalSlack) -> None:
    """A bot with a database recognizes members and channels after a restart of the simulator."""
    again = LocalSlack(port=0)
    assert again.member == slack.member
    assert dataclasses.astuple(again.channel) == dataclasses.astuple(slack.channel)


async def test_long_description(web: AsyncWebClient) -> None:
    """That of an uploaded picture has 1,000 characters at most, half of an image block's."""
    with pytest.raises(SlackApiError, match="alt_txt_too_large"):
        await web.files_getUploadURLExternal(filename="a.png", length=5, alt_txt="x" * 1001)

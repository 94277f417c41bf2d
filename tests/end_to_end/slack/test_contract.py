"""Slack's rules, which the simulator keeps: an unmodified slack_sdk over real sockets.

Pages are those of docs.slack.dev, read in November 2026; methods and blocks stand for their
reference. "Seen" is what slack_sdk and its users' reports show. What the bot's own tests would miss
if the simulator did otherwise (files, mentions, answers of modals, pages of members) is not here.

| rule | test | source |
| --- | --- | --- |
| a method needs its own kind of token, and its scope | `test_refused`, `test_missing_scope` | Tokens |
| errors are 200 with `ok: false` and a code | `test_refused` | Using the Web API |
| a bot posts where it is a member, and does not see other private channels | `test_refused` | chat.postMessage |
| it posts in no archived, read-only or thread-only channel, and edits in no archived one | `test_refused` | chat.postMessage, chat.update |
| it cannot be in a group DM, nor in a DM between members | `test_conversations_of_members` | Seen |
| a message needs text or blocks of at most these sizes | `test_refused`, `test_blocks` | chat.postMessage, blocks |
| blocks together have about 13,200 characters | `test_refused` | Seen |
| unknown blocks, elements and fields are refused | `test_blocks` | Blocks, Block elements |
| an edit with text alone removes the blocks, with blocks alone keeps the text | `test_edit` | chat.update |
| rich text is not replaced by other blocks | `test_refused` | chat.update, `block_mismatch` |
| only one's own messages are edited, and no ephemeral ones | `test_refused` | chat.update |
| what came through a response_url is not edited otherwise | `test_refused` | slackapi/bolt-js#2063 |
| `parse` becomes client in an edit | `test_warnings` | chat.update |
| a reply needs its first message in the same channel, and cannot begin a thread | `test_refused` | chat.postMessage |
| an answer has a `thread_ts` only with `in_channel` | `test_warnings` | Handling user interaction |
| a date begins with a capital unless its format does with U+200B; `{ago}` is for the past | `test_warnings` | Date element; Slack::BlockKit |
| one message a second and channel; 50 edits a minute and workspace | `test_rate_limits` | Rate limits |
| a file is reserved, sent in its size, and shared once | `test_refused` | Working with files |
| a `slack_file` in a block is refused until `files.info` has its `mimetype` | `test_file_in_a_block` | slackapi/python-slack-sdk#1658, java-slack-sdk#1349 |
| a file is downloaded with a token; else 200 with a page | `test_download` | Working with files, Seen |
| its address may redirect, and the token is needed again | `test_download` | Seen (Enterprise Grid) |
| a response_url is used 5 times in 30 minutes | `test_response_url_ends` | Handling user interaction |
| a command's response_url replaces nothing | `test_command_answers_cannot_be_replaced` | Seen |
| a press replaces or deletes its message, also an ephemeral one | `test_ephemeral_is_replaced` | Handling user interaction |
| an ephemeral message is not repeated in a payload | `test_ephemeral_is_replaced` | block_actions |
| a trigger opens one modal within 3 seconds | `test_triggers_end` | Modals |
| texts and blocks of modals have their sizes | `test_views` | Views |
| suggestions are answered in the acknowledgement | `test_suggestions` | External select |
| they are asked for without the state of other fields | `test_suggestions` | slackapi/bolt-js#1146 |
| an ephemeral message is in a thread by chat.postEphemeral only | `test_ephemeral_in_a_thread` | chat.postEphemeral |
| an envelope is acknowledged within 3 seconds | `test_late_acknowledgement` | Using Socket Mode |
| an event that is not acknowledged comes again, in a new envelope | `test_event_is_sent_again` | Events API, Retries |
| an address opens one connection, within 30 seconds | `test_address_opens_one_connection` | apps.connections.open |
| connections are announced to end | `test_rough_network.py` | Using Socket Mode |
"""  # noqa: E501 (a table)

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient

from simulators.common.faults import FaultKind, RestFault
from simulators.common.payloads import JSON
from simulators.slack.records import Interaction, View
from simulators.slack.server import LocalSlack
from tests.clock import Clock
from tests.end_to_end.slack.conftest import (
    MODAL,
    OPTIONS,
    Listener,
    button,
    connected,
    plain,
    question,
    rich,
    row,
    section,
)

pytestmark = pytest.mark.filterwarnings("ignore:The top-level `text` argument is missing")

Call = Awaitable[AsyncSlackResponse]


async def error_of(call: Call) -> str:
    """The error that Slack answers with; fails if there is none."""
    with pytest.raises(SlackApiError) as caught:
        await call
    return str(caught.value.response["error"])


async def respond(asked: Interaction, **body: object) -> tuple[int, str]:
    answer = await AsyncWebhookClient(asked.response_url).send_dict(dict(body))
    return answer.status_code, answer.body


# The Web API


async def posted(slack: LocalSlack, web: AsyncWebClient) -> str:
    """The timestamp of a message with rich text."""
    words = rich({"type": "text", "text": "x"})
    sent = await web.chat_postMessage(channel=slack.channel.id, text="x", blocks=[words])
    return str(sent["ts"])


async def _edit(slack: LocalSlack, web: AsyncWebClient, **changes: object) -> AsyncSlackResponse:
    ts = await posted(slack, web)
    return await web.chat_update(channel=slack.channel.id, ts=ts, **changes)  # type: ignore[arg-type]


def _post_in(**state: object) -> Callable[[LocalSlack, AsyncWebClient], Call]:
    """A message to a channel that is in a state."""

    def call(slack: LocalSlack, web: AsyncWebClient) -> Call:
        vars(slack.channel).update(state)
        return web.chat_postMessage(channel=slack.channel.id, text="x")

    return call


def _edit_in(**state: object) -> Callable[[LocalSlack, AsyncWebClient], Call]:
    """An edit in a channel that has come into a state."""

    async def call(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
        ts = await posted(slack, web)
        vars(slack.channel).update(state)
        return await web.chat_update(channel=slack.channel.id, ts=ts, blocks=[rich()])

    return call


def _edit_of_answer(kind: str) -> Callable[[LocalSlack, AsyncWebClient], Call]:
    """An edit of what came through a response_url."""

    async def call(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
        async with connected(slack, Listener()):
            asked = slack.command(slack.member, "/dinoname")
            await respond(asked, text="Names", response_type=kind)
        (message,) = slack.messages
        return await web.chat_update(channel=slack.channel.id, ts=message.ts, text="louder")

    return call


async def _reply_to_reply(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
    reply = slack.say(slack.member, "hello")
    reply.thread_ts = slack.say(slack.member, "first").ts
    return await web.chat_postMessage(channel=slack.channel.id, text="x", thread_ts=reply.ts)


async def _delete_twice(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
    sent = await web.files_upload_v2(channel=slack.channel.id, filename="a.txt", content="hello")
    await web.files_delete(file=sent["files"][0]["id"])
    return await web.files_delete(file=sent["files"][0]["id"])


async def _reply_elsewhere(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
    ts = slack.say(slack.member, "hello", slack.elsewhere).ts
    return await web.chat_postMessage(channel=slack.channel.id, text="x", thread_ts=ts)


async def _complete_twice(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
    sent = await web.files_upload_v2(channel=slack.channel.id, filename="a.txt", content="hello")
    return await web.files_completeUploadExternal(files=[{"id": sent["files"][0]["id"]}])


async def _other_size(slack: LocalSlack, web: AsyncWebClient) -> AsyncSlackResponse:
    reserved = await web.files_getUploadURLExternal(filename="a.txt", length=5)
    async with (
        aiohttp.ClientSession() as session,
        session.post(reserved["upload_url"], data=b"too long") as answer,
    ):
        assert answer.status == 400
    return await web.files_completeUploadExternal(files=[{"id": reserved["file_id"]}])


def post(**arguments: object) -> Callable[[LocalSlack, AsyncWebClient], Call]:
    return lambda s, w: w.chat_postMessage(**{"channel": s.channel.id} | arguments)  # type: ignore[arg-type]


def complete(files: str) -> Callable[[LocalSlack, AsyncWebClient], Call]:
    return lambda _, w: w.api_call("files.completeUploadExternal", params={"files": files})


LONG = [section("x" * 2700)] * 5
REFUSED: list[tuple[Callable[[LocalSlack, AsyncWebClient], Call], str]] = [
    (lambda s, w: AsyncWebClient("", s.api_url).auth_test(), "not_authed"),
    (lambda s, w: AsyncWebClient("xoxb-wrong", s.api_url).auth_test(), "invalid_auth"),
    (lambda s, w: AsyncWebClient(s.app_token, s.api_url).auth_test(), "not_allowed_token_type"),
    (lambda s, w: w.apps_connections_open(app_token=s.bot_token), "not_allowed_token_type"),
    (lambda s, w: w.api_call("chat.sing"), "unknown_method"),
    (lambda s, w: w.users_info(user="U404"), "user_not_found"),
    (post(text=" "), "no_text"),
    (post(text="x" * 40_001), "msg_too_long"),
    (post(text="x", blocks=LONG), "msg_blocks_too_long"),
    (post(text="x", channel="C404"), "channel_not_found"),
    (lambda s, w: w.chat_postMessage(channel=s.elsewhere.id, text="x"), "not_in_channel"),
    (
        lambda s, w: w.chat_postMessage(
            channel=s.workspace.add_channel("s", is_joined=False, is_private=True).id, text="x"
        ),
        "channel_not_found",
    ),
    (_post_in(restriction="read_only_channel"), "restricted_action_read_only_channel"),
    (_post_in(restriction="thread_only_channel"), "restricted_action_thread_only_channel"),
    (_post_in(is_archived=True), "is_archived"),
    (_edit_in(is_archived=True), "is_inactive"),
    (_reply_elsewhere, "thread_not_found"),
    (_reply_to_reply, "thread_not_found"),
    (_edit_of_answer("in_channel"), "cant_update_message"),
    (_delete_twice, "file_deleted"),
    (lambda s, w: w.files_delete(file=s.upload(s.member, "a", b"a").id), "cant_delete_file"),
    (post(text="🦕" * 20_001), "msg_too_long"),
    (lambda s, w: _edit(s, w, text="x" * 4001, blocks=[rich()]), "msg_too_long"),
    (lambda s, w: _edit(s, w, text="x"), "block_mismatch"),
    (lambda s, w: _edit(s, w, text="x", blocks=[section("x")]), "block_mismatch"),
    (_edit_in(is_joined=False), "not_in_channel"),
    (_edit_of_answer("ephemeral"), "message_not_found"),
    (
        lambda s, w: w.chat_update(channel=s.channel.id, ts=s.say(s.member, "x").ts, text="y"),
        "cant_update_message",
    ),
    (lambda s, w: w.chat_update(channel=s.channel.id, ts="1.0", text="x"), "message_not_found"),
    (
        lambda s, w: w.chat_getPermalink(
            channel=s.elsewhere.id, message_ts=s.say(s.member, "x").ts
        ),
        "message_not_found",
    ),
    (
        lambda s, w: w.files_upload_v2(channel=s.elsewhere.id, filename="a.txt", content="x"),
        "not_in_channel",
    ),
    (
        lambda s, w: w.files_getUploadURLExternal(filename="a", length=1, alt_txt="x" * 1001),
        "alt_txt_too_large",
    ),
    (_other_size, "file_not_found"),
    (_complete_twice, "file_not_found"),
    *((complete(files), "invalid_arguments") for files in ("3", "[3]", '{"id": 3}', "[]")),
]


@pytest.mark.parametrize(("call", "error"), REFUSED)
async def test_refused(
    slack: LocalSlack,
    web: AsyncWebClient,
    call: Callable[[LocalSlack, AsyncWebClient], Call],
    error: str,
) -> None:
    assert await error_of(call(slack, web)) == error


async def test_missing_scope() -> None:
    async with LocalSlack(port=0, scopes=["commands"]) as slack:
        web = AsyncWebClient(slack.bot_token, slack.api_url)
        with pytest.raises(SlackApiError) as caught:
            await web.users_info(user=slack.member.id)
        answer = caught.value.response
        assert (answer["error"], answer["needed"]) == ("missing_scope", "users:read")


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ([section("1")], {"text": "two", "blocks": [section("2")]}, ("two", "2")),
        ([section("1")], {"text": "two"}, ("two", "two")),
        ([section("1")], {"blocks": [section("2")]}, ("one", "2")),
    ],
)
async def test_edit(
    slack: LocalSlack, web: AsyncWebClient, before: list[JSON], change: JSON, after: tuple[str, str]
) -> None:
    channel = slack.channel.id
    sent = await web.chat_postMessage(channel=channel, text="one", blocks=before)
    await web.chat_update(channel=channel, ts=sent["ts"], **change)
    (message,) = slack.messages
    assert (message.text, message.words) == after
    assert (message.ts, len(message.edits)) == (sent["ts"], 1)


async def test_warnings(
    slack: LocalSlack, web: AsyncWebClient, listener: Listener, clock: Clock
) -> None:
    """What Slack accepts, and may read otherwise than it is meant."""
    channel = slack.channel.id
    sent = await web.chat_postMessage(channel=channel, text="x", blocks=[row("Again")])
    await web.chat_update(
        channel=channel, ts=sent["ts"], text="x", blocks=[row("Again")], parse="none"
    )
    assert slack.warnings == []
    await web.chat_update(channel=channel, ts=sent["ts"], blocks=[row("Again")])
    pressed = slack.press(slack.member, slack.messages[0], "Again")
    await respond(pressed, text="x")
    thread = {"thread_ts": sent["ts"], "replace_original": False}
    await respond(pressed, text="x", response_type="in_channel", **thread)
    await respond(pressed, text="x", **thread)
    for form, seconds in (("\u200b{ago}", -9), ("{time}", -9), ("\u200b{ago}", 9)):
        clock.now += 1
        at = {"type": "date", "timestamp": int(clock.now) + seconds, "fallback": "x"}
        await web.chat_postMessage(channel=channel, text="x", blocks=[rich(at | {"format": form})])
    assert [warning[:22] for warning in slack.warnings] == [
        "chat.update without pa",
        "a message without text",
        "a response to a press ",
        "an ephemeral answer wi",
        "a date, whose first le",
        "{ago} for a time in th",
    ]


async def test_rate_limits(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    """It does not help to edit in another channel."""
    channels = [slack.channel.id, slack.elsewhere.id]
    slack.elsewhere.is_joined = True
    sent = [await web.chat_postMessage(channel=each, text="0") for each in channels]
    with pytest.raises(SlackApiError) as caught:
        await web.chat_postMessage(channel=channels[0], text="1")
    answer = caught.value.response
    assert (answer["error"], answer.status_code) == ("ratelimited", 429)
    assert int(answer.headers["Retry-After"]) >= 1
    clock.now += 1
    await web.chat_postMessage(channel=channels[0], text="1")
    for number in range(50):
        each = sent[number % 2]
        await web.chat_update(channel=each["channel"], ts=each["ts"], text=f"{number}")
    last = {"channel": channels[0], "ts": sent[0]["ts"], "text": "x"}
    assert await error_of(web.chat_update(**last)) == "ratelimited"
    assert slack.refused == {"chat.postMessage": 1, "chat.update": 1}
    clock.now += 60
    await web.chat_update(**last)


async def test_download(slack: LocalSlack) -> None:
    file = slack.upload(slack.member, "names.txt", b"Mangosaurus")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {slack.bot_token}"}
        async with session.get(file.url, headers=headers) as answer:
            assert await answer.read() == b"Mangosaurus"
        async with session.get(file.url) as answer:
            assert (answer.status, answer.content_type) == (200, "text/html")
        slack.faults.rest = RestFault(FaultKind.REDIRECT, paths="/files-pri/")
        for address in (file.payload()["url_private"], file.payload()["url_private_download"]):
            async with session.get(address, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 302
            async with session.get(address, headers=headers) as answer:  # of the same host
                assert await answer.read() == b"Mangosaurus"
            async with session.get(answer.url) as answer:
                assert answer.content_type == "text/html"


async def test_file_in_a_block(slack: LocalSlack, web: AsyncWebClient, clock: Clock) -> None:
    """It is shared nowhere else."""
    content = b"\x89PNG\r\n\x1a\n"
    done = await web.files_upload_v2(content=content, filename="plate.png")
    block = {"type": "image", "slack_file": {"id": done["file"]["id"]}, "alt_text": "A plate"}
    message: JSON = {"channel": slack.channel.id, "text": "x", "blocks": [block]}
    assert await error_of(web.chat_postMessage(**message)) == "invalid_blocks"
    looks = [await web.files_info(file=done["file"]["id"]) for _look in range(2)]
    assert [each["file"]["mimetype"] for each in looks] == ["", "image/png"]
    clock.now += 1
    await web.chat_postMessage(**message)
    assert [each.data for each in slack.messages[-1].pictures] == [content]


# Blocks and views


@pytest.mark.parametrize(
    ("blocks", "problem"),
    [
        ([section("x" * 3001)], "must be less than 3001 characters [json-pointer:/blocks/0/text"),
        ([section("")], "must be more than 0 characters [json-pointer:/blocks/0/text/text]"),
        ([section("🦕" * 1501)], "must be less than 3001 characters"),
        ([section("x")] * 51, "no more than 50 items allowed [json-pointer:/blocks]"),
        ([section("x") | {"colour": "green"}], "additional property: colour"),
        ([section("x") | {"block_id": "a"}] * 2, "block_id must be unique"),
        ([{"type": "section"}], "missing required field [json-pointer:/blocks/0/text]"),
        ([{"type": "section", "fields": [plain("x")] * 11}], "/blocks/0/fields"),
        ([{"type": "header", "text": {"type": "mrkdwn", "text": "x"}}], "/blocks/0/text/type"),
        ([{"type": "header", "text": plain("x" * 151)}], "less than 151"),
        ([{"type": "actions", "elements": [button("x" * 76)]}], "/blocks/0/elements/0/text"),
        ([{"type": "actions", "elements": [button(value="x" * 2001)]}], "/elements/0/value"),
        ([{"type": "actions", "elements": [button(action_id=[])]}], "/elements/0/action_id"),
        ([{"type": "actions", "elements": [button(style="loud")]}], "/elements/0/style"),
        ([{"type": "actions", "elements": [button(), button()]}], "action_id must be unique"),
        ([{"type": "actions", "elements": []}], "no less than 1 items required"),
        ([{"type": "actions", "elements": [question("a", "number_input")["element"]]}], "type"),
        ([{"type": "rich_text", "elements": [{"type": "text", "text": "x"}]}], "unsupported type"),
        ([rich({"type": "text", "text": "x", "style": {"loud": True}})], "property: loud"),
        ([question("a", "file_input")], "unsupported type: file_input"),
        ([{"type": "dance"}], "unsupported type: dance"),
        ([{"type": []}], "unsupported type: []"),
        (["text"], "unsupported type"),
        ("text", "must be a list"),
    ],
)
async def test_blocks(
    slack: LocalSlack, web: AsyncWebClient, blocks: list[JSON], problem: str
) -> None:
    given = {"channel": slack.channel.id, "text": "x", "blocks": blocks}
    with pytest.raises(SlackApiError) as caught:
        await web.api_call("chat.postMessage", json=given)
    assert caught.value.response["error"] == "invalid_blocks"
    assert any(problem in each for each in caught.value.response["errors"])
    assert slack.messages == []


@pytest.mark.parametrize(
    "change",
    [
        {"title": plain("x" * 25)},
        {"private_metadata": "x" * 3001},
        {"blocks": [row("x")] * 101},
        {"submit": plain("")},
        {"colour": "green"},
        {"type": "home"},
        {"blocks": [question("count", "number_input")]},
        {"blocks": [question("a", "static_select", options=OPTIONS, initial_option={})]},
        {"blocks": [question("a", "plain_text_input", max_length=3001)]},
        {"blocks": [question("a", "file_input", max_files=11)]},
        {"submit": None},
    ],
)
async def test_views(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, change: JSON
) -> None:
    asked = slack.command(slack.member, "/dinoname", "?")
    view = {name: value for name, value in (MODAL | change).items() if value is not None}
    call = web.views_open(trigger_id=asked.payload["trigger_id"], view=view)
    assert await error_of(call) == "invalid_arguments"
    assert asked.view is None


# Commands, buttons, modals


@pytest.mark.parametrize(
    ("others", "name"), [(["Ann"], "directmessage"), (["Ann", "Ben"], "mpdm-mary--ann--ben-1")]
)
async def test_conversations_of_members(
    slack: LocalSlack, web: AsyncWebClient, listener: Listener, others: list[str], name: str
) -> None:
    """Only the response_url leads there."""
    members = [slack.workspace.add_member(each) for each in others]
    channel = slack.workspace.add_group(slack.member, *members)
    asked = slack.command(slack.member, "/dinoname", "", channel=channel)
    await asked.acknowledgement()
    assert listener.payload["channel_name"] == name
    assert await respond(asked, text="x", response_type="in_channel") == (200, "ok")
    assert (await asked.answer()).channel is channel
    assert await error_of(web.chat_postMessage(channel=channel.id, text="x")) == "channel_not_found"


async def test_response_url_ends(slack: LocalSlack, listener: Listener, clock: Clock) -> None:
    asked = slack.command(slack.member, "/dinoname")
    assert await respond(asked, text="x", blocks=[{"type": "dance"}]) == (400, "invalid_blocks")
    assert await respond(asked, text="") == (400, "no_text")
    for number in range(3):
        assert (await respond(asked, text=f"{number}"))[0] == 200
    status, body = await respond(asked, text="x")
    assert (status, "used_url" in body) == (404, True)
    late = slack.command(slack.member, "/dinoname")
    clock.now += 1801
    status, body = await respond(late, text="x")
    assert (status, "expired_url" in body) == (404, True)
    assert len(slack.messages) == 3


async def test_command_answers_cannot_be_replaced(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.member, "/dinoname")
    await respond(asked, text="…")
    await respond(asked, text="Names", replace_original=True)
    assert [message.text for message in slack.messages] == ["…", "Names"]


async def test_ephemeral_is_replaced(slack: LocalSlack, listener: Listener) -> None:
    asked = slack.command(slack.member, "/dinoname")
    await respond(asked, text="x", blocks=[row("Again")])
    message = await asked.answer()
    with pytest.raises(LookupError):
        slack.press(slack.guest, message, "Again")
    pressed = slack.press(slack.member, message, "Again")
    await pressed.acknowledgement()
    assert "message" not in listener.payload
    assert listener.payload["container"]["is_ephemeral"]
    for change, texts in (
        ({"text": "y", "replace_original": True}, ["y"]),
        ({"text": "z", "replace_original": False}, ["y", "z"]),
        ({"delete_original": True}, ["z"]),
    ):
        await respond(pressed, **change)
        assert [message.text for message in slack.messages] == texts


async def test_ephemeral_in_a_thread(
    slack: LocalSlack, web: AsyncWebClient, listener: Listener
) -> None:
    first, place = await web.chat_postMessage(channel=slack.channel.id, text="x"), slack.channel.id
    to: JSON = {"channel": place, "user": slack.member.id, "thread_ts": str(first["ts"])}
    await web.chat_postEphemeral(text="y", blocks=[row("Again")], **to)
    message = slack.messages[-1]
    assert (message.only_for, message.thread_ts) == (slack.member, first["ts"])
    pressed = slack.press(slack.member, message, "Again")
    assert pressed.payload["container"]["thread_ts"] == first["ts"]
    await respond(pressed, text="z", thread_ts=first["ts"], replace_original=False)
    assert slack.messages[-1].thread_ts is None


async def opened(slack: LocalSlack, web: AsyncWebClient) -> View:
    """A modal that the member sees."""
    asked = slack.command(slack.member, "/dinoname", "?")
    await asked.acknowledgement()
    await web.views_open(trigger_id=asked.payload["trigger_id"], view=MODAL)
    return await asked.opened()


@pytest.mark.parametrize(
    ("options", "is_valid"),
    [
        (OPTIONS, True),
        ([], True),
        ([{"text": plain("x" * 76), "value": "x"}], False),
        (OPTIONS * 101, False),
        ([{"text": plain("x")}], False),
    ],
)
async def test_suggestions(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, options: list[JSON], is_valid: bool
) -> None:
    view = await opened(slack, web)
    listener.answer = lambda request: {"options": options}
    found = await slack.suggest(slack.member, view, "start", "dr")
    assert found == (options if is_valid else [])
    assert listener.payload["value"] == "dr"
    assert listener.payload["view"]["state"] == {"values": {}}
    assert bool(slack.state.interactions[-1].rejection) is not is_valid


async def test_triggers_end(
    slack: LocalSlack, listener: Listener, web: AsyncWebClient, clock: Clock
) -> None:
    def open_with(trigger_id: str) -> Call:
        return web.views_open(trigger_id=trigger_id, view=MODAL)

    used = slack.command(slack.member, "/dinoname", "?").payload["trigger_id"]
    await open_with(used)
    assert await error_of(open_with(used)) == "exchanged_trigger_id"
    late = slack.command(slack.member, "/dinoname", "?").payload["trigger_id"]
    clock.now += 3.1
    assert await error_of(open_with(late)) == "expired_trigger_id"
    assert await error_of(open_with("1.2.3")) == "invalid_trigger_id"


# Socket Mode


async def test_late_acknowledgement(slack: LocalSlack, listener: Listener, clock: Clock) -> None:
    """Its payload is not shown: the member has already seen an error."""

    def answer(request: object) -> dict[str, str]:
        clock.now += 3.1
        return {"text": "hello"}

    listener.answer = answer
    asked = slack.command(slack.member, "/dinoname")
    await slack.wait_for(lambda: asked.is_acknowledged)
    assert asked.failure == "operation_timeout"
    assert slack.messages == []


async def test_event_is_sent_again(clock: Clock) -> None:
    heard = Listener(is_silent=True)
    async with LocalSlack(port=0, clock=clock, ack_s=0.1) as slack, connected(slack, heard):
        asked = slack.open_home(slack.member)
        while len(heard.requests) < 2:  # noqa: ASYNC110 - a silent bot has no event
            await asyncio.sleep(0.01)
        first, second = heard.requests[:2]
        assert (second.retry_attempt, second.retry_reason) == (1, "timeout")
        assert first.payload["event_id"] == second.payload["event_id"]
        assert first.envelope_id != second.envelope_id
        assert not asked.failure


async def address(slack: LocalSlack, web: AsyncWebClient) -> str:
    opened = await web.apps_connections_open(app_token=slack.app_token)
    return str(opened["url"])


async def test_address_opens_one_connection(
    slack: LocalSlack, web: AsyncWebClient, clock: Clock
) -> None:
    used, late = await address(slack, web), await address(slack, web)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(used) as socket:
            hello = await socket.receive_json()
            assert (hello["type"], hello["num_connections"]) == ("hello", 1)
        clock.now += 31
        for url in (used, late):
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(url)


async def test_locale_has_to_be_asked_for(slack: LocalSlack, web: AsyncWebClient) -> None:
    """Slack's documentation of `users.info`."""
    without = await web.users_info(user=slack.member.id)
    assert "locale" not in without["user"]
    told = await web.users_info(user=slack.member.id, include_locale=True)
    assert told["user"]["locale"] == "en-US"

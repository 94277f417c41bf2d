"""The methods of the Web API that the bot may call, after the reference of each of them."""

import json
import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from tests.end_to_end.slack.second.block_kit import Json, nested, problems_of, view_problems
from tests.end_to_end.slack.second.socket_mode import Sockets
from tests.end_to_end.slack.second.workspace import (
    APP,
    APP_TOKEN,
    BOT_ID,
    BOT_TOKEN,
    TEAM,
    Channel,
    File,
    Message,
    View,
    Workspace,
)

SCOPES = ("chat:write", "commands", "files:read", "files:write", "im:write", "users:read")
TRIGGER_S = 3.0
TIERS = {2: 20, 3: 50, 4: 100}
"""Calls of a method in a minute and workspace: "20+", "50+" and "100+"."""
POSTS_AT_ONCE, POSTS_A_SECOND = 4, 1.0
"""Of a channel: "1 message per second", with "short bursts"."""
UPDATE_TEXT, ALT_TEXT = 4_000, 1_000
"""The longest `text` of chat.update, and description of an uploaded picture."""


class ApiError(Exception):
    """An answer with `ok: false`."""

    def __init__(self, code: str, **more: object) -> None:
        super().__init__(code)
        self.body: Json = {"ok": False, "error": code, **more}


@dataclass
class Trigger:
    """What opens a modal: once, within three seconds."""

    user: str
    made: float = field(default_factory=time.monotonic)
    is_used: bool = False
    view: View | None = None


class Limits:
    """How often methods may be called."""

    def __init__(self) -> None:
        self.refused: Counter[str] = Counter()
        self.forced: Counter[str] = Counter()
        """How often a method is to answer 429 whatever its limit."""
        self.retry_after_s = 1
        self._calls: defaultdict[str, deque[float]] = defaultdict(deque)
        self._posts: dict[str, tuple[float, float]] = {}

    def seconds(self, method: str, tier: int, channel: str) -> int:
        """Seconds to wait before the method may be called; 0 if it may be called now."""
        now = time.monotonic()
        if self.forced[method] > 0:
            self.forced[method] -= 1
            wait = self.retry_after_s
        elif tier:
            wait = self._of_tier(method, TIERS[tier], now)
        elif method == "chat.postMessage":
            wait = self._of_posts(channel, now)
        else:
            wait = 0
        self.refused[method] += bool(wait)
        return wait

    def _of_tier(self, method: str, most: int, now: float) -> int:
        calls = self._calls[method]
        while calls and calls[0] <= now - 60:
            calls.popleft()
        if len(calls) >= most:
            return int(calls[0] + 60 - now) + 1
        calls.append(now)
        return 0

    def _of_posts(self, channel: str, now: float) -> int:
        left, then = self._posts.get(channel, (float(POSTS_AT_ONCE), now))
        left = min(left + (now - then) * POSTS_A_SECOND, float(POSTS_AT_ONCE))
        if left < 1:
            self._posts[channel] = left, now
            return 1
        self._posts[channel] = left - 1, now
        return 0


class WebApi:
    """The methods, on a workspace."""

    def __init__(self, workspace: Workspace, sockets: Sockets) -> None:
        self.workspace, self.sockets, self.limits = workspace, sockets, Limits()
        self.calls: Counter[str] = Counter()
        self.warnings: list[str] = []
        """What Slack would bear, and a careful app would not do."""
        self.lost_answers: Counter[str] = Counter()
        """How often a method is to be carried out, and its answer to be lost."""
        self.triggers: dict[str, Trigger] = {}
        self.changed: Callable[[], None] = lambda: None
        """Called after each call."""
        self.url = ""
        self._sent: dict[str, Message] = {}
        """By `client_msg_id`."""
        self._uploads: dict[str, File] = {}
        self._methods: dict[str, tuple[Callable[[Json], Json], int, str]] = {
            "auth.test": (self._test, 0, ""),
            "chat.postMessage": (self._post, 0, "chat:write"),
            "chat.update": (self._update, 3, "chat:write"),
            "chat.getPermalink": (self._permalink, 0, ""),
            "conversations.open": (self._open, 3, "im:write"),
            "users.info": (self._user, 4, "users:read"),
            "users.list": (self._users, 2, "users:read"),
            "views.open": (self._open_view, 4, ""),
            "views.publish": (self._publish, 4, ""),
            "files.getUploadURLExternal": (self._upload_url, 4, "files:write"),
            "files.completeUploadExternal": (self._complete, 4, "files:write"),
        }

    async def handle(self, request: web.Request) -> web.Response:
        """Answer a call."""
        method = request.match_info["method"]
        self.calls[method] += 1
        try:
            arguments = await _arguments(request)
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            token = token or arguments.get("token", "")
            if method == "apps.connections.open":
                self._check(token, APP_TOKEN)
                if wait := self.limits.seconds(method, 3, ""):
                    return limited(wait)
                address = self.sockets.new_address(request.host)
                return web.json_response({"ok": True, "url": address})
            self._check(token, BOT_TOKEN)
            if method not in self._methods:
                raise ApiError("unknown_method", req_method=method)
            call, tier, scope = self._methods[method]
            if scope and scope not in SCOPES:
                raise ApiError("missing_scope", needed=scope, provided=",".join(SCOPES))
            wait = self.limits.seconds(method, tier, str(arguments.get("channel", "")))
            if wait:
                return limited(wait)
            body = {"ok": True, **call(arguments)}
        except ApiError as error:
            body = error.body
        self.changed()
        if self.lost_answers[method] > 0 and body["ok"]:
            self.lost_answers[method] -= 1
            assert request.transport is not None
            request.transport.abort()
        return web.json_response(body, headers={"X-OAuth-Scopes": ",".join(SCOPES)})

    def _check(self, token: str, expected: str) -> None:
        if not token:
            raise ApiError("not_authed")
        if token != expected:
            known = token in (APP_TOKEN, BOT_TOKEN)
            raise ApiError("not_allowed_token_type" if known else "invalid_auth")

    def _test(self, _arguments: Json) -> Json:
        bot = self.workspace.bot
        return {
            "url": "https://second.slack.com/",
            "team": "Second",
            "user": bot.json()["name"],
            "team_id": TEAM,
            "user_id": bot.id,
            "bot_id": BOT_ID,
            "is_enterprise_install": False,
        }

    def _post(self, arguments: Json) -> Json:
        channel = self.joined(arguments)
        message_id = arguments.get("client_msg_id", "")
        if message_id:
            # Only its errors are documented: `duplicate_message_not_found` and so on.
            known = self._sent.get(message_id)
            if known is not None and known.is_deleted:
                raise ApiError("duplicate_message_not_found")
            if known is not None:
                return _posted(known)
        self.check_content(arguments)
        thread = arguments.get("thread_ts") or ""
        if thread and (channel.id, thread) not in self.workspace.by_ts:
            raise ApiError("thread_not_found")
        message = self.workspace.add(channel, self.workspace.bot.id, arguments, thread_ts=thread)
        message.text = message.text[:40_000]  # longer ones are truncated
        if message_id:
            self._sent[message_id] = message
        return _posted(message)

    def check_content(self, content: Json) -> None:
        """Raise the error for a message that Slack would refuse."""
        if not content.get("text") and not content.get("blocks"):
            raise ApiError("no_text")
        if not content.get("text"):
            self.warnings.append("a message without text for screen readers")
        if content.get("blocks") and (wrong := problems_of(content["blocks"], "message")):
            raise ApiError("invalid_blocks", response_metadata={"messages": wrong})

    def _update(self, arguments: Json) -> Json:
        channel = self._channel(arguments)
        message = self.workspace.by_ts.get((channel.id, str(arguments.get("ts"))))
        if message is None or message.is_deleted or message.is_ephemeral:
            raise ApiError("message_not_found")
        if message.user_id != self.workspace.bot.id:
            raise ApiError("cant_update_message")
        if not channel.is_joined:
            raise ApiError("channel_not_found")
        if len(arguments.get("text") or "") > UPDATE_TEXT:
            raise ApiError("msg_too_long")
        self.check_content(arguments)
        if arguments.get("parse") != "none":
            self.warnings.append("chat.update without parse: none, which becomes client")
        if _has_rich_text(message.blocks) and not _has_rich_text(arguments.get("blocks")):
            raise ApiError("block_mismatch")  # "Rich-text blocks cannot be replaced …"
        replace_content(message, arguments)
        return {"channel": channel.id, "ts": message.ts, "text": message.text, "message": {}}

    def _permalink(self, arguments: Json) -> Json:
        channel = self._channel(arguments)
        timestamp = str(arguments.get("message_ts"))
        if (channel.id, timestamp) not in self.workspace.by_ts:
            raise ApiError("message_not_found")
        address = f"https://second.slack.com/archives/{channel.id}/p{timestamp.replace('.', '')}"
        return {"channel": channel.id, "permalink": address}

    def _open(self, arguments: Json) -> Json:
        users = str(arguments.get("users") or "").split(",")
        if len(users) != 1 or users[0] not in self.workspace.members:
            raise ApiError("user_not_found")
        return {"channel": {"id": self.workspace.direct(self.workspace.members[users[0]]).id}}

    def _user(self, arguments: Json) -> Json:
        member = self.workspace.members.get(str(arguments.get("user")))
        if member is None:
            raise ApiError("user_not_found")
        return {"user": member.json()}

    def _users(self, arguments: Json) -> Json:
        limit, start = int(arguments.get("limit") or 0), int(arguments.get("cursor") or 0)
        members = [each.json() for each in self.workspace.members.values()]
        page = members[start : start + limit] if limit else members
        end = start + len(page)
        following = str(end) if end < len(members) else ""
        return {"members": page, "response_metadata": {"next_cursor": following}}

    def _open_view(self, arguments: Json) -> Json:
        trigger = self.triggers.get(str(arguments.get("trigger_id")))
        if trigger is None:
            raise ApiError("invalid_trigger_id")
        if trigger.is_used:
            raise ApiError("exchanged_trigger_id")
        if time.monotonic() - trigger.made > TRIGGER_S:
            raise ApiError("expired_trigger_id")
        view = self.new_view(trigger.user, arguments.get("view"), "modal")
        trigger.is_used, trigger.view = True, view
        return {"view": view.json()}

    def new_view(self, user: str, content: object, kind: str) -> View:
        """A view that a member sees. Raises the error for one that Slack would refuse."""
        wrong = view_problems(content)
        if wrong or not isinstance(content, dict) or content["type"] != kind:
            raise ApiError("invalid_arguments", response_metadata={"messages": wrong})
        view = View(self.workspace.new_id("V"), self.workspace.members[user], content)
        self.workspace.views[view.id] = view
        return view

    def _publish(self, arguments: Json) -> Json:
        user = str(arguments.get("user_id"))
        if user not in self.workspace.members:
            raise ApiError("invalid_arguments")
        view = self.workspace.homes[user] = self.new_view(user, arguments.get("view"), "home")
        return {"view": view.json()}

    def _upload_url(self, arguments: Json) -> Json:
        name, length = str(arguments.get("filename") or ""), int(arguments.get("length") or 0)
        if not name or not length:
            raise ApiError("missing_argument")
        alt_text = str(arguments.get("alt_txt") or "")
        if len(alt_text) > ALT_TEXT:
            raise ApiError("alt_txt_too_large")
        bot = self.workspace.bot
        file = File(
            self.workspace.new_id("F"), name, alt_text=alt_text, size=length, user_id=bot.id
        )
        self._uploads[file.id] = file
        return {"upload_url": f"{self.url}/upload/v1/{file.id}", "file_id": file.id}

    async def receive_upload(self, request: web.Request) -> web.Response:
        """Take the content of a file, raw or in a form."""
        file = self._uploads.get(request.match_info["file"])
        if file is None:
            return web.Response(status=404)
        if request.content_type == "multipart/form-data":
            field = next(iter((await request.post()).values()))
            file.content = field.file.read() if isinstance(field, web.FileField) else b""
        else:
            file.content = await request.read()
        if len(file.content) != file.size:
            return web.Response(status=400)
        return web.Response(text=f"OK - {file.size}")

    def _complete(self, arguments: Json) -> Json:
        listed = arguments.get("files") or []
        listed = json.loads(listed) if isinstance(listed, str) else listed
        files = [self._uploads.pop(each["id"], None) for each in listed]
        found = [each for each in files if each is not None and each.content]
        if not found or len(found) < len(files):
            raise ApiError("file_not_found")
        channel_id = arguments.get("channel_id")
        if channel_id:
            channel = self.joined({"channel": channel_id})
            content = {"text": arguments.get("initial_comment") or ""}
            thread = arguments.get("thread_ts") or ""
            self.workspace.add(
                channel, self.workspace.bot.id, content, thread_ts=thread, files=found
            )
        for each in found:
            self.workspace.files[each.id] = each
        return {"files": [{"id": each.id, "title": each.name} for each in found]}

    async def download(self, request: web.Request) -> web.Response:
        """A file, for a token; without one, the page for signing in."""
        file = self.workspace.files.get(request.match_info["file"])
        if request.headers.get("Authorization") != f"Bearer {BOT_TOKEN}":
            return web.Response(text="<html>Sign in</html>", content_type="text/html")
        if file is None:
            return web.Response(status=404)
        return web.Response(body=file.content)

    def _channel(self, arguments: Json) -> Channel:
        channel = self.workspace.channels.get(str(arguments.get("channel")))
        if channel is None:
            raise ApiError("channel_not_found")
        return channel

    def joined(self, arguments: Json) -> Channel:
        """The channel of a call, if the bot may post there."""
        channel = self._channel(arguments)
        if not channel.is_joined:
            raise ApiError("channel_not_found" if channel.is_private else "not_in_channel")
        return channel


def _has_rich_text(blocks: object) -> bool:
    return any(each.get("type") == "rich_text" for each in nested(blocks))


def limited(seconds: int) -> web.Response:
    """The answer to too many calls."""
    body = {"ok": False, "error": "ratelimited"}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def replace_content(message: Message, content: Json) -> None:
    """Replace what a message shows, as chat.update does."""
    if content.get("text") is not None:
        message.text = content["text"]
        message.blocks = content.get("blocks") or []
    elif "blocks" in content:
        message.blocks = content["blocks"]
    message.edits.append(time.monotonic())


def _posted(message: Message) -> Json:
    body = {"type": "message", "user": message.user_id, "ts": message.ts, "app_id": APP}
    return {"channel": message.channel.id, "ts": message.ts, "message": body}


async def _arguments(request: web.Request) -> Json:
    """The arguments of a call: in the address, a form, or JSON."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        return found | dict(await request.json())
    form = dict(await request.post())
    for name in ("blocks", "view", "attachments"):
        if isinstance(form.get(name), str):
            try:
                form[name] = json.loads(str(form[name]))
            except ValueError as error:
                raise ApiError(f"invalid_{name}_format") from error
    return found | form

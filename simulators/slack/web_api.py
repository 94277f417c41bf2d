"""Web API: the methods that the bot uses, files, and `response_url`s.

Errors have Slack's names. An unknown method is answered with an error that names it.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from aiohttp import web

from simulators.common.payloads import JSON
from simulators.slack.limits import ALT_TEXT, NEEDED_SCOPES, RateLimits, SlackError
from simulators.slack.records import Message
from simulators.slack.state import State
from simulators.slack.workspace import Member

_log = logging.getLogger(__name__)

PREFIX = "/api/"
PAGE = 1_000
"""Members in one answer, at most."""
BY_APP = "apps.connections.open"
"""The method that needs the app's token instead of the bot's."""
STRUCTURED = ("blocks", "view", "files")
"""Arguments that are JSON inside of a form."""


@dataclass(slots=True)
class BotTokens:
    """The tokens that the bot uses; after `revoke` they are known, and of no use."""

    bot: str
    app: str
    is_revoked: bool = False


class WebApi:
    """The methods, their tokens, scopes and rate limits."""

    def __init__(
        self,
        state: State,
        tokens: BotTokens,
        scopes: frozenset[str],
        limits: RateLimits,
        open_connection: Callable[[], str],
    ) -> None:
        """`open_connection` makes an address for Socket Mode."""
        self.calls: Counter[str] = Counter()
        """Number of requests by method, and of "response_url"."""
        self._state, self._tokens, self._scopes = state, tokens, scopes
        self._workspace, self._messages, self._views = state.workspace, state.messages, state.views
        self._limits, self._open_connection = limits, open_connection
        self._methods: Mapping[str, Callable[[JSON], JSON]] = {
            BY_APP: lambda _: {"url": self._open_connection()},
            "auth.test": lambda _: self._who(),
            "auth.revoke": lambda _: self._revoke(),
            "chat.postMessage": self._post,
            "chat.postEphemeral": self._post_ephemeral,
            "chat.update": self._update,
            "chat.getPermalink": self._permalink,
            "conversations.open": self._open_direct,
            "users.info": self._member,
            "users.list": self._members,
            "views.open": self._open_view,
            "views.publish": self._publish,
            "views.update": self._update_view,
            "files.getUploadURLExternal": self._reserve,
            "files.completeUploadExternal": self._complete,
            "files.delete": self._delete_file,
            "files.info": self._file_info,
        }

    def add_to(self, app: web.Application) -> None:
        app.router.add_route("*", PREFIX + "{method}", self._serve)
        app.router.add_post("/actions/{secret}", self._respond)
        app.router.add_post("/upload/v1/{file}", self._upload)
        for path in ("/{name}", "/download/{name}"):
            app.router.add_get("/files-pri/{file}" + path, self._download)

    # Requests

    async def _serve(self, request: web.Request) -> web.Response:
        name = request.match_info["method"]
        self.calls[name] += 1
        try:
            if name not in self._methods:
                _log.warning("The Slack simulator has no method %s.", name)
                raise SlackError("unknown_method", req_method=name)
            arguments = await parse(request)
            self._authorise(name, request, arguments)
            if pause := self._limits.take(name, str(arguments.get("channel") or "")):
                return too_many_requests(pause)
            body: JSON = {"ok": True} | self._methods[name](arguments)
        except SlackError as error:
            body = error.body()
        headers = {"X-OAuth-Scopes": ",".join(sorted(self._scopes))}
        return web.json_response(body, headers=headers)

    def _authorise(self, method: str, request: web.Request, arguments: JSON) -> None:
        token = request.headers.get("Authorization", "").removeprefix("Bearer ").strip()
        token = token or str(arguments.get("token") or "")
        if not token:
            raise SlackError("not_authed")
        if token not in (self._tokens.bot, self._tokens.app):
            raise SlackError("invalid_auth")
        if self._tokens.is_revoked:
            raise SlackError("token_revoked")
        if (token == self._tokens.app) != (method == BY_APP):
            raise SlackError("not_allowed_token_type")
        needed = NEEDED_SCOPES.get(method)
        if needed is not None and needed not in self._scopes:
            provided = ",".join(sorted(self._scopes))
            raise SlackError("missing_scope", needed=needed, provided=provided)

    async def _respond(self, request: web.Request) -> web.Response:
        """An answer by a `response_url`; errors have a status of 400 or 404."""
        self.calls["response_url"] += 1
        if pause := self._limits.take("response_url"):
            return too_many_requests(pause)
        try:
            self._state.respond(request.match_info["secret"], await parse(request))
        except SlackError as error:
            if error.error.endswith("_url"):
                return web.json_response(error.body(), status=404)
            return web.Response(status=400, text=error.error)
        return web.Response(text="ok")

    async def _upload(self, request: web.Request) -> web.Response:
        """The bytes of a file."""
        data = await request.read()
        try:
            self._state.messages.receive_upload(request.match_info["file"], data)
        except KeyError:
            return web.Response(status=404, text="upload not found")
        except ValueError as error:
            return web.Response(status=400, text=f"wrong size: {error}")
        return web.Response(text=f"OK - {len(data)}")

    async def _download(self, request: web.Request) -> web.Response:
        """A file. Without the bot's token Slack sends its sign-in page, with a status of 200."""
        authorisation = request.headers.get("Authorization")
        file = self._state.messages.files.get(request.match_info["file"].rpartition("-")[2])
        allowed = authorisation == f"Bearer {self._tokens.bot}" and not self._tokens.is_revoked
        if not allowed or "files:read" not in self._scopes:
            page = "<!DOCTYPE html><html><title>Sign in to Slack</title></html>"
            return web.Response(text=page, content_type="text/html")
        if file is None or file.data is None:
            return web.Response(status=404)
        return web.Response(body=file.data, content_type=file.content_type)

    # Methods

    def _who(self) -> JSON:
        here = self._workspace
        ids = {"team_id": here.id, "user_id": here.bot.id, "bot_id": here.bot_id}
        return {"url": here.url, "team": here.name, "user": here.bot.handle, **ids}

    def _revoke(self) -> JSON:
        self._tokens.is_revoked = True
        return {"revoked": True}

    def _post(self, arguments: JSON) -> JSON:
        is_reply = bool(arguments.get("thread_ts"))
        channel = self._workspace.writable(_text(arguments, "channel"), is_reply=is_reply)
        return self._sent(self._messages.post(channel, arguments))

    def _post_ephemeral(self, arguments: JSON) -> JSON:
        channel = self._workspace.writable(
            _text(arguments, "channel"), is_reply=bool(arguments.get("thread_ts"))
        )
        reader = self._workspace.find_member(_text(arguments, "user"))
        return {"message_ts": self._messages.post(channel, arguments, only_for=reader).ts}

    def _update(self, arguments: JSON) -> JSON:
        channel, ts = _text(arguments, "channel"), _text(arguments, "ts")
        message = self._messages.update(channel, ts, arguments)
        return self._sent(message) | {"text": message.text}

    def _sent(self, message: Message) -> JSON:
        payload = message.payload(self._workspace)
        return {"channel": message.channel.id, "ts": message.ts, "message": payload}

    def _permalink(self, arguments: JSON) -> JSON:
        channel, ts = _text(arguments, "channel"), _text(arguments, "message_ts")
        message = self._messages.find(channel, ts)
        address = f"{self._workspace.url}archives/{channel}/p{message.ts.replace('.', '')}"
        if message.thread_ts not in (None, message.ts):
            address += f"?thread_ts={message.thread_ts}&cid={channel}"
        return {"channel": channel, "permalink": address}

    def _member(self, arguments: JSON) -> JSON:
        member = self._workspace.find_member(_text(arguments, "user"))
        return {"user": self._about(member, arguments)}

    def _about(self, member: Member, arguments: JSON) -> JSON:
        include = str(arguments.get("include_locale")).lower() in ("1", "true")
        return self._workspace.member_payload(member, include_locale=include)

    def _members(self, arguments: JSON) -> JSON:
        """A page of the members; the cursor is the number of those before it."""
        begin = int(arguments.get("cursor") or 0)
        end = begin + min(int(arguments.get("limit") or PAGE), PAGE)
        members = [*self._workspace.members.values()]
        return {
            "members": [self._about(each, arguments) for each in members[begin:end]],
            "response_metadata": {"next_cursor": f"{end}" if end < len(members) else ""},
        }

    def _open_direct(self, arguments: JSON) -> JSON:
        """The direct messages with one member: those with several need another scope."""
        member = self._workspace.find_member(_text(arguments, "users"))
        return {"channel": {"id": self._workspace.direct(member).id}}

    def _open_view(self, arguments: JSON) -> JSON:
        view = self._views.open(_text(arguments, "trigger_id"), arguments.get("view"))
        return {"view": view.payload(self._workspace)}

    def _publish(self, arguments: JSON) -> JSON:
        member = self._workspace.find_member(_text(arguments, "user_id"))
        view = self._views.publish(member, arguments.get("view"))
        return {"view": view.payload(self._workspace)}

    def _update_view(self, arguments: JSON) -> JSON:
        given = str(arguments.get("hash") or "")
        view = self._views.update(_text(arguments, "view_id"), given, arguments.get("view"))
        return {"view": view.payload(self._workspace)}

    def _reserve(self, arguments: JSON) -> JSON:
        length, alt_text = str(arguments.get("length")), str(arguments.get("alt_txt") or "")
        if len(alt_text) > ALT_TEXT:
            raise SlackError("alt_txt_too_large")
        name, size = _text(arguments, "filename"), int(length) if length.isdecimal() else 0
        file, address = self._messages.reserve_upload(name, size, alt_text)
        return {"upload_url": address, "file_id": file.id}

    def _complete(self, arguments: JSON) -> JSON:
        files = arguments.get("files")
        if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
            raise SlackError("invalid_arguments", ["must be a list [json-pointer:/files]"])
        channel = str(arguments.get("channel_id") or "")
        shared = self._messages.complete_upload(files, channel, arguments)
        return {"files": [file.payload() for file in shared]}

    def _file_info(self, arguments: JSON) -> JSON:
        file = self._messages.files.get(_text(arguments, "file"))
        if file is None or file.is_deleted:
            raise SlackError("file_not_found" if file is None else "file_deleted")
        found, file.checks_left = file.payload(), max(0, file.checks_left - 1)
        return {"file": found}

    def _delete_file(self, arguments: JSON) -> JSON:
        self._messages.delete_file(_text(arguments, "file"))
        return {}


async def parse(request: web.Request) -> JSON:
    """The arguments of a request: of the address, and of a body with JSON or a form."""
    arguments: JSON = dict(request.query)
    if request.content_type == "application/json":
        body: JSON = await request.json()
        return arguments | body
    form: Mapping[str, object] = await request.post() if request.can_read_body else {}
    arguments |= form
    for name in STRUCTURED:
        if isinstance(arguments.get(name), str):
            arguments[name] = json.loads(arguments[name])
    return arguments


def _text(arguments: JSON, name: str) -> str:
    """The value of a required argument."""
    value = arguments.get(name)
    if not isinstance(value, str) or not value:
        missing = f"missing required field: {name} [json-pointer:/{name}]"
        raise SlackError("invalid_arguments", [missing])
    return value


def too_many_requests(seconds: float, _everything: bool = False) -> web.Response:
    """A 429 response, always for one method; `seconds` until the next attempt, at least 1."""
    body = {"ok": False, "error": "ratelimited"}
    headers = {"Retry-After": f"{max(1, round(seconds))}"}
    return web.json_response(body, status=429, headers=headers)

"""The web page: its routes, its events, and its requests on behalf of a member.

The page receives every change as a server-sent event and sends POST requests.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

from aiohttp import web
from aiohttp.web_request import FileField

from bot.platforms.local.common.page import SHARED_SCRIPTS, STRICT, WebPage, file_response
from bot.platforms.local.events import Event
from bot.platforms.local.guild import User
from bot.platforms.local.limits import JSON, ApiError, Upload
from bot.platforms.local.records import Interaction, Kind, Message
from bot.platforms.local.rest import json_response
from bot.platforms.local.state import State

WEB = Path(__file__).with_name("web")
SCRIPTS = (
    *("elements", "markdown", "messages", "connection"),
    *("typed_command", "composer", "command_form", "main"),
)


class Page:
    """The routes of the page. answered: waits until an interaction is answered or has failed."""

    def __init__(
        self, state: State, answered: Callable[[Interaction], Awaitable[Interaction]]
    ) -> None:
        self._state, self._answered = state, answered
        self._page = WebPage(WEB, SCRIPTS, shared=SHARED_SCRIPTS)
        self._queues: set[asyncio.Queue[Event | None]] = set()
        state.events.listeners.append(self._hear)

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/", self._page.index)
        app.router.add_get("/attachments/{channel}/{attachment}/{filename}", self._attachment)
        app.router.add_get("/local/events", self._events)
        app.router.add_post("/local/run", self._run)
        app.router.add_post("/local/complete", self._complete)
        app.router.add_post("/local/press", self._press)
        app.router.add_post("/local/say", self._say)
        app.router.add_post("/local/dismiss", self._dismiss)

    def close(self) -> None:
        """End the event streams of all open pages."""
        for queue in self._queues:
            queue.put_nowait(None)

    def _hear(self, event: Event) -> None:
        for queue in self._queues:
            queue.put_nowait(event)

    async def _attachment(self, request: web.Request) -> web.Response:
        found = self._state.channel.attachments.get(request.match_info["attachment"])
        if found is None:
            raise ApiError(10008)
        return file_response(found.data, found.filename, found.content_type)

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Send a snapshot of what the user sees, then every change (server-sent events)."""
        self._page.check(request)
        user = self._user(request.query.get("as"))
        queue: asyncio.Queue[Event | None] = asyncio.Queue()
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"} | STRICT
        )
        await response.prepare(request)
        self._queues.add(queue)
        try:
            await response.write(b"retry: 1000\n\n")  # ms until the page reconnects
            await _send(response, self._snapshot(user))
            while (event := await queue.get()) is not None:
                view = self._view(event, user)
                if view is not None:
                    await _send(response, view)
        except ConnectionResetError:
            pass  # the page was closed
        finally:
            self._queues.discard(queue)
        return response

    def _snapshot(self, user: User) -> JSON:
        messages = self._state.channel.messages.values()
        waiting = [asked for asked in self._state.interactions.values() if not asked.settled]
        guild = self._state.guild
        return {
            "type": "snapshot",
            "me": user.payload(),
            "bot": guild.bot.payload(),
            "admin": guild.admin.id,
            "members": [each.payload() for each in (guild.admin, guild.member)],
            "guild": guild.payload()["name"],
            "channel": guild.channel_payload(),
            "online": self._state.online,
            "joined": guild.joined,
            "commands": self._state.picker(user),
            "messages": [_message_view(m) for m in messages if m.visible_to(user)],
            "waiting": [_interaction_view(asked) for asked in waiting if asked.user is user],
        }

    def _view(self, event: Event, user: User) -> JSON | None:
        """An event as JSON for the page; None if this user does not see it."""
        subject = event.subject
        if isinstance(subject, Message):
            if not subject.visible_to(user):
                return None
            if event.name == "delete":
                return {"type": "delete", "id": subject.id}
            return {"type": "message", "message": _message_view(subject)}
        if isinstance(subject, Interaction):
            if subject.user is not user or subject.kind is Kind.AUTOCOMPLETE:
                return None
            return {"type": "interaction", "interaction": _interaction_view(subject)}
        if event.name == "commands":
            return {"type": "commands", "commands": self._state.picker(user)}
        return {"type": "online", "online": self._state.online, "joined": self._state.guild.joined}

    async def _run(self, request: web.Request) -> web.Response:
        user, body, files = await self._posted(request)
        values = dict(body.get("options") or {}) | files
        asked = self._state.invoke(user, str(body.get("name")), values)
        return json_response({"id": asked.id})

    async def _complete(self, request: web.Request) -> web.Response:
        user, body, _ = await self._posted(request)
        focused = str(body.get("focused"))
        asked = self._state.complete(
            user, str(body.get("name")), body.get("options") or {}, focused
        )
        await self._answered(asked)
        return json_response({"choices": asked.choices, "failed": asked.failed})

    async def _press(self, request: web.Request) -> web.Response:
        user, body, _ = await self._posted(request)
        asked = self._state.press(user, str(body.get("message")), str(body.get("custom_id")))
        return json_response({"id": asked.id})

    async def _say(self, request: web.Request) -> web.Response:
        user, body, _ = await self._posted(request)
        return json_response({"id": self._state.channel.say(user, str(body.get("content"))).id})

    async def _dismiss(self, request: web.Request) -> web.Response:
        user, body, _ = await self._posted(request)
        self._state.channel.dismiss(user, str(body.get("message")))
        return json_response({})

    async def _posted(self, request: web.Request) -> tuple[User, JSON, dict[str, Upload]]:
        """A request of the page: its user, its JSON part, its files by option name."""
        self._page.check(request)
        form = await request.post()
        body = json.loads(str(form.get("payload_json") or "{}"))
        files = {
            key: Upload(value.filename, value.file.read())
            for key, value in form.items()
            if isinstance(value, FileField)
        }
        return self._user(body.get("as")), body, files

    def _user(self, name: object) -> User:
        return self._state.guild.admin if name == "admin" else self._state.guild.member


def _message_view(message: Message) -> JSON:
    view = message.payload() | {"failed": message.failed}
    if message.asked is not None:
        view["asked"] = {"by": message.asked.user.payload(), "title": message.asked.title}
        view["asked"]["kind"] = int(message.asked.kind)
    return view


def _interaction_view(asked: Interaction) -> JSON:
    return {
        "id": asked.id,
        "kind": int(asked.kind),
        "title": asked.title,
        "by": asked.user.payload(),
        "status": asked.status,
        "source": asked.source.id if asked.source else None,
        "custom_id": asked.data.get("custom_id"),
        "answered_with": asked.original.id if asked.original else None,
    }


async def _send(response: web.StreamResponse, body: JSON) -> None:
    await response.write(b"data: " + json.dumps(body).encode() + b"\n\n")

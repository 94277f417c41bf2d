"""The server: the Web API, Socket Mode and response_urls on one port, and its members' deeds."""

import asyncio
import html
import secrets
import time
from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Self

from aiohttp import web

from tests.end_to_end.slack.second.block_kit import Json, nested, problems_of, view_problems
from tests.end_to_end.slack.second.members import Interaction, filled_in, initial_values
from tests.end_to_end.slack.second.socket_mode import Sockets
from tests.end_to_end.slack.second.web_api import WebApi, limited
from tests.end_to_end.slack.second.workspace import (
    APP,
    APP_TOKEN,
    BOT_TOKEN,
    TEAM,
    Channel,
    File,
    Member,
    Message,
    View,
    Workspace,
)

RESPONSE_ACTIONS = {"errors", "update", "push", "clear"}


class SecondSlack:
    """One workspace, with one app in it."""

    bot_token, app_token = BOT_TOKEN, APP_TOKEN

    def __init__(self, *, acknowledge_s: float = 3.0) -> None:
        self.workspace = Workspace()
        self.sockets = Sockets(acknowledge_s=acknowledge_s)
        self.api = WebApi(self.workspace, self.sockets)
        self.api.changed = self._changed
        self.member = self.workspace.add_member("Mary Anning")
        self.admin = self.workspace.add_member("Ada", is_admin=True, is_owner=True)
        self.guest = self.workspace.add_member("Gus", is_guest=True)
        self.channel = self.workspace.add_channel("dinosaurs", is_joined=True)
        self.elsewhere = self.workspace.add_channel("general")
        self._interactions: dict[str, Interaction] = {}
        self._news = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=2**24)
        application.router.add_route("*", "/api/{method}", self.api.handle)
        application.router.add_get("/link/", self.sockets.handle)
        application.router.add_post("/response/{secret}", self._respond)
        application.router.add_post("/upload/v1/{file}", self.api.receive_upload)
        application.router.add_get("/files/{file}", self.api.download)
        self._runner = web.AppRunner(application, shutdown_timeout=0.2)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.api.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.sockets.drop()
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def api_url(self) -> str:
        """Of the Web API."""
        return f"{self.api.url}/api/"

    @property
    def calls(self) -> Counter[str]:
        """Calls by method."""
        return self.api.calls

    @property
    def refused(self) -> Counter[str]:
        """Calls that were answered with 429, by method."""
        return self.api.limits.refused

    @property
    def warnings(self) -> list[str]:
        """What Slack bears, and may read otherwise than the app means it."""
        return self.api.warnings

    @property
    def messages(self) -> list[Message]:
        """All messages, the oldest first."""
        return [each for each in self.workspace.messages if not each.is_deleted]

    async def wait_for(self, condition: Callable[[], object], timeout_s: float = 30.0) -> None:
        """Wait until a condition holds. Raises `TimeoutError`."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.1):
                        await self._news.wait()
                except TimeoutError:
                    pass

    def command(
        self, member: Member, command: str, text: str = "", channel: Channel | None = None
    ) -> Interaction:
        """Type a slash command. Its text arrives with `&`, `<` and `>` as entities."""
        channel = channel or self.channel
        asked = self._interaction(member, channel)
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "team_domain": "second",
            "channel_id": channel.id,
            "channel_name": "directmessage" if channel.id.startswith("D") else channel.name,
            "user_id": member.id,
            "user_name": member.json()["name"],
            "command": command,
            "text": html.escape(text, quote=False),
            "api_app_id": APP,
            "is_enterprise_install": "false",
            "response_url": self._response_url(asked, "commands"),
            "trigger_id": self._trigger_id(asked),
        }
        asked.send("slash_commands", payload)
        return asked

    def press(self, member: Member, place: Message | View, wanted: str) -> Interaction:
        """Press a button, by its label, `action_id` or value."""
        blocks = place.blocks if isinstance(place, Message) else place.content["blocks"]
        buttons = [each for each in nested(blocks) if each.get("type") == "button"]
        (button, *_rest) = [
            each
            for each in buttons
            if wanted in (each.get("action_id"), each.get("value"))
            or each["text"]["text"].startswith(wanted)
        ]
        action = {
            "type": "button",
            "action_id": button.get("action_id", "generated"),
            "block_id": "generated",
            "text": button["text"],
            "value": button.get("value", ""),
            "action_ts": f"{time.time():.6f}",
        }
        if isinstance(place, View):
            pressed = self._interaction(member, None)
            where: Json = {
                "container": {"type": "view", "view_id": place.id},
                "view": place.json(),
            }
        else:
            pressed = self._interaction(member, place.channel, place)
            where = {
                "container": {
                    "type": "message",
                    "message_ts": place.ts,
                    "channel_id": place.channel.id,
                    "is_ephemeral": place.is_ephemeral,
                },
                "channel": {"id": place.channel.id, "name": place.channel.name},
                "response_url": self._response_url(pressed, "actions"),
            }
            if not place.is_ephemeral:
                where["message"] = self._json(place)
        payload = self._interactive("block_actions", member, pressed)
        pressed.send(
            "interactive", payload | where | {"actions": [action], "state": {"values": {}}}
        )
        return pressed

    async def suggest(self, member: Member, view: View, action_id: str, typed: str) -> list[Json]:
        """The options of a select with an external source."""
        asked = self._interaction(member, None)
        payload = self._interactive("block_suggestion", member, asked) | {
            "container": {"type": "view", "view_id": view.id},
            "action_id": action_id,
            "block_id": action_id,
            "value": typed,
            "view": view.json(initial_values(view)),
        }
        asked.send("interactive", payload)
        options: list[Json] = (await asked.acknowledgement())["options"]
        select = {"type": "static_select", "action_id": "a", "options": options}
        if options and (
            wrong := problems_of([{"type": "actions", "elements": [select]}], "message")
        ):
            raise ValueError(wrong)
        return options

    def submit(
        self, member: Member, view: View, values: Mapping[str, object], *, forged: bool = False
    ) -> Interaction:
        """Submit a modal with these values, by `block_id`."""
        assert view.is_open
        files = {
            name: [self._file(each) for each in value]
            for name, value in values.items()
            if isinstance(value, list)
        }
        submitted = self._interaction(member, None)
        payload = self._interactive("view_submission", member, submitted) | {
            "view": view.json(filled_in(view, {**values, **files}, forged=forged)),
            "response_urls": [],
        }
        submitted.send("interactive", payload)
        task = asyncio.ensure_future(self._finish(view, submitted))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return submitted

    async def _finish(self, view: View, submitted: Interaction) -> None:
        answer = await submitted.acknowledgement()
        action = answer.get("response_action")
        if action not in RESPONSE_ACTIONS and answer:
            raise ValueError(f"response_action {action}")
        if action == "errors":
            blocks = {each["block_id"] for each in view.content["blocks"] if "block_id" in each}
            assert answer["errors"]
            assert set(answer["errors"]) <= blocks
            submitted.errors = answer["errors"]
        elif action in ("update", "push"):
            if wrong := view_problems(answer["view"]):
                raise ValueError(wrong)
            view.is_open = False
            shown = self.api.new_view(submitted.member.id, answer["view"], "modal")
            submitted.trigger.view = shown
        else:
            view.is_open = False
        self._changed()

    def upload(self, member: Member, name: str, content: bytes) -> File:
        """Upload a file, for a form."""
        new = self.workspace.new_id("F")
        file = File(new, name, content, size=len(content), user_id=member.id)
        self.workspace.files[file.id] = file
        return file

    def open_home(self, member: Member) -> Interaction:
        """Open App Home."""
        event = {
            "type": "app_home_opened",
            "user": member.id,
            "channel": self.workspace.direct(member).id,
            "tab": "home",
            "event_ts": self.workspace.new_ts(),
        }
        return self.send_event(event)

    def home(self, member: Member) -> View | None:
        """What a member sees in App Home."""
        return self.workspace.homes.get(member.id)

    def send_event(self, event: Json) -> Interaction:
        """Send an event of the Events API."""
        sent = self._interaction(self.member, None)
        payload = {
            "token": "verification",
            "team_id": TEAM,
            "api_app_id": APP,
            "event": event,
            "type": "event_callback",
            "event_id": f"Ev{secrets.token_hex(4).upper()}",
            "event_time": int(time.time()),
        }
        sent.send("events_api", payload, accepts=False)
        return sent

    def say(self, member: Member, text: str, channel: Channel | None = None) -> Message:
        """Write a message."""
        return self.workspace.add(channel or self.channel, member.id, {"text": text})

    def shortcut(self, member: Member, callback_id: str, message: Message) -> Interaction:
        """Use a shortcut in the menu of a message."""
        asked = self._interaction(member, message.channel)
        payload = self._interactive("message_action", member, asked) | {
            "callback_id": callback_id,
            "channel": {"id": message.channel.id, "name": message.channel.name},
            "message_ts": message.ts,
            "message": self._json(message),
            "response_url": self._response_url(asked, "app"),
        }
        asked.send("interactive", payload)
        return asked

    def _interaction(
        self, member: Member, channel: Channel | None, source: Message | None = None
    ) -> Interaction:
        return Interaction(self, member, channel, source)

    def _response_url(self, asked: Interaction, kind: str) -> str:
        secret = f"{kind}-{secrets.token_urlsafe(12)}"
        self._interactions[secret] = asked
        return f"{self.api.url}/response/{secret}"

    def _trigger_id(self, asked: Interaction) -> str:
        name = f"{len(self.api.triggers)}.2.{secrets.token_hex(8)}"
        self.api.triggers[name] = asked.trigger
        return name

    def _interactive(self, kind: str, member: Member, asked: Interaction) -> Json:
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": "second"},
            "user": {
                "id": member.id,
                "username": member.json()["name"],
                "name": member.json()["name"],
                "team_id": TEAM,
            },
            "api_app_id": APP,
            "token": "verification",
            "trigger_id": self._trigger_id(asked),
            "enterprise": None,
            "is_enterprise_install": False,
            "action_ts": f"{time.time():.6f}",
        }

    def _json(self, message: Message) -> Json:
        content: Json = {"text": message.text, "blocks": message.blocks}
        return {"type": "message", "user": message.user_id, "ts": message.ts, **content}

    def _file(self, file: object) -> Json:
        assert isinstance(file, File)
        address = f"{self.api.url}/files/{file.id}"
        return {"id": file.id, "name": file.name, "size": file.size, "url_private": address}

    async def _respond(self, request: web.Request) -> web.Response:
        self.calls["response_url"] += 1
        asked = self._interactions.get(request.match_info["secret"])
        if asked is None:
            return web.Response(status=404, text="no_service")
        if wait := self.api.limits.seconds("response_url", 0, ""):
            return limited(wait)
        answer = asked.respond(await request.json())
        self._changed()
        return answer

    def _changed(self) -> None:
        self._news.set()

"""The Slack page: what a member sees, and what they do."""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from aiohttp import web

from simulators.common.page import Page, file_response, locale_of
from simulators.common.payloads import JSON, Upload
from simulators.slack.forms import FormError
from simulators.slack.records import Interaction, Message, View
from simulators.slack.state import State
from simulators.slack.workspace import Channel, Member

WEB = Path(__file__).with_name("web")
SCRIPTS = ("blocks", "messages", "forms", "main")
BUILT_IN: Sequence[JSON] = [
    {"command": command, "usage_hint": "@app", "description": description, "app": "Slack"}
    for command, description in (
        ("/invite", "Add the app to this channel."),
        ("/remove", "Remove the app from this channel."),
    )
]
"""Slack's own commands that the page knows."""


class SlackPage(Page):
    """The page of a workspace. is_connected: whether the bot is connected."""

    def __init__(self, state: State, is_connected: Callable[[], bool]) -> None:
        super().__init__(WEB, "Local Slack", SCRIPTS, state.changes, state.clock)
        self._state, self._is_connected = state, is_connected

    def add_to(self, app: web.Application) -> None:
        super().add_to(app)
        app.router.add_get("/local/files/{file}", self._file)

    async def _file(self, request: web.Request) -> web.Response:
        file = self._state.messages.files.get(request.match_info["file"])
        if file is None or file.data is None:
            raise web.HTTPNotFound
        return file_response(file.data, file.name, file.content_type)

    # What the member sees

    def state(self, query: Mapping[str, str]) -> JSON:
        member = self._member(query.get("as"))
        channel = self._channel(member, query.get("channel"))
        workspace, views = self._state.workspace, self._state.views
        people = [each for each in workspace.members.values() if not each.is_bot]
        seen = [
            message
            for message in self._state.messages.by_ts.values()
            if message.only_for in (None, member)
        ]
        newest = {each.channel.id: each.ts for each in seen if each.author is not member}
        public = [each for each in workspace.channels.values() if each.direct_with is None]

        def place(each: Channel) -> JSON:
            about = {"id": each.id, "name": each.name, "joined": each.is_joined}
            return about | {"newest": newest.get(each.id, "")}

        home, modal = views.homes.get(member.id), views.top(member)
        return {
            "connected": self._is_connected(),
            "commands": [*self._state.commands, *BUILT_IN],
            "shortcuts": self._state.shortcuts,
            "as": member.id,
            "workspace": workspace.name,
            "address": workspace.url,
            "bot": workspace.bot.name,
            "members": {each.id: each.name for each in workspace.members.values()},
            "people": [{"id": each.id, "name": each.name, "role": _role(each)} for each in people],
            "channels": list(map(place, public)),
            "direct": place(workspace.direct(member)),
            "channel": channel.id,
            "messages": [_message_view(each, member) for each in seen if each.channel is channel],
            "failures": self._failures(member, channel),
            "home": home and _view(home),
            "modal": modal and _view(modal),
        }

    def _failures(self, member: Member, channel: Channel) -> list[JSON]:
        """Requests of the member that the bot did not acknowledge in time."""
        return [
            {"ts": f"{asked.created_at:.6f}", "title": asked.title, "failure": asked.failure}
            for asked in self._state.interactions[-50:]
            if asked.failure and asked.member is member and asked.channel in (channel, None)
        ]

    # What the member does

    async def act(self, body: JSON, files: Mapping[str, Upload]) -> JSON:
        self._state.workspace.locale = locale_of(body)
        member = self._member(body.get("as"))
        store = self._state.messages.store_file
        values: dict[str, object] = dict(body.get("values") or {})
        values |= {name: store(member, each.filename, each.data) for name, each in files.items()}
        try:
            asked = self._do(str(body.get("do")), member, body, values)
        except (FormError, LookupError) as error:
            return {"problem": str(error.args[0])}
        return await _answer(asked) if asked is not None else {}

    def _do(
        self, action: str, member: Member, body: JSON, values: Mapping[str, object]
    ) -> Interaction | None:
        state = self._state
        channel = self._channel(member, body.get("channel"))
        if action == "write":
            text = str(body.get("text") or "").strip()
            if text.startswith("/"):
                command, options = [*text.split(None, 1), ""][:2]
                return self._command(member, channel, command, options)
            if text:
                state.write(member, text, channel)
            return None
        if action == "home":
            return state.open_home(member)
        source = self._source(body)
        name = str(body.get("name") or "")
        if isinstance(source, Message) and action == "shortcut":
            return state.shortcut(member, name, source)
        if action == "press":
            return state.press(member, source, name, body.get("value"), values=values)
        if action == "suggest":
            typed = str(body.get("typed") or "")
            return state.suggest(member, source, name, typed)
        if isinstance(source, View) and action == "submit":
            return state.submit(member, source, values)
        if isinstance(source, View) and action == "close":
            state.views.close(member, source)
            return None
        raise LookupError(f"There is no action {action!r}.")

    def _command(
        self, member: Member, channel: Channel, command: str, options: str
    ) -> Interaction | None:
        """A slash command of the app, or of Slack itself."""
        state, bot = self._state, self._state.workspace.bot
        known = [str(each["command"]) for each in state.commands]
        own = [str(each["command"]) for each in BUILT_IN]
        if command in own and command not in known:
            if options.strip().removeprefix("@").lower() != bot.handle:
                raise LookupError(f"Type {command} @{bot.name}.")
            if channel.direct_with is not None or channel.is_closed:
                raise LookupError(f"{command} works in a channel.")
            channel.is_joined = is_invited = command == "/invite"
            verb = "added to" if is_invited else "removed from"
            state.messages.say(bot, f"was {verb} #{channel.name} by {member.name}.", channel)
            return state.invite(member, channel) if is_invited else None
        if known and command not in known:
            similar = get_close_matches(command, [*known, *own], 1)
            raise LookupError(
                f"{command} is not a valid command. In Slack, all messages that start with / are "
                "interpreted as commands." + (f" Did you mean {similar[0]}?" if similar else "")
            )
        return state.command(member, command, options, channel)

    def _source(self, body: JSON) -> Message | View:
        """The message or view in which something is pressed."""
        name = str(body.get("source") or "")
        source = self._state.messages.by_ts.get(name) or self._state.views.by_id.get(name)
        if source is None:
            raise LookupError("That message is gone.")
        return source

    def _member(self, user_id: object) -> Member:
        workspace = self._state.workspace
        return workspace.members.get(str(user_id), workspace.member)

    def _channel(self, member: Member, channel_id: object) -> Channel:
        """A channel that the member is in."""
        workspace = self._state.workspace
        channel = workspace.channels.get(str(channel_id), workspace.channel)
        return channel if channel.direct_with in (None, member) else workspace.channel


async def _answer(asked: Interaction) -> JSON:
    """Errors or options in the acknowledgement; a problem if there is none."""
    if asked.kind == "interactive" and asked.accepts_payload:
        try:
            await asked.acknowledgement()
        except (RuntimeError, TimeoutError):
            return {"problem": "We had some trouble connecting. Try again?"}
    return {"errors": dict(asked.errors), "options": asked.options}


def _message_view(message: Message, member: Member) -> JSON:
    return {
        "ts": message.ts,
        "thread": message.thread_ts,
        "author": message.author.name,
        "author_id": message.author.id,
        "is_bot": message.author.is_bot,
        "text": message.text,
        "blocks": message.blocks,
        "edited": bool(message.edits),
        "private": message.only_for is member,
        "pinged": member.id in message.mentions,
        "files": [
            {
                "is_deleted": file.is_deleted,
                "url": f"local/files/{file.id}",
                "name": file.name,
                "size": file.size,
                "is_image": file.content_type.startswith("image/"),
                "alt": file.alt_text,
            }
            for file in message.files
        ],
    }


def _view(view: View) -> JSON:
    return {"id": view.id, "hash": view.hash, **view.content}


def _role(member: Member) -> str:
    if member.is_owner:
        return "owner"
    return "admin" if member.is_admin else "guest" if member.is_guest else "member"

"""The Discord page: what a member sees, and what they do."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from aiohttp import web

from simulators.common.page import Page, file_response, locale_of
from simulators.common.payloads import JSON, Upload
from simulators.common.simulator import Changes
from simulators.discord.guild import User
from simulators.discord.limits import ApiError
from simulators.discord.records import Interaction, InteractionType, Message, Status
from simulators.discord.state import State

WEB = Path(__file__).with_name("web")
SCRIPTS = ("markdown", "messages", "form", "typed_command", "command_form", "main")


class DiscordPage(Page):
    """The page of a server. answered: waits until an interaction is answered or has failed."""

    def __init__(
        self,
        state: State,
        changes: Changes,
        answered: Callable[[Interaction], Awaitable[Interaction]],
    ) -> None:
        super().__init__(WEB, "#mangosaurus", SCRIPTS, changes, state.clock)
        self._state, self._answered = state, answered
        guild = state.guild
        self._people = {"member": guild.member, "admin": guild.admin, "owner": guild.bot_owner}

    def add_to(self, app: web.Application) -> None:
        super().add_to(app)
        app.router.add_get("/attachments/{channel}/{attachment}/{filename}", self._attachment)

    async def _attachment(self, request: web.Request) -> web.Response:
        found = self._state.channel.attachments.get(request.match_info["attachment"])
        if found is None:
            raise ApiError(10008)
        return file_response(found.data, found.filename, found.content_type)

    def state(self, query: Mapping[str, str]) -> JSON:
        state, guild, user = self._state, self._state.guild, self._user(query.get("as"))
        messages = state.channel.messages.values()
        return {
            "me": user.payload(),
            "bot": guild.bot.payload(),
            "administrators": [guild.admin.id, guild.bot_owner.id],
            "members": [each.payload() for each in self._people.values()],
            "guild": guild.payload()["name"],
            "channel": guild.channel_payload(),
            "online": state.online,
            "joined": guild.joined,
            "commands": state.picker(user),
            "messages": [_message_view(each) for each in messages if each.visible_to(user)],
            "form": self._form(user),
            "waiting": [_interaction_view(asked) for asked in self._waiting(user)],
        }

    def _form(self, user: User) -> JSON | None:
        """The form that is open for a member."""
        for asked in reversed(self._state.interactions.values()):
            if asked.user is user and asked.modal is not None:
                return asked.modal | {"token": asked.token}
        return None

    def _waiting(self, user: User) -> list[Interaction]:
        """The commands and presses of a member that wait for an answer, or have failed.

        A newer press on the same message replaces those before.
        """
        newest = {
            asked.source.id if asked.source else asked.id: asked
            for asked in self._state.interactions.values()
            if asked.user is user and asked.kind is not InteractionType.AUTOCOMPLETE
        }
        without_answer = (Status.WAITING, Status.FAILED)
        return [
            asked
            for asked in newest.values()
            if asked.status in without_answer and asked.original is None
        ]

    async def act(self, body: JSON, files: Mapping[str, Upload]) -> JSON:
        self._state.locale = locale_of(body)
        try:
            return await self._do(str(body.get("do")), self._user(body.get("as")), body, files)
        except ApiError as error:
            return {"problem": "\n".join([error.message, *error.details])}

    async def _do(self, action: str, user: User, body: JSON, files: Mapping[str, Upload]) -> JSON:
        state, name = self._state, str(body.get("name"))
        options, message = body.get("options") or {}, str(body.get("message"))
        if action == "run":
            state.invoke(user, name, {**options, **files})
        elif action == "complete":
            asked = state.complete(user, name, options, str(body.get("focused")))
            await self._answered(asked)
            return {"choices": asked.choices, "failed": asked.failed}
        elif action == "press":
            state.press(user, message, str(body.get("custom_id")))
        elif action == "choose":
            state.choose(user, message, str(body.get("custom_id")), str(body.get("value")))
        elif action == "submit":
            state.submit(state.interactions[str(body.get("token"))], options)
        elif action == "close":
            state.interactions[str(body.get("token"))].modal = None
        elif action == "say":
            state.channel.say(user, str(body.get("content")))
        elif action == "dismiss":
            state.channel.dismiss(user, message)
        else:
            return {"problem": f"There is no action {action!r}."}
        return {}

    def _user(self, name: object) -> User:
        return self._people.get(str(name), self._state.guild.member)


def _message_view(message: Message) -> JSON:
    view = message.payload() | {"failed": message.failed}
    if message.asked is not None:
        view["asked"] = {"by": message.asked.user.payload(), "title": message.asked.title}
        view["asked"]["kind"] = int(message.asked.kind)
    return view


def _interaction_view(asked: Interaction) -> JSON:
    return {
        "id": asked.id,
        "title": asked.title,
        "by": asked.user.payload(),
        "status": asked.status,
        "created_at": asked.created_at,
        "source": asked.source.id if asked.source else None,
        "custom_id": asked.data.get("custom_id"),
    }

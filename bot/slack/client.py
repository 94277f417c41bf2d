"""The bot on Slack: what members do → commands and buttons; start and shutdown."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

from bot.commands import stopping
from bot.commands.buttons import HANDLERS
from bot.commands.core import dispatch
from bot.commands.core.app import App
from bot.commands.core.declaration import Declaration, Menu, Person, Picked, Place
from bot.commands.core.error_messages import community_only, explain
from bot.commands.core.info import NoOptions
from bot.commands.core.message import Message, UserError
from bot.commands.core.received import clean, received
from bot.commands.core.translation import _
from bot.commands.core.turn import DeliveryError, MessageRef, Turn
from bot.commands.declarations import declared
from bot.commands.jobs import Jobs
from bot.commands.operation.health import Health
from bot.commands.polls import hall_of_fame, name_message, votes
from bot.commands.stopping import Front
from bot.commands.verse import sonnet
from bot.services.concurrency import within
from bot.slack import home, rendering, typed_command
from bot.slack.forms import Forms
from bot.slack.identities import SlackIdentities, is_external, message_id
from bot.slack.manifest import SCOPES
from bot.slack.names import MENU, SHORTCUT, CommandNames
from bot.slack.network.api import BASE_URL, EDIT_S, SlackApi
from bot.slack.network.connection import Payload, SocketMode
from bot.slack.options.line import unescaped
from bot.slack.platform import TERMS, Member, SlackPlatform, is_direct
from bot.slack.turn import Origin, SlackAttachment, SlackTurn
from bot.slack.values import ChannelRef, FileRef, UserRef, is_true, list_of, part_of, text_of
from bot.store import StoreError
from models.verse.poem import OPENING_LIMIT

log = logging.getLogger(__name__)

LONGEST_LINE = 10_000
"""Characters of what is typed after a command; `typed_command` has a lower limit."""
MEMBER_PATIENCE_S = 2.0
"""Seconds that Slack has to tell a member's rights; else they have none this time."""
COSTLY = frozenset({"dinoname", "name", "dissect", "sonnet", "retrain", "namer"})
"""First words of commands that take the networks' time, which guests may not use."""
COSTLY_BUTTONS = frozenset(
    {
        name_message.MORE,
        name_message.MORE_OF_CUSTOM_MODEL,
        name_message.DISSECT,
        sonnet.ACTION,
        hall_of_fame.POEM,
    }
)


WITHOUT_RIGHTS = frozenset({votes.ACTION, votes.RETRACT})
"""Actions of buttons for which it does not matter who presses them, and which come in rushes."""
GUESTS_WAIT = _(
    "Guests of this workspace can't use what takes the bot's time. They can vote, and look at the "
    "hall of fame."
)


class SlackBot:
    """The bot in one workspace. Its dependencies are passed to the constructor."""

    def __init__(
        self,
        app: App,
        bot_token: str,
        app_token: str,
        *,
        base_url: str = BASE_URL,
        edit_s: float = EDIT_S,
        health: Health | None = None,
        is_home: bool = False,
    ) -> None:
        """`bot_token`: xoxb-…; `app_token`: xapp-…. `base_url` is that of the Web API.

        edit_s: seconds between two edits in the workspace.
        health: that of the process, if the bot is on another platform as well.
        is_home: whether the workspace is a home even if the settings don't name it.
        """
        self.app = app
        self.api = SlackApi(bot_token, monitor=app.monitor, base_url=base_url, edit_s=edit_s)
        self.names = CommandNames(app.settings.slack_command_prefix)
        self.platform = SlackPlatform(self.api, SlackIdentities(app.store.identities), self.names)
        if health is None:
            health = Health(app, self.platform)
        else:
            health.add(self.platform)
        self.health = health
        self.jobs = Jobs(app, self.platform)
        self.declared = declared(TERMS, health)
        self.forms = Forms(app, self.api, self.declared, self.names, self, self._start)
        self.socket = SocketMode(self.api, app_token, self.receive, count=self._count)
        self.platform.connected = lambda: self.socket.is_connected
        self.ready = asyncio.Event()
        self._is_home = is_home
        self._is_stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()

    @property
    def is_ready(self) -> bool:
        """Whether it has connected."""
        return self.ready.is_set()

    @property
    def front(self) -> Front:
        """What stops on Slack."""
        return Front(self.jobs, self._disconnect)

    async def start(self) -> None:
        """Connect, and return. Raises `DeliveryError`, and `StoreError`."""
        platform = self.platform
        await platform.identify()
        if missing := sorted(set(SCOPES) - self.api.scopes):
            log.error(
                "SLACK_BOT_TOKEN lacks the scopes %s. Add them under OAuth & Permissions, and "
                "press Reinstall to Workspace: https://api.slack.com/apps",
                ", ".join(missing),
            )
        homes = self.app.settings.home_workspaces
        platform.is_home = self._is_home or platform.team in homes
        if platform.is_home and platform.community_id is not None:
            self.app.homes.add(platform.community_id)
        await self.socket.start()
        self.ready.set()
        self.jobs.start(self.ready.wait)
        if platform.community_id is not None:
            await self.jobs.communities.joined(platform.community_id)
        log.info("Ready on Slack, in the workspace %s (%s)", platform.team_name, platform.team)

    async def run(self) -> None:
        """Start, and serve until it is stopped. Raises as `start` does."""
        await self.start()
        await self._closed.wait()

    def hurry(self) -> None:
        """Make edits that wait for their turn at once: the process stops."""
        self.api.budget.hurry()

    async def shut_down(self) -> None:
        """Accept nothing new, wait a while for running answers, and disconnect."""
        self._is_stopping = True
        self.hurry()
        await stopping.finish(self.app)
        await self.close()

    async def close(self) -> None:
        """Disconnect. Trainings are interrupted and resume after the next start."""
        if self._closed.is_set():
            return
        if not self._is_stopping:
            await stopping.interrupt_trainings(self.app)
        await stopping.close(self.app, [self.front])

    async def _disconnect(self) -> None:
        self._closed.set()
        await self.socket.close()
        await self.api.close()

    async def receive(self, kind: str, payload: Payload) -> Payload | None:
        """Handle what has arrived. Returns the answer for suggestions and submitted modals."""
        match kind, payload.get("type"):
            case "slash_commands", _none:
                await self._command(payload)
            case "interactive", "block_actions":
                await self._press(payload)
            case "interactive", "block_suggestion":
                return await self.forms.suggest(payload)
            case "interactive", "view_submission":
                return await self.forms.submit(payload)
            case "interactive", "message_action" | "shortcut":
                await self._shortcut(payload)
            case "events_api", _any:
                await self._event(part_of(payload, "event"))
            case _:
                log.info("Something unknown has arrived: %.40s", kind)
        return None

    async def _command(self, payload: Payload) -> None:
        """Answer a slash command."""
        turn = await self.turn(
            user=text_of(payload, "user_id"),
            name=text_of(payload, "user_name"),
            channel=text_of(payload, "channel_id"),
            response_url=text_of(payload, "response_url", most=500),
        )
        if turn is None:
            return
        command, line = text_of(payload, "command"), text_of(payload, "text", most=LONGEST_LINE)
        try:
            typed = typed_command.parse(self.declared, command, line, self.names)
        except UserError as error:
            await self.refuse(turn, error, self.names.word_of(command) or "unknown")
            return
        if typed.wants_form:
            await self.forms.open(turn, text_of(payload, "trigger_id"), typed)
        elif typed.declaration is not None:
            await self.run_command(turn, typed.declaration, typed.values)

    async def run_command(
        self, turn: SlackTurn, declaration: Declaration, values: Mapping[str, object]
    ) -> None:
        """Answer a command with its options."""

        async def command(app: App, turn: Turn, _options: NoOptions) -> None:
            if declaration.place is Place.COMMUNITY and turn.community_id is None:
                raise UserError(*community_only(TERMS))
            options = declaration.build(**await self._resolved(values))
            await declaration.command(app, turn, received(options))

        name = declaration.info.name
        if name.partition(" ")[0] in COSTLY and turn.origin.is_guest:
            await self.refuse(turn, UserError(GUESTS_WAIT), name)
            return
        await dispatch.run(self.app, turn, command, NoOptions(), name=name)

    async def _press(self, payload: Payload) -> None:
        """Answer a pressed button."""
        pressed = next(iter(list_of(payload, "actions")), {})
        button = rendering.button_of(pressed)
        if button is None:
            return  # a select or an input of a modal
        action, state = button
        turn = await self.turn(
            user=text_of(payload, "user", "id"),
            name=text_of(payload, "user", "name"),
            channel=text_of(payload, "channel", "id")
            or text_of(payload, "container", "channel_id"),
            response_url=text_of(payload, "response_url", most=500),
            needs_rights=action not in WITHOUT_RIGHTS,
            message=text_of(payload, "container", "message_ts"),
            is_ephemeral=is_true(payload, "container", "is_ephemeral"),
        )
        if turn is None:
            return
        if action in COSTLY_BUTTONS and turn.origin.is_guest:
            await self.refuse(turn, UserError(GUESTS_WAIT), f"button {action}")
            return
        await dispatch.press(self.app, turn, action, state, HANDLERS)

    async def _shortcut(self, payload: Payload) -> None:
        """Answer a shortcut in the menu of a message."""
        message = part_of(payload, "message")
        turn = await self.turn(
            user=text_of(payload, "user", "id"),
            name=text_of(payload, "user", "name"),
            channel=text_of(payload, "channel", "id"),
            response_url=text_of(payload, "response_url", most=500),
        )
        if turn is None:
            return
        called = text_of(payload, "callback_id")
        if called == SHORTCUT:
            words = " ".join(text_of(message, "text", most=40_000).split())
            opening = unescaped(words)[:OPENING_LIMIT]
            declaration = self._declaration(sonnet.INFO.name)
            if declaration is not None:
                await self.run_command(turn, declaration, {"opening": opening})
            return
        menus = [each for each in self.declared if isinstance(each, Menu)]
        place = called.removeprefix(MENU)
        number = message_id(text_of(message, "ts"))
        if called.startswith(MENU) and place.isdecimal() and int(place[:3]) < len(menus) and number:
            menu = menus[int(place[:3])]
            ref = MessageRef(turn.channel_id or 0, number, turn.community_id)
            is_own = text_of(message, "user") == self.platform.bot_user
            options = menu.build(Picked(ref, is_own=is_own))
            await dispatch.run(self.app, turn, menu.command, options, name=menu.label)

    async def _event(self, event: Payload) -> None:
        """Handle an event: a member who opens App Home, or the end of the app."""
        match event.get("type"):
            case "app_home_opened" if event.get("tab") in (None, "home"):
                await self._show_home(text_of(event, "user"))
            case "app_uninstalled" | "tokens_revoked":
                log.error("The workspace has removed the app, or revoked its tokens")
                if self.platform.community_id is not None:
                    await self.jobs.communities.left(self.platform.community_id)
            case _:
                pass

    async def _show_home(self, user: str) -> None:
        turn = await self.turn(user=user, name="", channel="", response_url="")
        if turn is None:
            return
        try:
            view = await home.home_view(self.app, turn, self.names)
            await self.api.publish_home(user, view)
        except (DeliveryError, StoreError) as error:
            log.info("App Home could not be shown: %s", error)

    async def turn(
        self,
        *,
        user: str,
        name: str,
        channel: str,
        response_url: str,
        needs_rights: bool = True,
        message: str = "",
        is_ephemeral: bool = False,
    ) -> SlackTurn | None:
        """A turn with ids and rights; `None` for a payload without a member.

        Without `needs_rights`, Slack is not asked for them: it tells about 100 a minute. If the
        database does not answer, the member is told so.
        """
        platform, team = self.platform, self.platform.team
        if not is_external(user) or (channel and not is_external(channel)):
            return None
        identities = platform.identities
        try:
            number, member = await asyncio.gather(
                identities.user(team, user),
                self._member(user, clean(name), asks=needs_rights),
            )
            channel_id = await identities.channel(team, channel) if channel else None
        except StoreError as error:
            await self._explain(error, response_url)
            return None
        origin = Origin(
            user, channel, channel_id, response_url, message, is_ephemeral, member.is_guest
        )
        community_id = None if is_direct(channel) else platform.community_id
        return SlackTurn(
            origin,
            member.user(number),
            platform,
            community_id=community_id,
            created_at=datetime.now(UTC),
        )

    async def _member(self, user: str, name: str, *, asks: bool = True) -> Member:
        """A member with their rights; without any if Slack does not tell them in time."""
        if not asks:
            return self.platform.known_member(user) or Member(name)
        try:
            return await within(MEMBER_PATIENCE_S, self.platform.member(user))
        except (DeliveryError, TimeoutError) as error:
            log.warning("The rights of a member are unknown: %r", error)
            return Member(name)

    async def _explain(self, error: Exception, response_url: str) -> None:
        """Tell a member about an error before there is a turn."""
        sentence = explain(error, TERMS)
        if sentence is None or not response_url:
            return
        (part,) = rendering.render(Message(sentence))
        body = {**part, "response_type": "ephemeral", "replace_original": False}
        try:
            await self.api.respond(response_url, body)
        except DeliveryError as failure:
            log.info("An error message could not be sent: %s", failure)

    async def refuse(self, turn: SlackTurn, error: UserError, name: str) -> None:
        """Answer a request with the reason why it is refused."""

        async def command(_app: App, _turn: Turn, _options: NoOptions) -> None:
            raise error

        await dispatch.run(self.app, turn, command, NoOptions(), name=name)

    async def _resolved(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values of options as commands take them."""
        return {name: await self._value(value) for name, value in values.items()}

    async def _value(self, value: object) -> object:
        team, identities = self.platform.team, self.platform.identities
        match value:
            case UserRef(external=user):
                member = await self._member(user, "")
                return Person(await identities.user(team, user), member.is_bot)
            case ChannelRef(external=channel):
                return await identities.channel(team, channel)
            case FileRef():
                return SlackAttachment(value, self.api)
            case _:
                return value

    def _declaration(self, name: str) -> Declaration | None:
        for each in self.declared:
            if isinstance(each, Declaration) and each.info.name == name:
                return each
        return None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _count(self, event: str) -> None:
        self.app.monitor.metrics.gateway_events.labels(event).inc()

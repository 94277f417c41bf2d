"""The bot on Slack: what members do → commands and buttons; start and shutdown."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from typing import Any

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.commands import Command, Menu, NoOptions, Picked, Place
from bot.chat.errors import community_only
from bot.chat.message import UserError
from bot.chat.received import LONGEST_TEXT, clean, received
from bot.chat.turn import MessageRef, Turn
from bot.features import stopping
from bot.features.jobs import Jobs
from bot.features.stopping import Front
from bot.fleet.membership import Served
from bot.platforms.slack import access
from bot.platforms.slack.events import Events
from bot.platforms.slack.forms import Forms
from bot.platforms.slack.identities import SlackIdentities, message_id
from bot.platforms.slack.manifest import SCOPES
from bot.platforms.slack.message_text import words_of
from bot.platforms.slack.names import MENU, SHORTCUT, CommandNames
from bot.platforms.slack.network.api import BASE_URL, EDIT_S, LIBRARY, SlackApi
from bot.platforms.slack.network.connection import Payload, SocketMode
from bot.platforms.slack.options import Typed, parse
from bot.platforms.slack.platform import TERMS, SlackPlatform
from bot.platforms.slack.startup_problems import different_apps, missing_scopes, unnamed_home
from bot.platforms.slack.turn import SlackTurn
from bot.platforms.slack.turns import Turns
from bot.platforms.slack.values import LONGEST_WORDS, is_true, list_of, part_of, text_of
from bot.platforms.slack.views import home, rendering
from bot.status.health import Health
from bot.store.identities import Identities
from bot.verse import sonnet
from models.verse.poem import OPENING_LIMIT

log = logging.getLogger(__name__)


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
        app.libraries["slack-sdk"] = LIBRARY
        self.api = SlackApi(bot_token, monitor=app.monitor, base_url=base_url, edit_s=edit_s)
        self.names = CommandNames(app.settings.slack_command_prefix)
        self.platform = SlackPlatform(self.api, SlackIdentities(app.store[Identities]), self.names)
        if health is None:
            health = Health(app, self.platform)
            app.services.append(health)
        else:
            health.add(self.platform)
        self.health = health
        self.jobs = Jobs(app, self.platform)
        self.registry = app.registry.worded(TERMS)
        self.turns = Turns(app, self.platform)
        self.forms = Forms(app, self.api, self.registry, self.names, self.turns, self, self._start)
        self.events = Events(app, self.platform, self.turns, self.names, self.jobs)
        self.socket = SocketMode(
            self.api,
            app_token,
            self.receive,
            count=self._count,
            tracked=app.in_flight.request,
        )
        self.platform.connected = lambda: self.socket.is_connected
        self.ready = asyncio.Event()
        self._app_token = app_token
        self._is_home = is_home
        app.fleet.watchers.append(self._look_around)
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
        return Front(self.jobs, self._disconnect, self.socket.stop)

    async def start(self) -> None:
        """Connect, and return. Raises `DeliveryError`, and `StoreError`."""
        platform = self.platform
        await platform.identify()
        if missing := sorted(set(SCOPES) - self.api.scopes):
            log.error("%s", missing_scopes(missing))
        if problem := await different_apps(self.api, platform.bot_id, self._app_token):
            log.error("%s", problem)
        await self.app.fleet.join(Served.SLACK)
        homes = self.app.settings.home_workspaces
        platform.is_home = self._is_home or platform.team in homes
        if platform.is_home and platform.community_id is not None:
            self.app.homes.add(platform.community_id)
        elif homes:
            log.warning("%s", unnamed_home(platform.team))
        await self.socket.start()
        self.ready.set()
        self.jobs.start(self.ready.wait)
        if platform.community_id is not None:
            await self.jobs.communities.joined(platform.community_id)
        log.info("Ready on Slack, in the workspace %s (%s)", platform.team_name, platform.team)

    def _look_around(self) -> None:
        """Share the workspace's limits with other processes of the bot.

        The networks are those of all of them: where any is on Discord, a workspace is a home only
        if the settings say so.
        """
        fleet, platform = self.app.fleet, self.platform
        self.api.budget.share(fleet.processes(Served.SLACK))
        if not (self._is_home and platform.team and fleet.has_seen(Served.DISCORD)):
            return
        self._is_home = False
        if platform.team not in self.app.settings.home_workspaces:
            platform.is_home = False
            self.app.homes.discard(platform.community_id or 0)
            log.warning(
                "Another process of this bot is on Discord, so this workspace is no home. To let "
                "its administrators use /retrain, set HOME_WORKSPACES=%s",
                platform.team,
            )

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
        if not self.platform.serves(payload):  # where the same app is installed
            log.info("Something for another workspace has arrived: %.40s", kind)
            return None
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
                await self.events.handle(part_of(payload, "event"))
            case _:
                log.info("Something unknown has arrived: %.40s", kind)
        return None

    async def _command(self, payload: Payload) -> None:
        """Answer a slash command."""
        command = text_of(payload, "command")
        line = clean(text_of(payload, "text", most=LONGEST_WORDS))
        word = self.names.word_of(command) or "unknown"
        turn = await self.turns.of(
            user=text_of(payload, "user_id"),
            name=text_of(payload, "user_name"),
            channel=text_of(payload, "channel_id"),
            response_url=text_of(payload, "response_url", most=500),
            rights=access.rights_for_command(self.registry, word),
        )
        if turn is None:
            return
        try:
            typed = parse(self.registry, command, line, self.names)
        except UserError as error:
            await self.refuse(turn, error, word)
            return
        if typed.wants_form:
            await self.forms.open(turn, text_of(payload, "trigger_id"), typed)
        elif typed.command is not None:
            await self.run_command(turn, typed.command, typed.values)

    async def run_command(
        self, turn: SlackTurn, command: Command, values: Mapping[str, object]
    ) -> None:
        """Answer a command with its options."""

        async def answer(app: App, turn: Turn, _options: NoOptions) -> None:
            if command.place is Place.COMMUNITY and turn.community_id is None:
                raise UserError(*community_only(TERMS))
            options = command.build(**await self.turns.resolved(values))
            await command.answer(app, turn, received(options))

        refusal = access.refusal_of_command(self.registry, command.name, turn.origin)
        if refusal is not None:
            await self.refuse(turn, refusal, command.name)
            return
        await dispatch.run(self.app, turn, answer, NoOptions(), name=command.name)

    async def _press(self, payload: Payload) -> None:
        """Answer a pressed button."""
        pressed = next(iter(list_of(payload, "actions")), {})
        button = rendering.button_of(pressed)
        if button is None:
            return  # a select or an input of a modal
        action, state = button
        turn = await self.turns.of(
            user=text_of(payload, "user", "id"),
            name=text_of(payload, "user", "name"),
            channel=text_of(payload, "channel", "id")
            or text_of(payload, "container", "channel_id"),
            response_url=text_of(payload, "response_url", most=500),
            rights=access.rights_for_button(self.registry, action),
            message=text_of(payload, "container", "message_ts"),
            is_ephemeral=is_true(payload, "container", "is_ephemeral"),
            thread=_thread_of(payload),
        )
        if turn is None:
            return
        known = self.registry.buttons.get(action)
        turn.expects_answer = known is None or not known.is_vote  # the card shows them
        refusal = access.refusal_of_button(self.registry, action, turn.origin)
        if refusal is not None:
            await self.refuse(turn, refusal, f"button {action if known is not None else 'form'}")
            return
        if action == home.FORM:
            command = self.registry.by_name.get(state)
            if command is not None:
                typed = Typed(command, wants_form=True)
                await self.forms.open(turn, text_of(payload, "trigger_id"), typed)
            return
        await dispatch.press(self.app, turn, action, state)

    async def _shortcut(self, payload: Payload) -> None:
        """Answer a shortcut in the menu of a message."""
        message = part_of(payload, "message")
        turn = await self.turns.of(
            user=text_of(payload, "user", "id"),
            name=text_of(payload, "user", "name"),
            channel=text_of(payload, "channel", "id"),
            response_url=text_of(payload, "response_url", most=500),
            thread=_thread_of(payload),
        )
        if turn is None:
            return
        called = text_of(payload, "callback_id")
        if called == SHORTCUT:
            typed = text_of(message, "text", most=LONGEST_WORDS)[:LONGEST_TEXT]
            opening = words_of(typed)[:OPENING_LIMIT]
            await self.run_command(turn, sonnet.SONNET, {"opening": opening})
            return
        menus = [each for each in self.registry.commands if isinstance(each, Menu)]
        place = called.removeprefix(MENU)
        number = message_id(text_of(message, "ts"))
        if called.startswith(MENU) and place.isdecimal() and int(place[:3]) < len(menus) and number:
            menu = menus[int(place[:3])]
            ref = MessageRef(turn.channel_id or 0, number, turn.community_id)
            is_own = text_of(message, "user") == self.platform.bot_user
            options = menu.build(Picked(ref, is_own=is_own))
            if turn.origin.is_unknown:
                await self.refuse(turn, UserError(access.UNKNOWN), menu.label)
                return
            await dispatch.run(self.app, turn, menu.answer, options, name=menu.label)

    async def refuse(self, turn: SlackTurn, error: UserError, name: str) -> None:
        """Answer a request with the reason why it is refused."""

        async def command(_app: App, _turn: Turn, _options: NoOptions) -> None:
            raise error

        await dispatch.run(self.app, turn, command, NoOptions(), name=name)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._tracked(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tracked(self, work: Coroutine[Any, Any, None]) -> None:
        with self.app.in_flight.request():
            await work

    def _count(self, event: str) -> None:
        self.app.monitor.metrics.gateway_events.labels(event).inc()


def _thread_of(payload: Payload) -> str:
    """The thread in which somebody uses a message; "" if that is none, or begins it."""
    message, container = part_of(payload, "message"), part_of(payload, "container")
    own = text_of(message, "ts") or text_of(container, "message_ts")
    thread = text_of(message, "thread_ts") or text_of(container, "thread_ts")
    return thread if thread != own and message_id(thread) is not None else ""

"""The bot on Discord: start-up, registration of commands, dispatch, shutdown."""

import asyncio
import logging
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from typing import Any, TypeVar

import discord
from discord import app_commands

from bot.chat import dispatch, stopping
from bot.chat import errors as error_messages
from bot.chat.app import App
from bot.chat.commands import Answer, Suggestions
from bot.chat.message import Button, Message
from bot.chat.stopping import Front
from bot.chat.translation import in_language, language_of
from bot.chat.turn import DeliveryError, MessageRef, Turn
from bot.monitoring import requests
from bot.platforms.discord.commands import (
    CatalogueTranslator,
    Registered,
    RegisteredInFile,
    add_commands,
    installs_of,
    sync_if_changed,
)
from bot.platforms.discord.library import (
    Heartbeats,
    shorten_library_logs,
    survive_malformed_events,
    tracing,
)
from bot.platforms.discord.platform import NO_NETWORK, DiscordPlatform
from bot.platforms.discord.rendering import MessageButton, MessageSelect, submitted
from bot.platforms.discord.turn import DiscordTurn
from bot.settings import Settings
from bot.store import Unavailable
from bot.store.fleet import Registrations
from bot.text.spans import Text

log = logging.getLogger(__name__)

PERMISSIONS = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    embed_links=True,
    attach_files=True,
)

IDENTIFY_S, IDENTIFY_AGAIN_S = 300.0, 45.0
"""Seconds that a shard waits for its turn to connect: at the start, and later. discord.py gives up
after `LAUNCH_S` and 60 s."""
LAUNCH_S = 330.0
REGISTER_S = 20.0
"""Seconds that a start waits until the commands are registered."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 30.0, 600.0
"""Seconds until commands that Discord did not take are sent again; they double up to the last."""
NOT_NOW = (*NO_NETWORK, discord.HTTPException)
"""Errors of registering commands that may pass; what is wrong with the commands is only logged."""
WRITTEN = (discord.MessageType.default, discord.MessageType.reply)
"""Types of messages that members write."""

Interaction = discord.Interaction["Mangosaurus"]
Options = TypeVar("Options")


class Mangosaurus(discord.AutoShardedClient):
    """The Discord client. Its dependencies are passed to the constructor."""

    def __init__(
        self,
        app: App,
        *,
        always_sync: bool = False,
        **options: Any,  # noqa: ANN401 (passed on to discord.py)
    ) -> None:
        """`always_sync` registers the commands at each start; the simulator forgets them."""
        super().__init__(
            intents=discord.Intents(guilds=True, dm_messages=True),
            max_messages=None,  # messages are never looked up
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=tracing(app.monitor, self._end_global_limit),
            **_shards(app.settings) | options,
        )
        self.tree = _Tree(self)
        self.app = app
        app.libraries["discord.py"] = discord.__version__
        self.platform = DiscordPlatform(self, app.monitor.invalid_requests)
        self.platform.known_language = app.languages.of
        app.health.add(self.platform)
        self.jobs = app.jobs_of(app, self.platform)
        self.beside: list[Front] = []
        """Other platforms of this process, which stop with this one."""
        self._always_sync = always_sync
        self._is_stopping = False
        self._registering: asyncio.Task[None] | None = None

    def _end_global_limit(self) -> None:
        """Let requests be sent again.

        discord.py does so only if nothing has cancelled the request that met the limit, as our
        time limits do. Else it would never send anything again.
        """
        self.http._global_over.set()

    async def setup_hook(self) -> None:
        """Prepare everything that the first event needs.

        Called at each login: a start that fails may be repeated.
        """
        if not self.tree.get_commands():
            declared = self.app.registry.worded(self.platform.terms).commands
            homes = [*map(discord.Object, self.app.settings.home_guilds)]
            await self.tree.set_translator(CatalogueTranslator())
            add_commands(self.tree, declared, installs_of(self.application), homes)
            self.add_dynamic_items(MessageButton, MessageSelect)
            shorten_library_logs()
            survive_malformed_events()
        if self.app.fleet.gate is not None:
            limits = await self.fetch_session_start_limits()
            self.app.fleet.gate.max_concurrency = limits.max_concurrency
        await self._register_or_later()
        self.jobs.start(self.wait_until_ready)
        log.info("Invite the bot to a server: %s", self.invitation)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Space the IDENTIFYs of all processes, if shards are spread over several."""
        gate = self.app.fleet.gate
        if gate is None or shard_id is None:
            await super().before_identify_hook(shard_id, initial=initial)
            return
        is_again = shard_id in self.shards
        await gate.turn(shard_id, IDENTIFY_AGAIN_S if is_again else IDENTIFY_S)

    async def _register_or_later(self) -> None:
        """Register the commands. If Discord cannot do so soon, go on trying in the background.

        A request that waits for the end of a rate limit is not cancelled: discord.py knows best
        when to send it again.
        """
        attempt = self._registering = asyncio.create_task(self._register())
        await asyncio.wait([attempt], timeout=REGISTER_S)
        error = attempt.exception() if attempt.done() else TimeoutError("no answer in time")
        is_rejected = getattr(error, "status", 0) == HTTPStatus.UNAUTHORIZED
        if is_rejected or not isinstance(error, NOT_NOW):
            await attempt
            return
        log.warning(
            "The commands are not registered yet, so members have those that were registered "
            "before. This is tried again until it succeeds: %s",
            " ".join(str(error).split()),
        )
        self._registering = asyncio.create_task(self._register_later(attempt))

    async def _register_later(self, attempt: Awaitable[None]) -> None:
        """Register the commands after an attempt, again after growing pauses."""
        pause = FIRST_PAUSE_S
        while True:
            try:
                await attempt
                return
            except NOT_NOW as error:
                log.info("Registering the commands is tried again in %g s: %r", pause, error)
            except Exception:
                log.exception("Registering the commands failed; it is tried again later")
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)
            attempt = self._register()

    def _stop_registering(self) -> None:
        """Leave the commands to the next login."""
        if self._registering is not None:
            self._registering.cancel()

    async def _register(self) -> None:
        """Register the commands, unless this process, or one that shares the database, has."""
        app = self.app
        registered: Registered = app.store[Registrations]
        if app.store.database.is_sqlite:
            registered = RegisteredInFile(app.settings.state_dir)
        async with app.fleet.registering():
            homes = app.settings.home_guilds
            await sync_if_changed(self.tree, registered, homes, always=self._always_sync)

    async def forget_session(self) -> None:
        """Close the session of a login that failed, after which `start` can be called again."""
        self._stop_registering()
        await self.http.close()
        self.http.connector = discord.utils.MISSING  # it was closed with the session

    async def connect(self, *, reconnect: bool = True) -> None:
        """Connect to the gateway, again and again until the client is closed."""
        heartbeats = asyncio.create_task(Heartbeats(self).run())
        try:
            await super().connect(reconnect=reconnect)
        finally:
            heartbeats.cancel()

    async def on_ready(self) -> None:
        """Log that the bot is connected. Discord may send this event more than once."""
        log.info("Ready as %s, servers: %d", self.user, len(self.guilds))

    async def on_shard_connect(self, _shard_id: int) -> None:
        """Count connections, and get ready to write."""
        self._count("connect")
        self.app.inference.warm_up()

    async def on_shard_disconnect(self, _shard_id: int) -> None:
        """Count lost connections."""
        self._count("disconnect")

    async def on_shard_resumed(self, _shard_id: int) -> None:
        """Count connections that go on after a loss."""
        self._count("resume")

    def _count(self, event: str) -> None:
        self.app.monitor.metrics.gateway_events.labels(event).inc()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Record that a server has added the bot, perhaps again, and leave a blocked one."""
        await self.jobs.joined(guild.id)
        await self.jobs.greet_newcomers()

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Record that a server has removed the bot."""
        with suppress(Unavailable):  # the next start records it
            await self.jobs.left(guild.id)

    @property
    def invitation(self) -> str:
        """The address that adds the bot to a server, with the permissions that it needs."""
        return discord.utils.oauth_url(
            self.application_id or 0,
            permissions=PERMISSIONS,
            scopes=("bot", "applications.commands"),
        )

    async def run_command(
        self, interaction: Interaction, command: Answer[Options], options: Options
    ) -> None:
        """Answer a slash command."""
        turn = DiscordTurn(interaction, self.platform)

        async def answer(app: App, _turn: Turn, options: Options) -> None:
            await command(app, turn, options)
            community_id = turn.community_id
            if not turn.community_locale and self.get_guild(community_id or 0) is not None:
                tag = language_of(turn.user.locale).tag
                await app.languages.note_asker(community_id or 0, turn.user.id, tag)

        await dispatch.run(self.app, turn, answer, options, name=_name(interaction))

    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer a submitted form; discord.py answers everything else."""
        if interaction.type is discord.InteractionType.modal_submit:
            try:
                asked = submitted(interaction.data or {})
            except (LookupError, TypeError, ValueError) as error:
                log.warning(
                    "A form of Discord is dropped, it cannot be read: %s", type(error).__name__
                )
                return
            await self.press(interaction, asked)

    async def on_message(self, message: discord.Message, /) -> None:
        """Answer a member who writes to the bot directly. What they write is not read."""
        author, ref = message.author, MessageRef(message.channel.id, 0)
        if message.guild is not None or message.type not in WRITTEN or author.bot or author.system:
            return
        await self.app.begin()
        send = partial(self.platform.send, ref)
        await dispatch.greet(self.app, None, author.id, author.id, send)

    async def press(self, interaction: Interaction, button: Button) -> None:
        """Answer a pressed button."""
        await self.app.begin()
        turn = DiscordTurn(interaction, self.platform)
        await dispatch.press(self.app, turn, button.action, button.state)

    async def suggest(
        self, interaction: Interaction, suggestions: Suggestions, typed: str
    ) -> list[app_commands.Choice[str]]:
        """Suggestions while a member types; none if they cannot be found."""
        turn = DiscordTurn(interaction, self.platform)
        found = await dispatch.suggest(self.app, turn, suggestions, typed)
        language = await turn.language(private=True)
        return [
            app_commands.Choice(name=in_language(choice.label, language), value=choice.value)
            for choice in found
        ]

    async def close(self) -> None:
        """Disconnect. Trainings are interrupted and resume after the next start.

        Takes at most a few seconds: what hangs is left behind.
        """
        self._stop_registering()
        if not self.is_closed() and not self._is_stopping:
            await stopping.interrupt_trainings(self.app)
        front = Front(self.jobs, super().close, self._stop_listening)
        await stopping.close(self.app, (front, *self.beside))

    async def _stop_listening(self) -> None:
        """Close the gateway's connections."""
        shards = self.shards.values()
        await asyncio.gather(*(shard.disconnect() for shard in shards if not shard.is_closed()))

    async def shut_down(self) -> None:
        """Accept nothing new, wait a while for running answers, and disconnect."""
        self._is_stopping = True
        await stopping.finish(self.app)
        await self.close()


class _Tree(app_commands.CommandTree[Mangosaurus]):
    """Answers commands that fail before they reach a feature."""

    async def interaction_check(self, _interaction: Interaction, /) -> bool:
        """Let few commands in each round of the event loop read their options."""
        await self.client.app.begin()
        return True

    async def _call(self, interaction: Interaction) -> None:
        """Drop a command whose data discord.py cannot read. What a command raises is wrapped."""
        try:
            await super()._call(interaction)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            log.warning(
                "A command of Discord is dropped, it cannot be read: %s", type(error).__name__
            )

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original  # type: ignore[assignment]
        app, turn = self.client.app, DiscordTurn(interaction, self.client.platform)
        if interaction.type is discord.InteractionType.autocomplete:
            await dispatch.explained(
                app, error, turn
            )  # for the log: there is no place for a sentence
            return
        with app.monitor.track(f"/{_name(interaction)}", turn.community_id):
            sentence = _explain(error, turn)
            if sentence is None:
                await dispatch.answer_error(app, turn, error)
                return
            requests.end_with(error, requests.Outcome.REFUSED)
            try:
                await turn.respond(Message(sentence, private=True))
            except DeliveryError as failure:
                log.info("An error message could not be sent: %s", failure)


def _shards(settings: Settings) -> dict[str, Any]:
    """The options for the shards of a process, if the settings choose them."""
    if settings.shard_count is None:
        return {}
    chosen = {"shard_count": settings.shard_count, "shard_connect_timeout": LAUNCH_S}
    return chosen | ({"shard_ids": [*settings.shards]} if settings.shard_ids else {})


def _name(interaction: Interaction) -> str:
    """The name of a command as members type it: `models list`."""
    return interaction.command.qualified_name if interaction.command is not None else "unknown"


def _explain(error: BaseException, turn: Turn) -> Text | None:
    """The sentence for a request that Discord's library refused."""
    terms = turn.platform.terms
    match error:
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return error_messages.outdated(terms)
        case app_commands.TransformerError():
            return error_messages.invalid_value(error.value)
        case app_commands.NoPrivateMessage():
            return error_messages.community_only(terms)
        case app_commands.BotMissingPermissions():
            return error_messages.missing_permission(terms)
        case app_commands.CheckFailure():
            return error_messages.not_allowed()
        case _:
            return None

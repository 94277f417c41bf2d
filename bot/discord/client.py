"""The bot: start-up, command sync, answers to errors, shutdown."""

import asyncio
import hashlib
import json
import logging
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import error_messages
from bot.commands.interfaces import TextGenerator, WordFilter
from bot.commands.message import Button, Message, Text
from bot.discord.buttons import MessageButton
from bot.discord.rendering import render, render_edit
from bot.services.concurrency import EditThrottle, InFlight
from bot.services.cooldowns import Cooldown
from bot.services.custom_models import CustomModels
from bot.services.model_registry import ModelRegistry
from bot.services.training.retraining import Retraining
from bot.settings import Settings
from bot.store import Store
from data.files import write_atomically

log = logging.getLogger(__name__)

EXTENSIONS = (
    "bot.discord.cogs.votes",
    "bot.discord.cogs.names",
    "bot.discord.cogs.name",
    "bot.discord.cogs.namers",
    "bot.discord.cogs.dissect",
    "bot.discord.cogs.sonnets",
    "bot.discord.cogs.poems",
    "bot.discord.cogs.fame",
    "bot.discord.cogs.privacy",
    "bot.discord.cogs.retrain",
    "bot.discord.cogs.models",
    "bot.discord.cogs.about",
)
PERMISSIONS = discord.Permissions(
    view_channel=True, send_messages=True, embed_links=True, attach_files=True
)
LAST_EDITS_S = 2.0
"""Seconds that tallies have to be shown when the bot leaves."""
PATIENCE = 8.0
"""Seconds that a shutdown waits for running answers: most hosts kill after ten."""

_GONE = {10003, 10008, 10015, 10062, 50027}
"""Unknown channel, message, webhook or interaction, invalid token: nobody is there to answer."""

_UPDATES = {
    discord.InteractionResponseType.message_update,
    discord.InteractionResponseType.deferred_message_update,
}
"""Responses to a button that change the card that it hangs on."""

LAST_TRIES = 7
"""How often the end of an answer is sent before it is given up: for about a minute."""
NO_NETWORK = (aiohttp.ClientError, OSError, discord.DiscordServerError)
"""What discord.py lets through when the network or Discord itself is down; OSError has timeouts."""

Interaction = discord.Interaction["Mangosaurus"]
Handler = Callable[[Interaction, Button], Awaitable[None]]


class Mangosaurus(commands.AutoShardedBot):
    """The bot on Discord. Whatever it needs is handed to it."""

    def __init__(
        self,
        *,
        settings: Settings,
        writer: TextGenerator,
        words: WordFilter,
        retraining: Retraining,
        namers: CustomModels,
        store: Store,
        versions: ModelRegistry,
        version: str,
        always_sync: bool = False,
        edit_interval: float = 1.0,
        **options: Any,  # noqa: ANN401 (passed on to discord.py)
    ) -> None:
        """`always_sync` is for a Discord that forgets; `edit_interval` is in seconds."""
        super().__init__(
            commands.when_mentioned,
            help_command=None,
            intents=discord.Intents(guilds=True),
            max_messages=None,  # none is ever looked up
            allowed_mentions=discord.AllowedMentions.none(),
            tree_cls=_Tree,
            **options,
        )
        self.settings = settings
        self.writer = writer
        self.words = words
        self.retraining = retraining
        self.namers = namers
        self.store = store
        self.versions = versions
        self.version = version
        self.edit_interval = edit_interval
        self.started_at = discord.utils.utcnow()
        self.work = InFlight()
        self.edits = EditThrottle(edit_interval)
        """Edits of messages, a channel to a lane."""
        self.handlers: dict[str, Handler] = {}
        """Who answers which button: cogs enter themselves."""
        self._always_sync = always_sync
        self._cooldown = Cooldown(timedelta(seconds=settings.cooldown_seconds))

    async def setup_hook(self) -> None:
        """Prepare everything that must be there before the first event."""
        for extension in EXTENSIONS:
            await self.load_extension(extension)
        self.add_dynamic_items(MessageButton)
        await self._sync_if_changed()
        self.versions.watch()
        log.info("Invite me to a server: %s", self.invitation)

    async def on_ready(self) -> None:
        """Say that the bot is there. Discord may say so more than once."""
        log.info("Ready as %s in %d servers", self.user, len(self.guilds))

    @property
    def invitation(self) -> str:
        """The address that adds the bot to a server, with the permissions that it needs."""
        return discord.utils.oauth_url(
            self.application_id or 0,
            permissions=PERMISSIONS,
            scopes=("bot", "applications.commands"),
        )

    @contextmanager
    def cooldown(self, interaction: Interaction, action: str) -> Iterator[None]:
        """Start a member's rest from one command; an answer that failed costs none.

        Raises `Refusal` while one is on.
        """
        key = (interaction.user.id, action)
        self._cooldown.start(key, interaction.created_at)
        try:
            yield
        except Exception:
            self._cooldown.forgive(key)
            raise

    async def press(self, interaction: Interaction, button: Button) -> None:
        """Answer a button."""
        try:
            handler = self.handlers.get(button.action)
            if handler is None:
                raise LookupError(f"no handler for the button {button!r}")
            await handler(interaction, button)
        except Exception as error:  # noqa: BLE001 (every failed press gets an answer)
            await self.answer_error(interaction, error)

    async def respond(self, interaction: Interaction, reply: Message) -> int | None:
        """Send a reply, in place of "thinking…" if that is what is shown.

        Returns the number of its (first) message, if Discord has told it.
        """
        if interaction.response.type in _UPDATES:  # what is shown is a card, and it stays
            sent_too = [
                await interaction.followup.send(**m, wait=True, ephemeral=reply.private)
                for m in render(reply)
            ]
            return sent_too[0].id
        if interaction.response.is_done():
            shown = await interaction.edit_original_response(**render_edit(reply))
            number: int | None = shown.id
            rest = render(reply)[1:]
        else:
            first, *rest = render(reply)
            sent = await interaction.response.send_message(**first, ephemeral=reply.private)
            number = sent.message_id
        for message in rest:
            await interaction.followup.send(**message, ephemeral=reply.private)
        return number

    async def answer_error(self, interaction: Interaction, error: BaseException) -> None:
        """Give a failed request its answer, and never fail."""
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        if is_gone(error):
            log.info("Nobody waits for this answer any more: %s", error)
            return
        if interaction.type is discord.InteractionType.autocomplete:
            self.explain(error)  # which logs what nobody knows; a list has no room for a sentence
            return
        try:
            await self.respond(interaction, Message(self.explain(error), private=True))
        except (discord.HTTPException, *NO_NETWORK) as failure:
            log.info("An answer to an error could not be sent: %s", failure)

    def explain(self, error: BaseException) -> Text:
        """A sentence for the member. An unknown error goes into the log under a reference."""
        sentence = error_messages.explain(error) or _explain_discord(error)
        if sentence is None:
            reference = secrets.token_hex(3)
            log.error("Unknown error %s", reference, exc_info=error)
            sentence = error_messages.apology(reference)
        return sentence

    async def close(self) -> None:
        """Leave. A training ends with the bot, and its message says so."""
        if not self.is_closed():
            await self._stop_trainings()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_EDITS_S):
                await self.edits.close()
        await super().close()
        await self.versions.close()
        await self.store.close()

    async def shut_down(self) -> None:
        """Begin nothing new, finish what runs if that is soon done, and leave."""
        log.info("Stopping; what is being answered has %g s to finish", PATIENCE)
        finished, _ = await asyncio.gather(self.work.finish(PATIENCE), self._stop_trainings())
        if not finished:
            log.warning("Some answers were not finished in time")
        await self.close()

    async def _stop_trainings(self) -> None:
        await asyncio.gather(
            self.retraining.stop(error_messages.RESTARTING),
            self.namers.stop(error_messages.RESTARTING),
        )

    async def _sync_if_changed(self) -> None:
        commands_now = [command.to_dict(self.tree) for command in self.tree.get_commands()]
        wanted = hashlib.sha256(
            json.dumps([self.application_id, commands_now], sort_keys=True).encode()
        ).hexdigest()
        path = self.settings.state_dir / "commands.sha256"
        if not self._always_sync and await asyncio.to_thread(_read, path) == wanted:
            return
        await self.tree.sync()
        log.info("The commands have changed and were synced")
        try:
            await asyncio.to_thread(write_atomically, path, wanted.encode())
        except OSError as error:
            log.warning("The next start will sync the commands again: %s", error)


class _Tree(app_commands.CommandTree[Mangosaurus]):
    """Gives every failed command an answer."""

    async def on_error(
        self, interaction: Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        await self.client.answer_error(interaction, error)


async def deliver(send: Callable[[], Awaitable[object]], *, tries: int = 1) -> bool:
    """Send something; while there is no network, try again after 1, 2, 4, … seconds.

    `False` if it did not arrive. What Discord refuses is raised as ever.
    """
    for attempt in range(tries):
        if attempt:
            await asyncio.sleep(2 ** (attempt - 1))
        try:
            await send()
        except NO_NETWORK as error:
            log.info("There is no network just now: %r", error)
        else:
            return True
    return False


def is_gone(error: BaseException) -> bool:
    """Whether a request failed because the message or the interaction is no more."""
    return isinstance(error, discord.HTTPException) and error.code in _GONE


def _explain_discord(error: BaseException) -> Text | None:
    """The sentence for what Discord or its library found wrong."""
    match error:
        case app_commands.CommandNotFound() | app_commands.CommandSignatureMismatch():
            return error_messages.OUTDATED
        case app_commands.TransformerError():
            return error_messages.unusable(error.value)
        case app_commands.NoPrivateMessage():
            return error_messages.SERVERS_ONLY
        case app_commands.BotMissingPermissions() | discord.Forbidden():
            return error_messages.MISSING_PERMISSION
        case app_commands.CheckFailure():
            return error_messages.NOT_FOR_YOU
        case _:
            return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None

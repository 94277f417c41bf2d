"""Votes on cards of names: the buttons, the tally, the end."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial

import discord
from discord import app_commands
from discord.ext import commands

from bot.client import NO_NETWORK, Interaction, Mangosaurus, deliver
from bot.cogs.render import render, render_edit
from bot.commands import names, votes
from bot.commands.reply import Button, Reply, text
from bot.formats import plural
from bot.store import Unavailable
from bot.store.cards import Ballot, CardRecord

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0
"""Another process may open a card that this one must close."""
FORGOTTEN = timedelta(minutes=2)
"""A card that closed so long ago, and of which nobody has told, was left by a process that died."""

Minutes = app_commands.Range[int, votes.SHORTEST, votes.LONGEST]


async def put_to_vote(bot: Mangosaurus, interaction: Interaction, answered: names.Answered) -> None:
    """Send names, with buttons to vote for them where the bot can keep such a card.

    That is in servers that it is in. Where its memory does not answer, the names come without.
    """
    record = None
    with suppress(Unavailable):
        record = await _opened(bot, interaction, answered)
    shown = answered.reply if record is None else votes.reply(record)
    number = await bot.respond(interaction, shown)
    if record is not None and number is not None:
        with suppress(Unavailable):
            await bot.store.cards.sent(record.id, number)


async def _opened(
    bot: Mangosaurus, interaction: Interaction, answered: names.Answered
) -> CardRecord | None:
    """A new card, kept before it is shown, so that every press finds it."""
    guild_id, channel_id = interaction.guild_id, interaction.channel_id
    known = guild_id is not None and bot.get_guild(guild_id) is not None
    if not (answered.names and known) or guild_id is None or channel_id is None:
        return None
    record = votes.begin(
        answered,
        card_id=secrets.randbits(62),
        guild_id=guild_id,
        channel_id=channel_id,
        member_id=interaction.user.id,
        discoverer=interaction.user.display_name,
        now=discord.utils.utcnow(),
        minutes=await bot.store.cards.minutes(guild_id),
    )
    await bot.store.cards.open(record)
    return record


class Votes(commands.Cog):
    """Counts the votes, shows how they stand, and crowns the winners."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[votes.ACTION] = self.vote
        self._closing: asyncio.Task[None] | None = None

    async def cog_load(self) -> None:
        """Begin to close cards whose time is over, also those of the process before this one."""
        self._closing = asyncio.create_task(self._close_cards())

    async def cog_unload(self) -> None:
        """Stop that."""
        if self._closing is not None:
            self._closing.cancel()

    @app_commands.command(description="How long a vote on names lasts here (for who manages it).")
    @app_commands.describe(vote_minutes="Minutes from the card to the crowning, from 1 to 1440")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def settings(self, interaction: Interaction, vote_minutes: Minutes | None = None) -> None:
        """Answer `/settings`."""
        if interaction.guild_id is None or not interaction.permissions.manage_guild:
            raise app_commands.CheckFailure
        cards = self.bot.store.cards
        if vote_minutes is not None:
            votes.check_minutes(vote_minutes)
            await cards.set_minutes(interaction.guild_id, vote_minutes)
        lasts = plural(await cards.minutes(interaction.guild_id), "minute")
        said = text(f"A vote on names lasts {lasts} here; a card that is open keeps its own time.")
        await self.bot.respond(interaction, Reply(content=said, private=True))

    async def vote(self, interaction: Interaction, button: Button) -> None:
        """Count a vote, and show it: at once if the channel is quiet, else with the next ones."""
        card_id, position = votes.parse(button.state)
        cards = self.bot.store.cards
        with self.bot.work.piece():
            counted = await cards.cast(
                Ballot(card_id, interaction.user.id, position), discord.utils.utcnow()
            )
            if not counted:
                raise votes.too_late(await cards.find(card_id))
            if self.bot.edits.enter(interaction.channel_id):
                await self._answer_with_tally(interaction, card_id)
                return
            self.bot.edits.ask(
                interaction.channel_id, card_id, partial(self._show_tally, interaction, card_id)
            )
            await interaction.response.defer()

    async def close_due(self, now: datetime) -> None:
        """Close every card whose time is over."""
        cards = self.bot.store.cards
        for card in await cards.due(now):
            closed = await cards.close(card.id, now)
            if closed is not None:  # else another process was quicker
                await self._tell(closed)
                await cards.announced(closed.id, now)
        for card in await cards.unannounced(now - FORGOTTEN):
            if await cards.announced(card.id, now):
                await self._tell(card)

    async def _answer_with_tally(self, interaction: Interaction, card_id: int) -> None:
        record = await self.bot.store.cards.find(card_id)
        if record is None:
            raise votes.too_late(None)
        await interaction.response.edit_message(**render_edit(votes.reply(record)))

    async def _show_tally(self, interaction: Interaction, card_id: int) -> None:
        """Edit a card by the right of whoever voted last."""
        record = await self.bot.store.cards.find(card_id)
        if record is None or record.closed_at is not None:
            return
        edit = partial(interaction.edit_original_response, **render_edit(votes.reply(record)))
        try:
            await deliver(edit)
        except discord.HTTPException as error:
            log.info("A card's tally cannot be shown: %s", error)

    async def _close_cards(self) -> None:
        await self.bot.wait_until_ready()
        while True:
            try:
                await self.close_due(discord.utils.utcnow())
                wait = await self._seconds_to_next()
            except Unavailable:  # which is logged where it is raised
                wait = LONGEST_SLEEP_S
            except Exception:
                log.exception("Cards could not be closed")
                wait = LONGEST_SLEEP_S
            await asyncio.sleep(wait)

    async def _seconds_to_next(self) -> float:
        """How long nothing can be due: no vote is shorter than a minute."""
        closing = await self.bot.store.cards.next_closing()
        if closing is None:
            return LONGEST_SLEEP_S
        left = (closing - discord.utils.utcnow()).total_seconds()
        return min(max(left, 0.1), LONGEST_SLEEP_S)

    async def _tell(self, card: CardRecord) -> None:
        """Show a closed card as it is now, and its winner in a message of its own."""
        channel = self.bot.get_partial_messageable(card.channel_id, guild_id=card.guild_id)
        crowning = await votes.crowning(card) if card.winner is not None else None
        closed = votes.reply(card)
        if crowning is not None:
            sent = await _tried(partial(channel.send, **render(crowning)[0]))
            if not sent:  # where the bot may not speak, its card may still be changed
                closed = votes.with_plaque(closed, crowning)
        if card.message_id is not None:
            message = channel.get_partial_message(card.message_id)
            await _tried(partial(message.edit, **render_edit(closed)))


async def _tried(send: Callable[[], Awaitable[object]]) -> bool:
    """Whether something could be sent. That it could not is no reason to stop."""
    try:
        return await deliver(send, tries=3)
    except (discord.HTTPException, *NO_NETWORK) as error:
        log.info("The end of a vote could not be told: %s", error)
        return False


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Votes(bot))

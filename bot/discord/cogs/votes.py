"""Votes on cards of names: the buttons, the tally, the end."""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from weakref import WeakValueDictionary

import discord
from discord import app_commands
from discord.ext import commands

from bot.commands import names, votes
from bot.commands.message import Button, Message, text
from bot.discord.client import (
    NO_NETWORK,
    Interaction,
    Mangosaurus,
    deliver,
    is_gone,
)
from bot.discord.rendering import render, render_edit
from bot.formats import plural
from bot.services.concurrency import PeriodicTask, ShuttingDown
from bot.store import Unavailable
from bot.store.custom_models import CustomModelRecord
from bot.store.polls import Ballot, PollRecord

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 60.0
"""Another process may open a card that this one must close."""
FORGOTTEN = timedelta(minutes=2)
"""A card that closed so long ago, and of which nobody has told, was left by a process that died."""

AT_ONCE = 8
"""Ends of cards that are told side by side."""
TELLING_S = 60.0
"""How long the end of a card may take to tell: when it is thought forgotten, nobody tells it."""
UNLOADING_S = 2.0
OPENING_S = 1.0
"""Members wait three seconds at most, and the names are written by then."""

Edit = Callable[..., Awaitable[object]]
Minutes = app_commands.Range[int, votes.SHORTEST, votes.LONGEST]


async def put_to_vote(
    bot: Mangosaurus,
    interaction: Interaction,
    answered: names.Answered,
    namer: CustomModelRecord | None = None,
) -> None:
    """Send names, with buttons to vote for them where the bot can keep such a card.

    That is in servers that it is in. Where its memory does not answer, the names come without.
    """
    record = None
    opening = asyncio.create_task(_opened(bot, interaction, answered, namer))
    done, _ = await asyncio.wait([opening], timeout=OPENING_S)  # not broken off: see `PeriodicTask`
    if done:
        with suppress(Unavailable):
            record = opening.result()
    else:
        opening.add_done_callback(_forgotten)
        log.warning("The database is slow: names are sent without a vote")
    shown = answered.reply if record is None else votes.reply(record)
    number = await bot.respond(interaction, shown)
    if record is not None and number is not None:
        with suppress(Unavailable):
            await bot.store.polls.sent(record.id, number)


def _forgotten(opening: asyncio.Task[PollRecord | None]) -> None:
    """A card that nobody sees closes without votes; an error was logged where it was raised."""
    if not opening.cancelled():
        opening.exception()


async def _opened(
    bot: Mangosaurus,
    interaction: Interaction,
    answered: names.Answered,
    namer: CustomModelRecord | None,
) -> PollRecord | None:
    """A new card, kept before it is shown, so that every press finds it."""
    guild_id, channel_id = interaction.guild_id, interaction.channel_id
    known = guild_id is not None and bot.get_guild(guild_id) is not None
    if not (answered.names and known) or guild_id is None or channel_id is None:
        return None
    record = votes.begin(
        answered,
        poll_id=secrets.randbits(62),
        community_id=guild_id,
        channel_id=channel_id,
        member_id=interaction.user.id,
        discoverer=votes.signature(interaction.user.display_name, bot.words),
        now=discord.utils.utcnow(),
        minutes=await bot.store.polls.minutes(guild_id),
        namer=namer,
    )
    await bot.store.polls.open(record)
    return record


class Votes(commands.Cog):
    """Counts the votes, shows how they stand, and crowns the winners."""

    def __init__(self, bot: Mangosaurus) -> None:
        self.bot = bot
        bot.handlers[votes.ACTION] = self.vote
        self._closing: PeriodicTask | None = None
        self._tellers = asyncio.Semaphore(AT_ONCE)
        self._pens: WeakValueDictionary[int, asyncio.Lock] = WeakValueDictionary()

    async def cog_load(self) -> None:
        """Begin to close cards whose time is over, also those of the process before this one."""
        self._closing = PeriodicTask(
            self._close_cards, LONGEST_SLEEP_S, after=self.bot.wait_until_ready
        )

    async def cog_unload(self) -> None:
        """Stop that."""
        if self._closing is not None:
            await self._closing.close(UNLOADING_S)

    @app_commands.command(description="How long a vote on names lasts here (for who manages it).")
    @app_commands.describe(vote_minutes="Minutes from the card to the crowning, from 1 to 1440")
    @app_commands.guild_only()
    @app_commands.default_permissions(manage_guild=True)
    async def settings(self, interaction: Interaction, vote_minutes: Minutes | None = None) -> None:
        """Answer `/settings`."""
        if interaction.guild_id is None or not interaction.permissions.manage_guild:
            raise app_commands.CheckFailure
        cards = self.bot.store.polls
        with self.bot.work.track():
            if vote_minutes is not None:
                votes.check_minutes(vote_minutes)
                await cards.set_minutes(interaction.guild_id, vote_minutes)
            lasts = plural(await cards.minutes(interaction.guild_id), "minute")
            said = text(
                f"A vote on names lasts {lasts} here; a card that is open keeps its own time."
            )
            await self.bot.respond(interaction, Message(content=said, private=True))

    async def vote(self, interaction: Interaction, button: Button) -> None:
        """Count a vote, and show it: at once if the channel is quiet, else with the next ones."""
        poll_id, position = votes.parse(button.state)
        cards = self.bot.store.polls
        with self.bot.work.track():
            counted = await cards.cast(
                Ballot(poll_id, interaction.user.id, position), discord.utils.utcnow()
            )
            if not counted:
                raise votes.too_late(await cards.find(poll_id))
            await self._answer(interaction, poll_id)

    async def _answer(self, interaction: Interaction, poll_id: int) -> None:
        """Answer a vote that was counted: with its card, or with nothing and the card later.

        A member whom the answer does not reach has voted nevertheless, and it is shown.
        """
        later = not self.bot.edits.enter(interaction.channel_id)
        try:
            if not later:
                with suppress(Unavailable):  # the vote is kept, and shown with the next one
                    await self._draw(poll_id, interaction, interaction.response.edit_message)
            if not interaction.response.is_done():
                await interaction.response.defer()
        except (discord.HTTPException, *NO_NETWORK):
            later = True
            raise
        finally:
            if later:  # and not before the response: till then Discord has nothing to edit
                show = partial(self._show_tally, interaction, poll_id)
                self.bot.edits.ask(interaction.channel_id, poll_id, show)

    async def close_due(self, now: datetime) -> None:
        """Close every card whose time is over, and tell it, unless Discord cannot be reached.

        What could not be told is told later, by this process or by another.
        """
        cards = self.bot.store.polls
        ended = []
        for card in await cards.due(now):
            with self.bot.work.track():
                closed = await cards.close(card.id, max(now, discord.utils.utcnow()))
                if closed is not None:  # else another process was quicker
                    ended.append(closed)
        # Side by side, so that one channel that is slow to take it holds up no other.
        heard = all(await asyncio.gather(*(self._told(closed, now) for closed in ended)))
        for card in await cards.unannounced(now - FORGOTTEN):
            if not heard:
                break
            with self.bot.work.track():
                heard = await self._tell_late(card, now)

    async def _told(self, closed: PollRecord, now: datetime) -> bool:
        """Tell the end of a card; whether Discord has heard it."""
        async with self._tellers:
            with self.bot.work.track():
                heard = await self._tell(closed)
                if heard:
                    await self.bot.store.polls.announced(
                        closed.id, max(now, discord.utils.utcnow())
                    )
                return heard

    async def _draw(self, poll_id: int, interaction: Interaction, edit: Edit) -> None:
        """Show how an open card stands.

        An edit may be long on its way: if the card was closed meanwhile, also by another process,
        its end was painted over, and is shown again.
        """
        cards = self.bot.store.polls
        async with self._pen(poll_id):
            record = await cards.find(poll_id)
            if record is None or record.closed_at is not None:
                return
            if record.message_id is None and interaction.message is not None:
                # The process that sent the card died before it could note its number.
                await cards.sent(poll_id, interaction.message.id)
            await edit(**render_edit(votes.reply(record)))
            now = await cards.find(poll_id)
            if now is not None and now.closed_at is not None:
                with suppress(_Unreached):  # then its end is told later
                    await self._show(now, votes.reply(now))

    async def _show(self, card: PollRecord, reply: Message) -> None:
        """Show something in place of a card, as far as Discord allows. Raises `_Unreached`."""
        if card.message_id is not None:
            message = self._channel(card).get_partial_message(card.message_id)
            await _tried(lambda: message.edit(**render_edit(reply)))

    def _channel(self, card: PollRecord) -> discord.PartialMessageable:
        return self.bot.get_partial_messageable(card.channel_id, guild_id=card.community_id)

    def _pen(self, poll_id: int) -> asyncio.Lock:
        """Whoever holds it draws the card: so no older tally comes after a newer one."""
        return self._pens.setdefault(poll_id, asyncio.Lock())

    async def _show_tally(self, interaction: Interaction, poll_id: int) -> None:
        """Draw a card in its turn, by the right of whoever voted last, or else by the bot's own.

        A tally that cannot be shown comes with the next vote.
        """
        edits: list[Edit] = [interaction.edit_original_response]
        if interaction.message is not None:
            channel = self.bot.get_partial_messageable(interaction.message.channel.id)
            edits.append(channel.get_partial_message(interaction.message.id).edit)
        try:
            for edit in edits:
                try:
                    return await self._draw(poll_id, interaction, edit)
                except discord.HTTPException as error:
                    if not is_gone(error):
                        raise
        except (discord.HTTPException, Unavailable, *NO_NETWORK) as error:
            log.info("A card's tally cannot be shown: %s", error)

    async def _close_cards(self) -> float:
        """Close what is due, and say in how many seconds there may be more."""
        try:
            await self.close_due(discord.utils.utcnow())
            return await self._seconds_to_next()
        except (ShuttingDown, Unavailable):  # the latter is logged where it is raised
            return LONGEST_SLEEP_S

    async def _seconds_to_next(self) -> float:
        """How long nothing can be due: no vote is shorter than a minute."""
        closing = await self.bot.store.polls.next_closing()
        if closing is None:
            return LONGEST_SLEEP_S
        left = (closing - discord.utils.utcnow()).total_seconds()
        return min(max(left, 0.1), LONGEST_SLEEP_S)

    async def _tell_late(self, card: PollRecord, now: datetime) -> bool:
        """Tell the end of a card that was left behind, unless another process does."""
        cards = self.bot.store.polls
        if not await cards.announced(card.id, now):
            return True
        told = False
        try:
            told = await self._tell(card)
        finally:
            if not told:
                await cards.not_announced(card.id)
        return told

    async def _tell(self, card: PollRecord) -> bool:
        """Tell the end of a card, as far as Discord allows; whether Discord could be reached."""
        try:
            async with asyncio.timeout(TELLING_S), self._pen(card.id):
                await self._show_end(card)
        except _Unreached:
            return False
        except TimeoutError:
            log.info("The end of a vote could not be told in time")
            return False
        except Exception:  # which would be the same the next time
            log.exception("The end of the card %d could not be told", card.id)
        return True

    async def _show_end(self, card: PollRecord) -> None:
        """Show a closed card as it is now, and its winner in a message of its own."""
        closed = votes.reply(card)
        await self._show(card, closed)
        if card.winner is None:
            return
        crowning = await votes.crowning(card)
        # Of messages with the same nonce Discord keeps one, should an answer of its own be lost.
        channel = self._channel(card)
        sent = await _tried(lambda: channel.send(**render(crowning)[0], nonce=card.id))
        if not sent:  # where the bot may not speak, its card may still be changed
            await self._show(card, votes.with_plaque(closed, crowning))


class _Unreached(Exception):  # noqa: N818 (it is a state, not a fault)
    """Discord cannot be reached."""


async def _tried(send: Callable[[], Awaitable[object]]) -> bool:
    """Whether Discord took something. `send` makes it anew each time, as files are read once.

    Raises `_Unreached`.
    """
    try:
        if not await deliver(send, tries=3):
            raise _Unreached
    except discord.HTTPException as error:
        log.info("The end of a vote could not be told: %s", error)
        return False
    return True


async def setup(bot: Mangosaurus) -> None:
    """Load the cog."""
    await bot.add_cog(Votes(bot))

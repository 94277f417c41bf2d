"""The welcome: one message to a community that has added the bot."""

import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.dispatch import deliver
from bot.chat.message import Button, Message
from bot.chat.run_button import run_button
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Forbidden, Gone, MessageRef, Platform, Terms
from bot.community.blocks import BlockList
from bot.concurrency import ShuttingDown
from bot.polls.plates import DINOSAUR
from bot.store import Unavailable
from bot.store.schema import EVERYBODY
from bot.text.spans import code, strong, text
from bot.text.technical import NEWLINE
from bot.welcome.queries import Welcomes

log = logging.getLogger(__name__)

NEW = timedelta(days=1)
"""For how long a community is new: one that has added the bot while it was off is welcomed later.

What was added before the bot had a welcome gets none.
"""
MOST_CHANNELS = 3
"""Channels that are tried."""
TRIES = 7
"""Attempts to deliver the message, over about a minute."""
EXAMPLE = "Triceratops"
"""The dinosaur of the button."""


class Welcomer:
    """Welcomes the communities on one platform that this process sees.

    The database notes a welcome before it is sent, so that there is never a second one. If the
    process ends at this very moment, or the platform does not take the message, there is none.
    """

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def greet_newcomers(self) -> None:
        """Welcome those that have added the bot lately, where it may write somewhere."""
        for community_id, channels in self._platform.newcomers(self._app.now() - NEW).items():
            await self.greet(community_id, channels)

    async def greet(self, community_id: int, channel_ids: Sequence[int]) -> None:
        """Welcome a community in the first of some channels that takes it, unless it has been."""
        app = self._app
        if app.settings.welcome == "no" or not channel_ids:
            return
        if await app[BlockList].reason(community_id, EVERYBODY) is not None:
            return
        # `Unavailable` is logged where it is raised.
        with suppress(ShuttingDown, Unavailable), app.in_flight.track():
            if await app.store[Welcomes].claim(community_id, app.now()):
                await self._send(community_id, channel_ids)

    async def _send(self, community_id: int, channel_ids: Sequence[int]) -> None:
        platform = self._platform
        message = welcome(platform.terms)
        for channel_id in channel_ids[:MOST_CHANNELS]:
            ref = MessageRef(channel_id, 0, community_id)
            try:
                # The nonce prevents a duplicate if the platform's response gets lost.
                send = partial(platform.send, ref, message, nonce=community_id)
                if not await deliver(send, tries=TRIES):
                    log.info("Community %d is not welcomed: tried several times", community_id)
            except (Forbidden, Gone) as error:
                log.info("Community %d is not welcomed in a channel: %s", community_id, error)
                continue
            except DeliveryError as error:
                log.warning("Community %d is not welcomed: %s", community_id, error)
            return


def welcome(terms: Terms) -> Message:
    """What the bot does in two lines, with buttons that do it."""
    sentences = (
        _(
            "👋 Mangosaurus names new dinosaurs. Vote for the best name: the winner enters the "
            "museum of this {community}, with a picture of the animal."
        ),
        _(
            "It also writes sonnets. Press a button to try it, or type {help} to see more. "
            "Managers choose with {set_up} what it does here."
        ),
    )
    set_up = _("Set up")
    first = text(sentences[0], community=terms.community)
    second = text(sentences[1], help=code("/help"), set_up=strong(set_up))
    return Message(
        (*first, *text(NEWLINE), *second),
        buttons=(
            run_button(_("Name dinosaurs"), "dinoname", "🦖", primary=True),
            run_button(_("Write a sonnet"), "sonnet", "📜"),
            Button(_("Meet a dinosaur"), DINOSAUR, EXAMPLE, "🦴"),
            run_button(set_up, "settings", "⚙️"),
        ),
    )

"""The welcome: one message to a community that has added the bot."""

import logging
from contextlib import suppress
from datetime import timedelta

from bot.chat.app import App
from bot.chat.message import Button, Embed, Message, Tone, with_pictures
from bot.chat.run_button import run_button
from bot.chat.translation import _
from bot.chat.turn import Forbidden, Gone, MessageRef, Platform, Terms
from bot.concurrency import ShuttingDown
from bot.outbox.worker import Delivery, Ended
from bot.polls.plates import DINOSAUR, hatch_button, strip_of
from bot.store import Unavailable
from bot.text.spans import command, strong, text
from bot.text.technical import technical
from bot.welcome.queries import Welcomes
from data.phrases import NOTHING

log = logging.getLogger(__name__)

NEW = timedelta(days=1)
"""Age up to which a community is welcomed: it may have added the bot while the bot was off.

Communities that added the bot before it had a welcome get none.
"""
MOST_CHANNELS = 3
"""Channels that are tried."""
EXAMPLE = technical("Triceratops")
"""The dinosaur of the button."""
SHOWN = technical("Mangosaurus"), EXAMPLE, technical("Spinosaurus")
"""The dinosaurs of the picture."""


class Welcomer:
    """Welcomes the communities on one platform that this process sees, each once."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def greet_newcomers(self) -> None:
        """Welcome those that have added the bot lately, where it may write somewhere."""
        for community_id, channels in self._platform.newcomers(self._app.now() - NEW).items():
            if channels:
                await self.greet(community_id, channels[0])

    async def greet(self, community_id: int, channel_id: int) -> None:
        """Put a welcome for a community into the outbox, unless it has had one."""
        app, now = self._app, self._app.now()
        if app.settings.welcome == "no" or await app.blocks.has_community(community_id):
            return
        # `Unavailable` is logged where it is raised.
        with suppress(ShuttingDown, Unavailable), app.in_flight.track():
            await app.store[Welcomes].welcome(community_id, channel_id, now, now + NEW)

    async def show_welcome(self, delivery: Delivery) -> Ended:
        """Welcome a community in the first of some channels that takes it."""
        community_id, strip = delivery.subject_id, None
        if await self._app.blocks.has_community(community_id):
            return Ended()
        with suppress(ShuttingDown):
            strip = await strip_of(self._app, None, SHOWN, is_urgent=True)
        message = with_pictures(welcome(self._platform.terms), strip)
        newcomers = self._platform.newcomers(self._app.now() - 2 * NEW)
        # Another process sees the community, perhaps.
        channel_ids = newcomers.get(community_id, ()) or [delivery.channel_id]
        for channel_id in channel_ids[:MOST_CHANNELS]:
            try:
                sent = await delivery.send(MessageRef(channel_id, 0, community_id), message)
            except (Forbidden, Gone) as error:
                log.info("Community %d is not welcomed in a channel: %s", community_id, error)
            else:
                return Ended(is_lost=sent is None)
        return Ended(is_lost=True)


def welcome(terms: Terms) -> Message:
    """Welcome: two lines about what the bot does, with buttons to try it."""
    sentences = (
        _(
            "👋 Mangosaurus names new dinosaurs. Vote for the best name, and the winner will enter "
            "this {community}'s museum, with a picture of the animal."
        ),
        _(
            "Mangosaurus also writes sonnets. Press a button to start, or type {help} to see "
            "more. Managers can choose what the bot does here with {set_up}."
        ),
    )
    set_up = _("Set up")
    first = text(sentences[0], community=terms.community)
    second = text(sentences[1], help=command("/help"), set_up=strong(set_up))
    return Message(
        embeds=(Embed(NOTHING, (first, second), tone=Tone.NAMES),),
        buttons=(
            run_button(_("Name dinosaurs"), "dinoname", "🦖", primary=True),
            hatch_button(),
            run_button(_("Write a sonnet"), "sonnet", "📜"),
            Button(_("Meet a dinosaur"), DINOSAUR, EXAMPLE, "🦴"),
            run_button(set_up, "settings", "⚙️"),
        ),
    )

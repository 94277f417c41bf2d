"""`/privacy`: what the bot stores about a member, and how to delete it."""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from bot.chat.app import App
from bot.chat.commands import Command, NoOptions
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, File, Message
from bot.chat.translation import Phrase, _, ngettext
from bot.chat.turn import DeliveryError, Platform, Terms, Turn
from bot.community.queries import Record
from bot.eggs.queries import LONGEST_NEST, Nests
from bot.giving.queries import LASTS, Offers
from bot.polls.queries import Polls
from bot.privacy.queries import Privacy
from bot.store import Unavailable
from bot.store.answers import ButtonStates
from bot.store.fleet import RunningCooldowns
from bot.store.members import Deletions
from bot.store.schema import EVERYBODY
from bot.text.formats import human_join
from bot.text.spans import Text, text
from bot.text.technical import technical
from data.phrases import Showable

log = logging.getLogger(__name__)

ACTION = "privacy"
EVERYTHING, FORGETTING = "privacy-all", "privacy-yes"
"""The cooldowns of the buttons that show everything and delete it."""
GRACE = timedelta(days=30)
"""How long the data of a community is kept after it removed the bot; it may add it again."""
LONGEST_STATE = timedelta(days=365)
"""How long button states are kept."""
LONGEST_RECORD = timedelta(days=365)
"""How long the record of moderation is kept."""
WITHOUT_WINNER = timedelta(days=30)
"""How long a closed poll without a winner is kept, with its votes."""


async def privacy(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/privacy`."""
    async with app.answering(turn, ACTION):
        await turn.respond(await overview(app, turn))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons of `/privacy`."""
    match state:
        case "all":
            async with app.answering(turn, EVERYTHING):
                await turn.respond(await _everything(app, turn))
        case "ask":
            await turn.edit_source(_confirmation())
        case "cancel":
            await turn.edit_source(await overview(app, turn))
        case "yes":
            async with app.answering(turn, FORGETTING):
                await turn.edit_source(await _forgotten(app, turn))
        case _unknown:
            raise other_version(technical("/privacy"))


async def _forgotten(app: App, turn: Turn) -> Message:
    """Delete the data of the member."""
    await app.training.forget_member(turn.user.id)
    await app.store[Privacy].forget_member(turn.user.id)
    reply = text(_("Done. The bot no longer stores anything about you."))
    if await app.store[Privacy].of(turn.user.id):
        reply = text(
            _(
                "Done. To keep {communities} safe, the bot still keeps any block against you, and "
                "keeps moderation records for a year."
            ),
            communities=turn.platform.terms.communities,
        )
    return Message(content=reply, private=True)


async def overview(app: App, turn: Turn) -> Message:
    """Overview of the data that the bot stores about a member, in numbers."""
    kept = await app.store[Privacy].of(turn.user.id)
    title = _("🔏 Your data")
    if not kept:
        nothing = text(_("The bot stores nothing about you."))
        return Message(embeds=(Embed(title, (nothing,)),), private=True)
    lines: tuple[Text, ...] = (
        text(_("The bot stores this about you: {counts}."), counts=_in_words(kept)),
        (),
        text(
            _(
                "All of this is stored with your {platform} id. Names that you asked for are also "
                "stored with your display name at the time, because it's on their plaque. None of "
                "your messages are stored."
            ),
            platform=turn.platform.terms.platform,
        ),
        *(_about_polls() if {"polls", "votes"} & kept.keys() else ()),
        *(_about_nests() if "nests" in kept else ()),
        *(_about_offers() if "offers" in kept else ()),
        *(_ABOUT_BUTTONS if "button_states" in kept else ()),
        *_about_moderation(kept, turn.platform.terms),
    )
    buttons = (
        Button(_("Show everything"), ACTION, "all"),
        Button(_("Delete my data"), ACTION, "ask", dangerous=True),
    )
    return Message(embeds=(Embed(title, lines),), buttons=buttons, private=True)


async def _everything(app: App, turn: Turn) -> Message:
    rows = await app.store[Privacy].all_of(turn.user.id)
    content = await asyncio.to_thread(_as_json, rows)  # there can be very many
    file = File(technical("your-data.json"), content, _("Everything that the bot stores about you"))
    reply = text(_("Here's everything that the bot stores about you, as a file."))
    return Message(content=reply, files=(file,), private=True)


def _as_json(rows: Mapping[str, Sequence[Mapping[str, object]]]) -> bytes:
    return json.dumps(rows, ensure_ascii=False, indent=2, default=str).encode()


def _confirmation() -> Message:
    reply = text(
        _(
            "Delete your data? Your votes, nests, offers and kept poems will be deleted, and so "
            "will any open polls of yours that nobody else has voted in. Any training on your "
            "lists will stop, and some buttons under your poems and names will stop working. "
            "Names, dinosaurs, namers and versions that others use will stay, but without your "
            "name. What you gave to others stays theirs. If you're blocked, you'll stay blocked, "
            "and the record of what you did as a moderator will be kept for a year. This can't be "
            "undone."
        )
    )
    buttons = (
        Button(_("Yes, delete my data"), ACTION, "yes", dangerous=True),
        Button(_("Cancel"), ACTION, "cancel"),
    )
    return Message(content=reply, buttons=buttons, private=True)


_ABOUT_BUTTONS = (
    text(
        _(
            "Buttons store what they need to work later: Keep stores the poem, and Another stores "
            "the poem's first words."
        )
    ),
)


def _about_polls() -> tuple[Text, ...]:
    sentence = ngettext(
        "A poll without a winner is deleted, along with its votes, {days} day after it closes.",
        "A poll without a winner is deleted, along with its votes, {days} days after it closes.",
        WITHOUT_WINNER.days,
    )
    return (text(sentence, days=WITHOUT_WINNER.days),)


def _about_nests() -> tuple[Text, ...]:
    sentence = _(
        "A nest is deleted {days} days after the day it's for. The file with your data "
        "doesn't include the names in your nests."
    )
    return (text(sentence, days=LONGEST_NEST.days),)


def _about_offers() -> tuple[Text, ...]:
    sentence = _(
        "An offer is deleted after {days} days. If it was accepted, moderators can still see for "
        "a year who gave what to whom."
    )
    return (text(sentence, days=LASTS.days),)


def _about_moderation(kept: Mapping[str, int], terms: Terms) -> tuple[Text, ...]:
    if kept.keys().isdisjoint({"blocks", "moderation"}):
        return ()
    return (
        text(
            _(
                "To keep {communities} safe, deleting your data doesn't delete blocks or "
                "moderation records. Moderation records are kept for a year."
            ),
            communities=terms.communities,
        ),
    )


def _in_words(kept: Mapping[str, int]) -> Showable:
    """Numbers of rows as a list: `2 votes, 1 poll and 3 poems`."""
    words: Mapping[str, Callable[[int], Phrase]] = {
        "votes": lambda n: ngettext("{count} vote", "{count} votes", n),
        "polls": lambda n: ngettext("{count} poll", "{count} polls", n),
        "discoveries": lambda n: ngettext("{count} discovery", "{count} discoveries", n),
        "nests": lambda n: ngettext("{count} nest", "{count} nests", n),
        "offers": lambda n: ngettext("{count} offer", "{count} offers", n),
        "hidden_collections": lambda n: ngettext(
            "{count} hidden collection", "{count} hidden collections", n
        ),
        "poems": lambda n: ngettext("{count} poem", "{count} poems", n),
        "custom_models": lambda n: ngettext("{count} namer", "{count} namers", n),
        "trainings": lambda n: ngettext("{count} training run", "{count} training runs", n),
        "activations": lambda n: ngettext("{count} version change", "{count} version changes", n),
        "blocks": lambda n: ngettext("{count} block", "{count} blocks", n),
        "moderation": lambda n: ngettext(
            "{count} moderation record",
            "{count} moderation records",
            n,
        ),
        "button_states": lambda n: ngettext("{count} saved button", "{count} saved buttons", n),
    }
    counted = (
        said(kept[kind]).format(count=Phrase("{count:,}").format(count=kept[kind]))
        for kind, said in words.items()
        if kind in kept
    )
    return human_join([*counted])


class CommunitySweeper:
    """Deletes data of communities that removed the bot, and what is kept for a time only."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform
        self._has_synced = False

    async def sweep(self) -> None:
        """Run once. The first run also records communities that left while the bot was off."""
        app, now = self._app, self._app.now()
        try:
            if not self._has_synced:
                platform = self._platform
                await app.store[Privacy].seen(
                    platform.communities, now, platform.name, among=platform.serves_community
                )
                self._has_synced = True
            for community_id in await app.store[Privacy].forget_communities(now - GRACE):
                log.info("Deleted the data of community %d, which removed the bot", community_id)
            await app.store[ButtonStates].prune(now - LONGEST_STATE)
            await app.store[Record].prune(now - LONGEST_RECORD)
            await app.store[Polls].prune(now - WITHOUT_WINNER)
            await app.store[Nests].prune(now - LONGEST_NEST)
            await app.store[Offers].prune(now)
            await app.store[Deletions].catch_up()
            await app.store[Deletions].prune()
            if app.fleet.is_shared:
                await app.store[RunningCooldowns].prune(now)
        except Unavailable:
            log.info("The database isn't answering; data of former communities is deleted later")

    async def follow_deletions(self) -> None:
        """Learn which members have deleted their data in other processes."""
        if self._app.fleet.is_shared:
            with suppress(Unavailable):  # logged where it is raised
                await self._app.store[Deletions].catch_up()

    async def joined(self, community_id: int) -> None:
        """Record that a community has added the bot, perhaps again. A blocked one is left."""
        try:
            await self._app.store[Privacy].joined(community_id)
        except Unavailable as error:
            log.warning("The list of communities may be out of date: %s", error)
        if await self._app.blocks.reason(community_id, EVERYBODY) is not None:
            log.info("Leaving the community %d, which is blocked", community_id)
            try:
                await self._platform.leave(community_id)
            except DeliveryError as error:
                log.warning("It could not be left: %s", error)

    async def left(self, community_id: int) -> None:
        """Record that a community has removed the bot. It may add the bot again in time.

        Raises `StoreError`.
        """
        log.info("Data of community %d is deleted in %d days", community_id, GRACE.days)
        await self._app.store[Privacy].left(community_id, self._app.now())


PRIVACY = Command(
    "privacy",
    _("See or delete your data."),
    privacy,
    examples=(
        (
            technical("/privacy"),
            _("shows what the bot stores about you, and deletes it if you like."),
        ),
    ),
)

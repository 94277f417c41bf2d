"""Pictures of dinosaurs beside their names: whose names have one, its file, the button for it.

Also the button for a nest, which polls, collections and the welcome offer.
"""

import asyncio
from collections.abc import Iterator, Sequence

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.message import Button, File
from bot.chat.run_button import run_button
from bot.chat.translation import Language, _, in_language, listed
from bot.chat.turn import Limits
from bot.community.queries import Communities
from bot.concurrency import within
from bot.creatures.animal import profile_of
from bot.creatures.labels import alternative_text, with_family
from bot.creatures.names import has_creature
from bot.creatures.profile import Profile
from bot.store import Unavailable
from bot.text.technical import technical
from bot.words import WordFilter
from data.phrases import NOTHING, Showable
from data.text import clean_name

DINOSAUR = "dinosaur"
"""The action of the button that shows a dinosaur."""
OF_HALL = "@fame:"
"""Prefix of a page of the hall of fame, in the state of that button."""
STRIP, STRIP_S = technical("dinosaurs.png"), 1.0
"""The file with the creatures of new names, and the seconds for which these wait for it."""
URGENT_S = 20.0
"""Seconds for which the dinosaur of the day waits: its strip may be the first of its process."""


async def plate_file(
    app: App,
    name: Showable,
    profile: Profile,
    words: WordFilter,
    language: Language,
) -> File | None:
    """The plate as a file with alternative text; `None` if it cannot be drawn."""
    png = await app.creature_pictures.plate(profile)
    if png is None:
        return None
    told = described(name, profile, words, language)
    return File(technical(f"{clean_name(profile.name)}.png"), png, told)


def described(name: Showable, profile: Profile, words: WordFilter, language: Language) -> Showable:
    """The alternative text of a plate.

    It is only the name if it has a word in the language of its readers that they blocked
    themselves.
    """
    told = alternative_text(name, profile)
    return told if words.allows_phrase(in_language(told, language)) else name


async def plate_of(app: App, name: Showable, words: WordFilter, language: Language) -> File | None:
    """The plate of the creature of a name; `None` if it has none, or cannot be drawn."""
    if not has_creature(name):
        return None
    profile = await asyncio.to_thread(profile_of, name)
    return await plate_file(app, name, profile, words, language)


async def strip_of(
    app: App,
    community_id: int | None,
    names: Sequence[Showable],
    *,
    is_urgent: bool = False,
) -> File | None:
    """The creatures of new names side by side, as a file with alternative text.

    `None` where a community wants none, and while the bot is busy, unless it is urgent.
    """
    if not is_urgent and (app.is_crowded or not app.creature_pictures.has_time):
        return None
    try:
        drawn = _strip(app, community_id, names, is_urgent=is_urgent)
        return await within(URGENT_S if is_urgent else STRIP_S, drawn)
    except (TimeoutError, Unavailable):
        return None


async def _strip(
    app: App,
    community_id: int | None,
    names: Sequence[Showable],
    *,
    is_urgent: bool,
) -> File | None:
    if community_id is not None:
        settings = await app.store[Communities].settings(community_id)
        if not settings.shows_strips:
            return None
    shown = [name for name in names if has_creature(name)]
    profiles = await asyncio.to_thread(lambda: [profile_of(name) for name in shown])
    if not profiles:
        return None
    pairs = [*zip(shown, profiles, strict=True)]
    png = await app.creature_pictures.strip(pairs, is_urgent=is_urgent)
    if png is None:
        return None
    creatures = listed([*map(with_family, shown, profiles)])
    words = _("From left to right: {creatures}").format(creatures=creatures)
    return File(STRIP, png, words)


def show_dinosaur(name: str, limits: Limits, label: Showable = NOTHING) -> Iterator[Button]:
    """The button that shows the dinosaur of a name, if it has one."""
    if has_creature(name) and fits(limits, DINOSAUR, name):
        yield Button(label or _("Show the dinosaur"), DINOSAUR, name, emoji="🦕")


def hatch_button() -> Button:
    """The button that shows a member's nest of today."""
    return run_button(_("Hatch an egg"), "egg", "🐣")

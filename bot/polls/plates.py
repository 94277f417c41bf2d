"""Plates of dinosaurs beside their names: whose names have one, its file, the button for it."""

import asyncio
from collections.abc import Iterator

from bot.chat.app import App
from bot.chat.button_states import fits
from bot.chat.message import Button, File
from bot.chat.translation import _
from bot.chat.turn import Limits
from bot.creatures.animal import profile_of
from bot.creatures.labels import alternative_text
from bot.creatures.names import has_creature
from bot.creatures.profile import Profile
from bot.formats import shortened
from bot.pictures.creature_pictures import CreaturePictures
from data.text import clean_name

DINOSAUR = "dinosaur"
"""The action of the button that shows a dinosaur."""
OF_HALL = "@fame:"
"""In front of a page of the hall of fame, in the state of that button."""


async def plate_file(app: App, profile: Profile, limits: Limits) -> File | None:
    """The plate as a file with alternative text; `None` if it cannot be drawn."""
    png = await app[CreaturePictures].plate(profile)
    if png is None:
        return None
    words = shortened(alternative_text(profile), limits.alt_text)
    return File(f"{clean_name(profile.name)}.png", png, words)


async def plate_of(app: App, name: str, limits: Limits) -> File | None:
    """The plate of the creature of a name; `None` if it has none, or cannot be drawn."""
    if not has_creature(name):
        return None
    return await plate_file(app, await asyncio.to_thread(profile_of, name), limits)


def show_dinosaur(name: str, limits: Limits, label: str = "") -> Iterator[Button]:
    """The button that shows the dinosaur of a name, if it has one."""
    if has_creature(name) and fits(limits, DINOSAUR, name):
        yield Button(label or _("Show the dinosaur"), DINOSAUR, name, emoji="🦕")

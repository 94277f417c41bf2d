"""The plaque of a winning name: its words, and the picture."""

import asyncio
from datetime import date

from bot.commands.core.message import File
from bot.commands.core.translation import _, ngettext

PLAQUE = "plaque.png"

_MONTHS = (
    *(_("January"), _("February"), _("March"), _("April"), _("May"), _("June"), _("July")),
    *(_("August"), _("September"), _("October"), _("November"), _("December")),
)


async def plaque_file(
    name: str, meaning: str | None, discoverer: str | None, day: date, votes: int
) -> File:
    """The plaque as a file with alternative text, drawn beside the event loop."""
    month = _MONTHS[day.month - 1]
    dated = _("{day} {month} {year}").format(day=day.day, month=month, year=day.year)
    counted = ngettext("{votes:,} vote", "{votes:,} votes", votes).format(votes=votes)
    png = await asyncio.to_thread(_draw, name, meaning, discoverer, f"{dated} · {counted}")
    words = filter(None, (name, f"“{meaning}”" if meaning else "", counted, dated))
    return File(PLAQUE, png, _("A plaque: {details}").format(details=", ".join(words)))


def _draw(name: str, meaning: str | None, discoverer: str | None, summary: str) -> bytes:
    from bot.pictures.plaque import plaque  # here: until the first plaque, nothing needs Pillow
    from bot.pictures.text import FontStyle, drawable_text

    details = [summary]
    if drawable := drawable_text(discoverer or "", FontStyle.SERIF):
        details.insert(0, _("discovered by {discoverer}").format(discoverer=drawable))
    return plaque(name, meaning, details, placeholder=_("A name in letters without a font"))

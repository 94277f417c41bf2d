"""`/museum`: what a community has discovered; `/leaderboard`: who has discovered most."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Choice, Command, Option, Place
from bot.chat.dispatch import respond_when_ready
from bot.chat.errors import other_version
from bot.chat.message import Button, Embed, Message, Tone, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.community.rights import check_community
from bot.discoveries.queries import Discoveries
from bot.museum.album import album, album_button
from bot.museum.gallery import gallery
from bot.polls.hall_of_fame import PERIODS as PERIODS_OF_HALL
from bot.polls.hall_of_fame import Winners, answer_with, collection_limits, replace_with
from bot.text.formats import spaced
from bot.text.spans import command, text
from bot.text.technical import technical
from data.phrases import Phrase

ACTION, LEADERBOARD = "museum", "leaderboard"
ALBUM = "album"
"""The state of the button for the album."""
ORDERS: Mapping[str, tuple[Phrase, Phrase]] = {
    "newest": (_("newest"), _("🦴 The museum, newest first")),
    "family": (_("family"), _("🦴 The museum by family")),
    "period": (_("period"), _("🦴 The museum by period")),
    "discoverer": (_("discoverer"), _("🦴 The museum by discoverer")),
}
"""The choice and the title of each order."""
PERIODS = {key: PERIODS_OF_HALL[key] for key in ("week", "month", "ever")}
"""The choice and the length of each period."""


@dataclass(frozen=True)
class MuseumOptions:
    """Options of `/museum`."""

    by: str = "newest"
    """A key of `ORDERS`."""


@dataclass(frozen=True)
class LeaderboardOptions:
    """Options of `/leaderboard`."""

    period: str = "month"
    """A key of `PERIODS`."""


async def museum(app: App, turn: Turn, options: MuseumOptions) -> None:
    """Answer `/museum`."""
    async with app.answering(turn, ACTION):
        if options.by not in ORDERS:
            raise UserError(_("That choice isn't available; pick one of the suggestions."))
        await answer_with(app, turn, _page(app, turn, options.by))


async def turn_page(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons that turn pages, or show the album."""
    if state == ALBUM:
        frame = Embed(_("📖 The museum's album"), tone=Tone.NAMES)
        back = Button(_("Museum"), ACTION, "newest:0", emoji="🦴")
        await replace_with(app, turn, await album(app, turn, frame, (back,)))
        return
    by, _colon, page = state.partition(":")
    number = stored_number(page)
    if by not in ORDERS or number is None:
        raise other_version(technical("/museum"))
    await replace_with(app, turn, await _page(app, turn, by, number))


async def leaderboard(app: App, turn: Turn, options: LeaderboardOptions) -> None:
    """Answer `/leaderboard`."""
    async with app.answering(turn, LEADERBOARD):
        if options.period not in PERIODS:
            raise UserError(_("That choice isn't available; pick one of the suggestions."))
        await respond_when_ready(turn, _leaders(app, turn, options))


async def _page(app: App, turn: Turn, by: str, number: int = 0) -> Winners:
    count = await app.store[Discoveries].count(check_community(turn))
    if not count:
        sentence = _(
            "The museum is empty. Get names with {command} and vote: the winner counts as "
            "discovered."
        )
        return Winners(Message(text(sentence, command=command("/dinoname"))))
    _choice, title = ORDERS[by]
    frame = Embed(title, tone=Tone.NAMES)
    buttons = (album_button(ACTION, ALBUM),)
    return await gallery(
        app, turn, frame, ACTION, by, number=number, count=count, order=by, buttons=buttons
    )


async def _leaders(app: App, turn: Turn, options: LeaderboardOptions) -> Message:
    period, length = PERIODS[options.period]
    since = app.now() - length if length is not None else None
    leaders = await app.store[Discoveries].leaders(check_community(turn), since)
    if not leaders:
        sentence = _(
            "Nobody discovered a dinosaur in that time. Get names with {command} and vote: the "
            "winner counts as discovered."
        )
        return Message(text(sentence, command=command("/dinoname")))
    lines = tuple(
        text(
            ngettext(
                "{place}. {member} · {count} dinosaur",
                "{place}. {member} · {count} dinosaurs",
                count,
            ),
            place=place,
            member=turn.platform.mention(member),
            count=count,
        )
        for place, (member, count) in enumerate(leaders, 1)
    )
    title = _("🔭 Most dinosaurs discovered: {period}").format(period=period)
    footer = spaced([_("Members who hide their collection aren't listed."), collection_limits()])
    return Message(embeds=(Embed(title, lines, footer=footer, tone=Tone.NAMES),))


MUSEUM = Command(
    "museum",
    _("See the dinosaurs that were discovered here."),
    museum,
    (
        Option(
            "by",
            _("Sort order (default: newest first)"),
            choices=tuple(Choice(label, key) for key, (label, _title) in ORDERS.items()),
            is_main=True,
        ),
    ),
    MuseumOptions,
    examples=((technical("/museum by:family"), _("shows what was discovered here, by family.")),),
    place=Place.COMMUNITY,
)
LEADERBOARD_COMMAND = Command(
    "leaderboard",
    _("See who has discovered the most dinosaurs here."),
    leaderboard,
    (
        Option(
            "period",
            _("Time span (default: past 30 days)"),
            choices=tuple(Choice(label, key) for key, (label, _length) in PERIODS.items()),
            is_main=True,
        ),
    ),
    LeaderboardOptions,
    examples=((technical("/leaderboard"), _("shows who has discovered the most dinosaurs here.")),),
    place=Place.COMMUNITY,
)

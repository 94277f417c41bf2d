"""`/museum`: what a community has discovered; `/leaderboard`: who has discovered most."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from bot.chat.app import App
from bot.chat.commands import Choice, Command, Option, Place
from bot.chat.dispatch import respond_when_ready
from bot.chat.errors import other_version
from bot.chat.message import Embed, Message, Text, Tone, UserError, code, link, text
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.community.rights import check_community
from bot.museum.gallery import gallery, page_of
from bot.museum.queries import Discoverer, Museum
from bot.polls.hall_of_fame import Winners, answer_with, note_shown

ACTION, LEADERBOARD = "museum", "leaderboard"
ORDERS: Mapping[str, tuple[str, str]] = {
    "newest": (_("newest"), _("🦴 The museum, the newest first")),
    "family": (_("family"), _("🦴 The museum by family")),
    "period": (_("period"), _("🦴 The museum by period")),
    "discoverer": (_("discoverer"), _("🦴 The museum by discoverer")),
}
"""The choice and the title of each order."""
PERIODS: Mapping[str, tuple[str, str, timedelta | None]] = {
    "week": (
        _("past 7 days"),
        _("🔭 Most dinosaurs discovered: past 7 days"),
        timedelta(days=7),
    ),
    "month": (
        _("past 30 days"),
        _("🔭 Most dinosaurs discovered: past 30 days"),
        timedelta(days=30),
    ),
    "ever": (_("all time"), _("🔭 Most dinosaurs discovered: all time"), None),
}
"""The choice, the title and the length of each period."""


@dataclass(frozen=True)
class MuseumOptions:
    """Options of `/museum`, with the page number."""

    by: str = "newest"
    """A key of `ORDERS`."""
    page: int = 0

    def to_state(self) -> str:
        """The state of a button."""
        return f"{self.by}:{self.page}"

    @classmethod
    def from_state(cls, state: str) -> "MuseumOptions":
        """The inverse of `to_state`. Raises `UserError` for a state of another version."""
        by, _colon, page = state.partition(":")
        if by not in ORDERS or not (page.isdecimal() and page.isascii() and len(page) < 10):
            raise other_version("/museum")
        return cls(by, int(page))


@dataclass(frozen=True)
class LeaderboardOptions:
    """Options of `/leaderboard`."""

    period: str = "month"
    """A key of `PERIODS`."""


async def museum(app: App, turn: Turn, options: MuseumOptions) -> None:
    """Answer `/museum`."""
    async with app.answering(turn, ACTION):
        if options.by not in ORDERS:
            raise UserError(_("There's no such choice; pick one of the suggestions."))
        await answer_with(app, turn, _page(app, turn, options))


async def turn_page(app: App, turn: Turn, state: str) -> None:
    """Answer the buttons that turn pages."""
    page = await _page(app, turn, MuseumOptions.from_state(state))
    await turn.edit_source(page.message)
    await note_shown(app, turn, turn.source.ref if turn.source is not None else None, page)


async def leaderboard(app: App, turn: Turn, options: LeaderboardOptions) -> None:
    """Answer `/leaderboard`."""
    async with app.answering(turn, LEADERBOARD):
        if options.period not in PERIODS:
            raise UserError(_("There's no such choice; pick one of the suggestions."))
        await respond_when_ready(turn, _leaders(app, turn, options))


async def _page(app: App, turn: Turn, options: MuseumOptions) -> Winners:
    page = await page_of(app, check_community(turn), number=options.page, order=options.by)
    if not page.count:
        sentence = _(
            "The museum is empty. Get names with {command} and vote: the winner is discovered."
        )
        return Winners(Message(text(sentence, command=code("/dinoname"))))
    _choice, title = ORDERS[options.by]
    buttons = [*page.paging(ACTION, lambda number: replace(options, page=number).to_state())]
    frame = Embed(title, tone=Tone.NAMES)
    return await gallery(app, turn, page, frame, buttons, private=False)


async def _leaders(app: App, turn: Turn, options: LeaderboardOptions) -> Message:
    _choice, title, length = PERIODS[options.period]
    since = app.now() - length if length is not None else None
    leaders = await app.store[Museum].leaders(check_community(turn), since)
    if not leaders:
        sentence = _(
            "Nobody has discovered a dinosaur in this time. Get names with {command} and vote: "
            "the winner is discovered."
        )
        return Message(text(sentence, command=code("/dinoname")))
    lines = tuple(_line(turn, place, leader) for place, leader in enumerate(leaders, 1))
    footer = _("Without members who hide their collection.")
    return Message(embeds=(Embed(title, lines, footer=footer, tone=Tone.NAMES),))


def _line(turn: Turn, place: int, leader: Discoverer) -> Text:
    sentence = ngettext(
        "{place}. {member} · {count} dinosaur",
        "{place}. {member} · {count} dinosaurs",
        leader.number,
    )
    member = link(turn.platform.mention(leader.member_id))
    return text(sentence, place=place, member=member, count=leader.number)


MUSEUM = Command(
    "museum",
    _("See the dinosaurs that were discovered here."),
    museum,
    (
        Option(
            "by",
            _("What comes first (default: newest)"),
            choices=tuple(Choice(label, key) for key, (label, _title) in ORDERS.items()),
            is_main=True,
        ),
    ),
    MuseumOptions,
    examples=(("/museum by:family", _("shows what was discovered here, by family.")),),
    place=Place.COMMUNITY,
)
LEADERBOARD_COMMAND = Command(
    "leaderboard",
    _("See who has discovered the most dinosaurs here."),
    leaderboard,
    (
        Option(
            "period",
            _("When (default: past 30 days)"),
            choices=tuple(Choice(label, key) for key, (label, _title, _d) in PERIODS.items()),
            is_main=True,
        ),
    ),
    LeaderboardOptions,
    examples=(("/leaderboard", _("shows who has discovered the most dinosaurs here.")),),
    place=Place.COMMUNITY,
)

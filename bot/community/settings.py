"""`/settings`: how long polls stay open, what is shared with others, and the word filter."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Audience, Choice, Command, Kind, Option, Place
from bot.chat.errors import community_only
from bot.chat.message import Message, Text, UserError, code, text
from bot.chat.translation import _, ngettext
from bot.chat.turn import Terms, Turn
from bot.community.filter_settings import (
    CHOICES,
    LONGEST_LIST,
    change_filter,
    checked_strictness,
    checked_words,
    filter_overview,
)
from bot.community.queries import Communities

SHORTEST, LONGEST = 1, 1440
"""Minutes that a poll can stay open."""


@dataclass(frozen=True)
class SettingsOptions:
    """Options of `/settings`; `None` keeps what is set."""

    vote_minutes: int | None = None
    public_hall: bool | None = None
    shared_namers: bool | None = None
    filter: str | None = None
    blocked_words: str | None = None


async def settings(app: App, turn: Turn, options: SettingsOptions) -> None:
    """Answer `/settings`: change what is given, or else show everything."""
    if turn.community_id is None:
        raise UserError(*community_only(turn.platform.terms))
    if not turn.user.is_manager:
        raise UserError(
            _("Only {community} managers can see and change the settings of the bot."),
            community=turn.platform.terms.community,
        )
    if options.vote_minutes is not None:
        check(options.vote_minutes)
    if options.filter is not None:
        checked_strictness(options.filter)
    if options.blocked_words is not None:
        checked_words(options.blocked_words)
    with app.in_flight.track():
        terms = turn.platform.terms
        lines = await _change(app, turn.community_id, terms, options)
        if not lines:
            lines = await _overview(app, turn.community_id, terms)
        content = [span for line in lines for span in (*line, *text("\n"))][:-1]
        await turn.respond(Message(tuple(content), private=True))


async def _change(
    app: App, community_id: int, terms: Terms, options: SettingsOptions
) -> tuple[Text, ...]:
    """Change what is given. Returns a sentence for each change."""
    sentences: list[Text] = []
    minutes = options.vote_minutes
    if minutes is not None:
        await app.store[Communities].change(community_id, vote_minutes=minutes)
        sentences.append(
            text(
                ngettext(
                    "New polls stay open for {minutes} minute here; open ones keep their time.",
                    "New polls stay open for {minutes} minutes here; open ones keep their time.",
                    minutes,
                ),
                minutes=minutes,
            )
        )
    given = {"in_public_hall": options.public_hall, "accepts_shared": options.shared_namers}
    if values := {name: value for name, value in given.items() if value is not None}:
        await app.store[Communities].change(community_id, **values)
    if options.public_hall is not None:
        sentences.append(_public_hall(terms, on=options.public_hall))
    if options.shared_namers is not None:
        sentences.append(_shared_namers(terms, on=options.shared_namers))
    if (options.filter, options.blocked_words) != (None, None):
        strictness = checked_strictness(options.filter) if options.filter is not None else None
        words = checked_words(options.blocked_words) if options.blocked_words is not None else None
        sentences += await change_filter(app, community_id, strictness, words)
    return tuple(sentences)


async def _overview(app: App, community_id: int, terms: Terms) -> tuple[Text, ...]:
    """All settings, each with the option that changes it."""
    minutes = await app.store[Communities].poll_minutes(community_id)
    kept = await app.store[Communities].settings(community_id)
    lines: Sequence[tuple[Text, str]] = (
        (
            text(
                ngettext(
                    "Polls stay open for {minutes} minute here.",
                    "Polls stay open for {minutes} minutes here.",
                    minutes,
                ),
                minutes=minutes,
            ),
            "vote_minutes",
        ),
        (_public_hall(terms, on=kept.in_public_hall), "public_hall"),
        (_shared_namers(terms, on=kept.accepts_shared), "shared_namers"),
        *await filter_overview(app, community_id),
    )
    hint = _("Change it with {command}.")
    return tuple(
        (*line, *text(" "), *text(hint, command=code(f"/settings {option}:")))
        for line, option in lines
    )


def _public_hall(terms: Terms, *, on: bool) -> Text:
    sentence = (
        _("Winners with two votes or more appear in the hall of fame of all {communities}.")
        if on
        else _("Winners of this {community} appear in its own hall of fame only.")
    )
    return text(sentence, community=terms.community, communities=terms.communities)


def _shared_namers(terms: Terms, *, on: bool) -> Text:
    sentence = (
        _("Namers that other {communities} share can be used here.")
        if on
        else _("Only namers of this {community} can be used here.")
    )
    return text(sentence, community=terms.community, communities=terms.communities)


def check(minutes: int) -> None:
    """Raise `UserError` for a time out of bounds."""
    if not SHORTEST <= minutes <= LONGEST:
        raise UserError(
            _("A poll can stay open for {shortest} to {longest} minutes, for example 10."),
            shortest=SHORTEST,
            longest=LONGEST,
        )


SETTINGS = Command(
    "settings",
    _("Settings of the bot here (managers only)."),
    settings,
    (
        Option(
            "vote_minutes",
            _("Minutes that a poll stays open, 1 to 1440 (default 10)"),
            Kind.INTEGER,
            least=SHORTEST,
            most=LONGEST,
        ),
        Option(
            "public_hall",
            _("Whether winners appear in the hall of fame of everybody (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "shared_namers",
            _("Whether namers that are shared elsewhere can be used (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "filter",
            _("How strict the word filter is (default normal)"),
            choices=tuple(Choice(name, name) for name in CHOICES),
        ),
        Option(
            "blocked_words",
            _("Words that the bot must not use here, separated by commas, or none"),
            least=1,
            most=LONGEST_LIST,
        ),
    ),
    SettingsOptions,
    examples=(
        ("/settings", _("shows the settings of the bot here.")),
        ("/settings vote_minutes:30", _("keeps polls open for half an hour.")),
        ("/settings filter:strict", _("makes the word filter strict; or mild, or normal.")),
        ("/settings blocked_words:mud, swamp*", _("also blocks mud, and words like swampy.")),
    ),
    audience=Audience.MANAGERS,
    place=Place.COMMUNITY,
    shown_to=Audience.MANAGERS,
    needs_rights=True,
)

"""`/settings`: polls, sharing, pictures of names, the word filter, the dinosaur of the day."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Audience, Choice, Command, Kind, Option, Place
from bot.chat.errors import other_version
from bot.chat.message import Button, Form, Message, Select, UserError
from bot.chat.received import stored_number
from bot.chat.translation import ENGLISH, _, languages, listed, name_of, ngettext
from bot.chat.turn import Terms, Turn
from bot.community.daily import (
    DAILY_OPTIONS,
    LONGEST_ZONE,
    DailyOptions,
    change_daily,
    daily_selects,
    daily_sentence,
)
from bot.community.queries import Communities, CommunitySettings
from bot.community.rights import check_is_here, check_manager
from bot.text.formats import cut
from bot.text.spans import Text, chained, codes, command, text
from bot.text.technical import NEWLINE, technical
from bot.text.written import for_managers
from bot.words import Strictness
from bot.words.queries import WordFilters
from data.phrases import Phrase

SHORTEST, LONGEST = 1, 1440
"""Minutes that a poll can stay open."""
FEWEST, MOST = 1, 5
"""Votes of others than the discoverer that a winner can need."""
MOST_WORDS = 50
"""Words that a community can block."""
LONGEST_WORD = 30
"""Characters of such a word."""
LONGEST_LIST = 1000
"""Characters of the option with all words."""
NO_WORDS = "none"
"""Input that removes all words."""

LANGUAGES = {tag: technical(name_of(tag)) for tag in languages()}
"""Choices of the option `language`: what each calls itself, by its tag."""
LOCALE = "default"
"""The choice of no language: that of the server, or of its first members who ask, on Discord, and
English on Slack."""
_DEFAULT = _("Default language")

ACTION, ASK = "settings", "ask"
"""The action of menus and buttons, whose states are an option and its value, as in `filter=mild`;
`ask=blocked_words` opens a form for its value."""
ON, OFF = "yes", "no"

MOST_BUTTONS = 5
"""Buttons for which Discord has room below four menus."""

STRICTNESS = {strictness.name.lower(): strictness for strictness in Strictness}
"""Choices of the option `filter`."""
# TRANSLATORS: How strict the word filter is: a choice of /settings.
_STRICTNESS = {"mild": _("mild"), "normal": _("normal"), "strict": _("strict")}


@dataclass(frozen=True)
class SettingsOptions(DailyOptions):
    """Options of `/settings`; `None` keeps what is set."""

    vote_minutes: int | None = None
    votes_needed: int | None = None
    public_hall: bool | None = None
    shared_namers: bool | None = None
    strips: bool | None = None
    typed_names: bool | None = None
    eggs: bool | None = None
    """Whether members hatch eggs, in every channel."""
    egg_channel: int | None = None
    """The only channel in which they do."""
    language: str | None = None
    filter: str | None = None
    blocked_words: str | None = None


async def settings(app: App, turn: Turn, options: SettingsOptions) -> None:
    """Answer `/settings`: change what is given, or else show everything."""
    community_id = _checked_manager(turn)
    lines = await _change_all(app, turn, community_id, options)
    if lines:
        await turn.respond(Message(chained(lines, NEWLINE), private=True))
    else:
        await turn.respond(await _form(app, turn, community_id))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the menus and buttons below the settings: change one of them, or ask for its text."""
    community_id = _checked_manager(turn)
    name, _equals, typed = state.partition("=")
    if name == ASK:
        await turn.ask(await _text_form(app, community_id, typed))
        return
    option = next((each for each in SETTINGS.options if each.name == name), None)
    value: object = typed
    if option is not None and option.kind is Kind.SWITCH:
        value = typed == ON
    elif option is not None and option.kind is not Kind.TEXT:
        value = stored_number(typed)
    if option is None or value is None:
        raise other_version(technical("/settings"))
    options = SettingsOptions(**{name: value})  # type: ignore[arg-type]
    await _change_all(app, turn, community_id, options)
    await turn.edit_source(await _form(app, turn, community_id))


def _checked_manager(turn: Turn) -> int:
    sentence = _("Only {community} managers can see and change the bot's settings.")
    return check_manager(turn, sentence)


async def _change_all(
    app: App, turn: Turn, community_id: int, options: SettingsOptions
) -> list[Text]:
    """Change what is given. Returns a sentence for each change. Raises `UserError`."""
    if options.vote_minutes is not None and not SHORTEST <= options.vote_minutes <= LONGEST:
        raise UserError(
            _("A poll can stay open for {shortest} to {longest} minutes, for example 10."),
            shortest=SHORTEST,
            longest=LONGEST,
        )
    if options.votes_needed is not None and not FEWEST <= options.votes_needed <= MOST:
        raise UserError(
            _("You can require {fewest} to {most} votes to win, for example 2."),
            fewest=FEWEST,
            most=MOST,
        )
    strictness = None if options.filter is None else checked_strictness(options.filter)
    if options.language is not None and options.language not in (LOCALE, *LANGUAGES):
        raise UserError(_("That choice isn't available; pick one of the suggestions."))
    words = None if options.blocked_words is None else checked_words(options.blocked_words)
    if options.egg_channel is not None:
        await check_is_here(turn, options.egg_channel)
    lines = await change_daily(app, turn, community_id, options)
    lines += await _change(app, turn, community_id, options)
    return lines + await _change_filter(app, community_id, strictness, words)


def checked_strictness(typed: str) -> Strictness:
    """The strictness of a choice. Raises `UserError` for anything else."""
    try:
        return STRICTNESS[typed]
    except KeyError as error:
        raise UserError(
            _("The word filter must be {choices}; for example, {example}."),
            choices=codes([*map(technical, STRICTNESS)], either=True),
            example=command("filter:strict"),
        ) from error


def checked_words(typed: str) -> tuple[str, ...]:
    """The words of the option `blocked_words`. Raises `UserError`.

    They are separated by commas, as the form says, or by semicolons or new lines.
    """
    if len(typed) > LONGEST_LIST:
        raise UserError(
            _(
                "The words can have at most {limit:,} characters in total, and yours have "
                "{count:,}."
            ),
            limit=LONGEST_LIST,
            count=len(typed),
        )
    if typed.strip().lower() == NO_WORDS:
        return ()
    parts = re.split(r"[,;\n]", typed)
    words = tuple(dict.fromkeys(filter(None, (" ".join(part.split()) for part in parts))))
    if not words or len(words) > MOST_WORDS:
        raise UserError(
            _("Enter 1 to {limit} words, separated by commas; for example, {example}."),
            limit=MOST_WORDS,
            example=command("blocked_words:mud, swamp*"),
        )
    for word in words:
        if len(word) > LONGEST_WORD or not any(map(str.isalnum, word)):
            raise UserError(
                _("A blocked word must have 1 to {limit} letters. “{word}” has too many, or none."),
                limit=LONGEST_WORD,
                word=for_managers(cut(word, LONGEST_WORD)),
            )
    return words


async def _change(app: App, turn: Turn, community_id: int, options: SettingsOptions) -> list[Text]:
    """Change what is given, apart from the word filter. Returns a sentence for each change."""
    terms = turn.platform.terms
    given = {
        "vote_minutes": options.vote_minutes,
        "votes_needed": options.votes_needed,
        "in_public_hall": options.public_hall,
        "accepts_shared": options.shared_namers,
        "shows_strips": options.strips,
        "shows_typed": options.typed_names,
    }
    values: dict[str, bool | int | str | None] = {
        name: value for name, value in given.items() if value is not None
    }
    if options.eggs is not None or options.egg_channel is not None:
        values["egg_channel_id"] = None if options.eggs is False else options.egg_channel
        values["has_eggs"] = options.eggs is not False
    if options.language is not None:
        values["language"] = None if options.language == LOCALE else options.language
    if values:
        await app.store[Communities].change(community_id, **values)
        app.languages.changed(community_id)
    sentences: list[Text] = []
    if (minutes := options.vote_minutes) is not None:
        sentence = ngettext(
            "New polls here stay open for {minutes} minute; polls that are already open don't "
            "change.",
            "New polls here stay open for {minutes} minutes; polls that are already open don't "
            "change.",
            minutes,
        )
        sentences.append(text(sentence, minutes=minutes))
    if options.votes_needed is not None:
        sentences.append(_votes_needed(options.votes_needed))
    if options.public_hall is not None:
        sentences.append(_switch(_PUBLIC_HALL, terms, on=options.public_hall))
    if options.shared_namers is not None:
        sentences.append(_switch(_SHARED_NAMERS, terms, on=options.shared_namers))
    if options.strips is not None:
        sentences.append(_switch(_STRIPS, terms, on=options.strips))
    if options.typed_names is not None:
        sentences.append(_switch(_TYPED, terms, on=options.typed_names))
    if "has_eggs" in values:
        sentences.append(_eggs(turn, await app.store[Communities].settings(community_id)))
    if options.language is not None:
        sentences.append(await _language(turn, options.language))
    return sentences


async def _change_filter(
    app: App, community_id: int, strictness: Strictness | None, words: tuple[str, ...] | None
) -> list[Text]:
    """Change the word filter. Returns a sentence for each change."""
    sentences: list[Text] = []
    if strictness is not None:
        await app.store[WordFilters].set_strictness(community_id, strictness)
        sentences.append(_strictness(strictness))
    if words is not None:
        await app.store[WordFilters].set_blocked_words(community_id, words)
        sentences.append(_blocked_words(words))
    if sentences:
        app.filters.changed(community_id)
    return sentences


async def _form(app: App, turn: Turn, community_id: int) -> Message:
    """All settings, with menus and buttons for most of them."""
    terms = turn.platform.terms
    minutes = await app.store[Communities].poll_minutes(community_id)
    kept = await app.store[Communities].settings(community_id)
    words = await app.store[WordFilters].of(community_id)
    strictness = Strictness.NORMAL if words.strictness is None else Strictness(words.strictness)
    stay_open = ngettext(
        "Polls here stay open for {minutes} minute.",
        "Polls here stay open for {minutes} minutes.",
        minutes,
    )
    tag = (await app.languages.of(community_id)).chosen
    spoken = (await turn.language()).tag
    filtered = _("Word filter: {name}")
    lines = [
        await daily_sentence(app, turn.platform, kept.daily),
        await _language(turn, tag),
        _strictness(strictness),
        _blocked_words(words.blocked_words),
        _switch(_PUBLIC_HALL, terms, on=kept.in_public_hall),
        _switch(_SHARED_NAMERS, terms, on=kept.accepts_shared),
        text(stay_open, minutes=minutes),
        _votes_needed(kept.votes_needed),
        _switch(_STRIPS, terms, on=kept.shows_strips),
        _switch(_TYPED, terms, on=kept.shows_typed),
        _eggs(turn, kept),
    ]
    example = command("/settings vote_minutes:30")
    return Message(
        chained(
            [
                text(_("You can leave everything as it is, or change what you like.")),
                *((*text(technical("• ")), *line) for line in lines),
                text(
                    _(
                        "To change the last five settings, use the command's options, for example "
                        "{command}."
                    ),
                    command=example,
                ),
            ],
            NEWLINE,
        ),
        selects=(
            *daily_selects(kept.daily, ACTION),
            Select(
                _("Language"),
                ACTION,
                "language=",
                ((_DEFAULT, LOCALE), *((name, each) for each, name in LANGUAGES.items())),
                tag or LOCALE,
            ),
            Select(
                _("Word filter"),
                ACTION,
                "filter=",
                tuple((filtered.format(name=label), name) for name, label in _STRICTNESS.items()),
                strictness.name.lower(),
            ),
        ),
        buttons=(*_keep_language(tag, spoken), *_buttons(kept))[:MOST_BUTTONS],
        private=True,
    )


def _keep_language(chosen: str | None, spoken: str) -> Iterator[Button]:
    """A button that chooses the language in which the bot speaks without a choice."""
    if chosen is None and spoken in LANGUAGES and spoken != ENGLISH.tag:
        label = _("Keep {language}").format(language=LANGUAGES[spoken])
        yield Button(label, ACTION, f"language={spoken}", "💬", primary=True)


def _buttons(kept: CommunitySettings) -> Iterator[Button]:
    """Buttons for what has two values, and for text."""
    yield Button(_("Time zone"), ACTION, f"{ASK}=daily_zone", "🌐")
    yield Button(_("Blocked words"), ACTION, f"{ASK}=blocked_words", "🧹")
    hall = _("Keep winners here") if kept.in_public_hall else _("Share winners")
    yield Button(hall, ACTION, _toggled("public_hall", kept.in_public_hall))
    namers = _("Only our namers") if kept.accepts_shared else _("Allow shared namers")
    yield Button(namers, ACTION, _toggled("shared_namers", kept.accepts_shared))
    if kept.daily.channel_id is not None:
        is_on = kept.daily.starts_on is not None
        label = _("Stop the dinosaur of the day") if is_on else _("Start the dinosaur of the day")
        yield Button(label, ACTION, _toggled("daily", is_on))


def _toggled(option: str, is_on: bool) -> str:
    return f"{option}={OFF if is_on else ON}"


async def _text_form(app: App, community_id: int, option: str) -> Form:
    """The form for a setting that is a text. Raises `UserError` for another one."""
    match option:
        case "daily_zone":
            kept = (await app.store[Communities].settings(community_id)).daily.zone
            label, title = _("A large city near you"), _("Time zone")
            return Form(title, label, ACTION, f"{option}=", LONGEST_ZONE, technical(kept))
        case "blocked_words":
            words = (await app.store[WordFilters].of(community_id)).blocked_words
            label, title = _("Words, separated by commas, or none"), _("Blocked words")
            return Form(
                title, label, ACTION, f"{option}=", LONGEST_LIST, for_managers(", ".join(words))
            )
        case _unknown:
            raise other_version(technical("/settings"))


_PUBLIC_HALL = (
    _("This {community}'s winners appear only in its own hall of fame."),
    _("Winners with two votes or more appear in the hall of fame for all {communities}."),
)
_SHARED_NAMERS = (
    _("Only this {community}'s namers and the bot's own can be used here."),
    _("Namers that other {communities} share can be used here."),
)
_STRIPS = (
    _("New dinosaurs come without a picture here."),
    _("New dinosaurs come with a picture here, unless the bot is busy."),
)
_TYPED = (
    _("Dinosaurs for names that members type in themselves stay private here."),
    _("Members can show everybody a dinosaur for any name they type."),
)
"""Sentences on what is off, and on."""


def _switch(sentences: tuple[Phrase, Phrase], terms: Terms, *, on: bool) -> Text:
    return text(sentences[on], community=terms.community, communities=terms.communities)


def _eggs(turn: Turn, kept: CommunitySettings) -> Text:
    """Where members hatch eggs."""
    if not kept.has_eggs:
        return text(_("Members can't hatch eggs here."))
    if kept.egg_channel_id is None:
        return text(_("Members can hatch an egg a day, in any channel."))
    channel = turn.platform.mention_channel(kept.egg_channel_id)
    return text(_("Members can hatch an egg a day, but only in {channel}."), channel=channel)


async def _language(turn: Turn, tag: str | None) -> Text:
    """The language of what everybody sees."""
    if tag is not None and tag in LANGUAGES:
        return text(_("Language for everybody here: {language}."), language=LANGUAGES[tag])
    sentence = _("Language for everybody here: {language}, because none has been chosen.")
    return text(sentence, language=technical(name_of((await turn.language()).tag)))


def _votes_needed(votes: int) -> Text:
    """Sentence about the votes that a name needs to win."""
    sentence = ngettext(
        "To win a new poll here, a name needs a vote from somebody other than the person who "
        "asked for it.",
        "To win a new poll here, a name needs {votes} votes from members other than the person "
        "who asked for it.",
        votes,
    )
    return text(sentence, votes=votes)


def _strictness(strictness: Strictness) -> Text:
    """Sentence about the words that a filter of this strictness blocks."""
    sentences = {
        Strictness.MILD: _(
            "The word filter is mild here: it blocks slurs and hatred, but not swearing."
        ),
        Strictness.NORMAL: _(
            "The word filter is normal here: it blocks slurs, profanity and sexual words."
        ),
        Strictness.STRICT: _(
            "The word filter is strict here: it also blocks common words that are innocent in most "
            "contexts, such as hell."
        ),
    }
    return text(sentences[strictness])


def _blocked_words(words: tuple[str, ...]) -> Text:
    """A community's own blocked words."""
    if not words:
        return text(_("No other words are blocked here."))
    return text(_("Also blocked here: {words}."), words=listed([*map(for_managers, words)]))


SETTINGS = Command(
    "settings",
    _("The bot's settings here (managers only)."),
    settings,
    (
        Option(
            "vote_minutes",
            _("Minutes that a poll stays open, 1 to 1440 (default: 10)"),
            Kind.INTEGER,
            least=SHORTEST,
            most=LONGEST,
        ),
        Option(
            "votes_needed",
            _("Votes a winner needs, not counting the asker's, 1 to 5 (default: 1)"),
            Kind.INTEGER,
            least=FEWEST,
            most=MOST,
        ),
        Option(
            "public_hall",
            _("Whether winners appear in everybody's hall of fame (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "shared_namers",
            _("Whether members can use namers that others share (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "strips",
            _("Whether new dinosaurs come with a picture (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "typed_names",
            _("Whether members can show others a dinosaur for any name (default: yes)"),
            Kind.SWITCH,
        ),
        Option(
            "eggs",
            _("Whether members can hatch eggs, in any channel (default: yes)"),
            Kind.SWITCH,
        ),
        Option("egg_channel", _("The only channel where members can hatch eggs"), Kind.CHANNEL),
        Option(
            "language",
            _("Language for everybody here (default: the Discord server's, or English)"),
            choices=(
                Choice(_DEFAULT, LOCALE),
                *(Choice(name, tag) for tag, name in LANGUAGES.items()),
            ),
        ),
        Option(
            "filter",
            _("How strict the word filter is (default: normal)"),
            choices=tuple(Choice(label, name) for name, label in _STRICTNESS.items()),
        ),
        Option(
            "blocked_words",
            _("Words that the bot must not use here, separated by commas, or none"),
            least=1,
            most=LONGEST_LIST,
        ),
        *DAILY_OPTIONS,
    ),
    SettingsOptions,
    examples=(
        (technical("/settings"), _("shows the bot's settings here.")),
        (technical("/settings vote_minutes:30"), _("keeps polls open for half an hour.")),
        (
            technical("/settings votes_needed:2"),
            _("requires two votes to win, not counting the asker's."),
        ),
        (technical("/settings eggs:no"), _("turns off eggs here.")),
        (
            technical("/settings language:English"),
            _("makes the bot speak English to everybody here."),
        ),
        (
            technical("/settings filter:strict"),
            _("makes the word filter strict, mild or normal."),
        ),
        (
            technical("/settings blocked_words:mud, swamp*"),
            _("also blocks the word mud, and words like swampy."),
        ),
        (
            technical("/settings daily_hour:18"),
            _("posts the dinosaur of the day at 6 pm."),
        ),
        (technical("/settings daily:no"), _("stops the dinosaur of the day.")),
    ),
    audience=Audience.MANAGERS,
    place=Place.COMMUNITY,
    shown_to=Audience.MANAGERS,
    needs_rights=True,
)

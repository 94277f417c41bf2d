"""`/sonnet`: poems that begin with the member's own words."""

import re
import secrets
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace

from bot.chat.app import App
from bot.chat.button_states import expand, shorten, try_to_save
from bot.chat.commands import Choice, Command, Option, always
from bot.chat.details import details_buttons, typed_state
from bot.chat.dispatch import caller_of, stream
from bot.chat.errors import with_echo
from bot.chat.message import Button, Embed, Message, Tone, UserError
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.creatures.verse_words import creature_words
from bot.names.name_options import (
    check_temperature,
    temperature_of,
    temperature_option,
    typed_temperature,
)
from bot.polls.hall_of_fame import LONGEST_NAME, check_winner, suggest_names
from bot.text.formats import cut, spaced, without_bidi_controls
from bot.text.spans import Text, codes, command, text
from bot.text.stored import to_json
from bot.text.technical import technical
from bot.verse.poems import keep_button
from bot.words import WordFilter
from bot.writing.filtered import WrittenLines, write_poem
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.parts_of_speech import CLOSED
from data.phrases import NOTHING, Phrase, Showable
from data.text import fold, unify_newlines
from models.verse.forms import FORMS, Form
from models.verse.mentions import DETERMINERS
from models.verse.poem import OPENING_LIMIT, NoLineFound, SonnetDraft, SonnetRequest
from models.verse.subject import listed_subjects

ACTION = "sonnet"
WRITING = text(technical("✒️ …"))
"""The last line of a message while its poem is being written."""
LONGEST_ECHO = 800
"""Characters of a refused opening that are repeated in the error."""


TEMPERATURES = {"tame": 0.4, "usual": SonnetRequest().temperature, "wild": 0.8}

_STATE = re.compile(
    r"(?P<temperature>\d{1,3}(?:\.\d{1,4})?):(?P<form>[a-z-]+):(?P<kind>[oab])(?P<length>\d{0,3})“(?P<words>.*)”",
    re.DOTALL,
)
_ENDS_IN_ADDRESS = re.compile(r"https?://\S+\Z")


@dataclass(frozen=True)
class SonnetOptions:
    """Options of `/sonnet`."""

    request: SonnetRequest = field(default_factory=SonnetRequest)
    """The opening as typed; if empty, the bot begins. The command draws the seed."""
    temperature: str = ""
    """As typed; if empty, that of the request holds."""

    def as_typed(self) -> str:
        """The command as the member typed it, shortened if too long."""
        request, default = self.request, SonnetRequest()
        typed = {
            "opening": " ".join(request.opening[: 2 * LONGEST_ECHO].split()),
            "about": " ".join(request.about[:LONGEST_ECHO].split()),
            "form": request.form if request.form != default.form else "",
            "temperature": self.temperature
            or (
                typed_temperature(request.temperature, TEMPERATURES)
                if request.temperature != default.temperature
                else ""
            ),
        }
        options = (f"{k}:{cut(v, LONGEST_ECHO)}" for k, v in typed.items() if v)
        return " ".join(["/sonnet", *options])

    def to_state(self) -> str:
        """Encode as the state of a button. The quotes preserve spaces around an opening."""
        request = self.request
        kind = "a" if request.about else "o"
        if request.about and request.opening:  # the number tells where the opening ends
            kind = f"b{len(request.opening)}"
        words = request.opening + request.about
        return f"{round(request.temperature, 2):g}:{request.form}:{kind}“{words}”"

    @classmethod
    def from_state(cls, state: str) -> "SonnetOptions":
        """The inverse of `to_state`. Raises `UserError` for a state of another version."""
        match = _STATE.fullmatch(state)
        if match is None:
            raise _outdated()
        request = SonnetRequest(temperature=float(match["temperature"]), form=match["form"])
        words = match["words"]
        size = {"o": len(words), "a": 0, "b": int(match["length"] or 0)}[match["kind"]]
        return cls(replace(request, opening=words[:size], about=words[size:]))


async def sonnet(app: App, turn: Turn, options: SonnetOptions) -> None:
    """Answer `/sonnet`, showing the poem line by line."""
    async with app.answering(turn, ACTION):
        try:
            options = checked(options)
        except UserError as error:
            typed = await app.filtered(options.as_typed(), turn.community_id)
            error.text = with_echo(error.text, typed)
            raise
        request = options.request
        if not await app.allows(request.about, turn.community_id):
            raise UserError(_("The bot won't write about that; try something else."))
        if not await app.allows(f"{request.about}, {request.opening}", turn.community_id):
            raise UserError(_("The bot won't begin a poem with those words; try others."))
        another = await _another_button(app, turn, options)
        await turn.defer(retry=another)
        poem = write(app, turn, options, another)

        def broken_off(shown: Message, reason: Text) -> Message:
            return with_reason(shown, reason, another)

        await stream(app, turn, poem, app.edit_interval, broken_off)


async def another(app: App, turn: Turn, state: str) -> None:
    """Answer the button for another poem with the same options."""
    await sonnet(app, turn, await _options_of(app, turn, state))


async def about(app: App, turn: Turn, state: str) -> None:
    """Answer the button for a poem about a name that has won."""
    await check_winner(app, turn, state)
    await sonnet(app, turn, SonnetOptions(SonnetRequest(about=state)))


def checked(options: SonnetOptions) -> SonnetOptions:
    """Validate options. Returns them cleaned.

    Checks lengths before processing any text. Raises `UserError`.
    """
    request, name = options.request, options.request.about
    if len(name) > 2 * LONGEST_NAME or len(name := " ".join(name.split())) > LONGEST_NAME:
        raise UserError(
            _(
                "A subject or name can have at most {limit} characters, and yours has {count}. To "
                "begin the poem with more words, use {option}."
            ),
            limit=LONGEST_NAME,
            count=len(name),
            option=command("opening:"),
        )
    # Line ends of two characters count once.
    is_long = len(request.opening) > 2 * OPENING_LIMIT
    opening = request.opening if is_long else unify_newlines(request.opening)
    if len(opening) > OPENING_LIMIT:
        raise UserError(
            _(
                "An opening can have at most {limit} characters, and yours has {count}. Try just "
                "its first line."
            ),
            limit=OPENING_LIMIT,
            count=len(opening),
        )
    if options.temperature:
        temperature = temperature_of(options.temperature, TEMPERATURES)
        request = replace(request, temperature=temperature)
    check_temperature(request.temperature)
    if request.form not in FORMS:
        raise UserError(
            _("The form can be {forms}; pick one of the suggestions."),
            forms=codes([*map(technical, FORMS)], either=True),
        )
    name, opening = without_bidi_controls(name), without_bidi_controls(opening)
    if _ENDS_IN_ADDRESS.search(opening) and len(opening) < OPENING_LIMIT:
        opening += " "  # else letters would be added to it
    return SonnetOptions(replace(request, opening=opening if opening.strip() else "", about=name))


async def write(
    app: App, turn: Turn, options: SonnetOptions, another: Button | None
) -> AsyncGenerator[Message, None]:
    """Generate a poem. Yields the whole message after each line. Raises inference errors."""
    particles = app.inference.particles
    request = replace(
        options.request,
        seed=secrets.randbelow(2**32),
        particles=particles,
        known=creature_words(f"{options.request.about} {options.request.opening}"),
    )
    words = await app.filters.of(turn.community_id)
    async with aclosing(write_poem(app.inference, request, words, caller_of(app, turn))) as written:
        async for poem in written:
            message = poem_message(options, poem, words)
            if poem.draft.finished:
                buttons = await _buttons(app, turn, message, another)
                details = details_buttons(typed_state(options.as_typed()))
                message = replace(message, buttons=(*buttons, *details))
            yield message


def poem_message(options: SonnetOptions, poem: WrittenLines, words: WordFilter) -> Message:
    """A poem so far, without buttons."""
    form = FORMS[options.request.form]
    lines = tuple(_in_stanzas(poem.lines, form))
    embed = Embed(
        title=spaced([technical("📜"), _title(form, poem.draft, words)]),
        lines=lines if poem.draft.finished else (*lines, WRITING),
        footer=_footer(options, words),
        tone=Tone.VERSE,
    )
    return Message(embeds=(embed,))


def _title(form: Form, draft: SonnetDraft, words: WordFilter) -> Phrase:
    """The form, and what the poem is about: as the member typed it, or as it was drawn."""
    request, title, drawn = draft.request, _(form.title), draft.subject.words
    if request.about and drawn:
        about = request.about.rstrip(".,;: ") or request.about
        if not _reads_as_noun(about):
            return _("{form} on “{words}”").format(form=title, words=words.filtered(about))
        return _("{form} on {subject}").format(form=title, subject=words.filtered(about))
    if request.opening:  # what it is about, its words would not say in good English
        return title
    subject = words.filtered(drawn[0], NOTHING) if drawn else NOTHING
    return _("{form} on {subject}").format(form=title, subject=subject) if subject else title


UNCOUNTED = frozenset(
    re.findall(
        "[a-z]+",
        """absence age anger beauty childhood darkness death fame fear fire gold grass heaven hell
        home honour hope hunger jealousy joy light love memory money music night patience peace
        poetry pride prison silence sleep sorrow spring summer time truth war winter work youth""",
    )
)
"""Nouns without an article, besides the listed subjects."""


def _reads_as_noun(words: str) -> bool:
    """Whether a member's words can follow *on*: *the sea*, *Rex*, *exams*; not *server*, *why*."""
    first, *others = re.split("[ '’]", words)
    if first.startswith(('"', "“")) or not any(map(str.isalpha, words)):
        return True
    if fold(first) in CLOSED:
        return bool(others) and fold(first) in DETERMINERS
    is_plural = len(others) < 2 and fold(words).endswith("s")
    is_known = fold(words) in listed_subjects() or fold(words) in UNCOUNTED
    return first[:1].isupper() or is_plural or is_known


def with_reason(shown: Message, reason: Text, another: Button | None) -> Message:
    """A poem that cannot be finished: its lines so far, and the reason."""
    (embed,) = shown.embeds
    lines = [line for line in embed.lines if line != WRITING]
    if lines and lines[-1]:
        lines.append(())
    return replace(
        shown,
        embeds=(replace(embed, lines=(*lines, reason), tone=Tone.TROUBLE),),
        buttons=(another,) if another is not None else (),
    )


async def _options_of(app: App, turn: Turn, state: str) -> SonnetOptions:
    """The options of a button. Raises `UserError`."""
    options = SonnetOptions.from_state(await expand(app, turn, state))
    if options.request.form not in FORMS:
        raise _outdated()
    return options


def _outdated() -> UserError:
    return UserError(_("The opening of this poem can't be read any more; use /sonnet instead."))


async def _another_button(app: App, turn: Turn, options: SonnetOptions) -> Button | None:
    """The button for another poem; `None` if its state cannot be stored."""
    state = await shorten(app, turn, ACTION, options.to_state())
    return Button(_("Another"), ACTION, state, emoji="🪶") if state is not None else None


async def _buttons(app: App, turn: Turn, finished: Message, another: Button | None) -> list[Button]:
    """The buttons below a poem. Keep is left out if the database does not answer."""
    (embed,) = finished.embeds
    body = "\n".join("".join(getattr(span, "text", "") for span in line) for line in embed.lines)
    state = await try_to_save(app, turn, {"title": to_json(embed.title), "text": body.strip()})
    buttons = [another] if another is not None else []
    return [*buttons, keep_button(state)] if state is not None else buttons


def _in_stanzas(lines: Sequence[Showable], form: Form) -> Iterator[Text]:
    """The lines, with an empty one after each stanza."""
    for number, line in enumerate(lines, start=1):
        yield text(line) if line else ()
        if number in form.stanza_ends:
            yield ()


def _footer(options: SonnetOptions, words: WordFilter) -> Phrase:
    """The words that a poem was asked for with, for readers: no button depends on it."""
    request = options.request
    parts = []
    if request.about:
        parts.append(_("About {name}").format(name=words.filtered(request.about)))
    if request.opening:
        parts.append(_("From “{opening}”").format(opening=words.filtered(request.opening)))
    return spaced(parts, " · ")


def explain_no_line(_error: NoLineFound) -> Text:
    """The sentence for a poem that cannot go on."""
    return text(
        _(
            "The bot couldn't find a next line that's new and passes the word filter. Try again, "
            "or try another opening."
        )
    )


def _options(temperature: str = "", **typed: object) -> SonnetOptions:
    request = SonnetRequest(**typed)  # type: ignore[arg-type]  # as declared below
    return SonnetOptions(request, temperature)


SONNET = Command(
    "sonnet",
    _("Write a sonnet, a limerick or another poem, starting from your own words."),
    sonnet,
    (
        Option(
            "opening",
            _("First words, for example: Shall I compare thee (default: the bot begins)"),
            most=OPENING_LIMIT,
            is_main=True,
        ),
        Option(
            "form",
            _("Form of the poem (default: a Shakespearean sonnet)"),
            choices=tuple(Choice(_(form.description), form.name) for form in FORMS.values()),
        ),
        temperature_option(),
        Option(
            "about",
            _("A subject, such as the sea, or pick today's champion from the suggestions"),
            most=LONGEST_ENTRY,
            suggest=always(suggest_names),
        ),
    ),
    _options,
    examples=(
        (
            _("/sonnet opening:Shall I compare thee"),
            _("writes a sonnet that begins with those words."),
        ),
        (technical("/sonnet about:Mangosaurus"), _("writes a sonnet about a name.")),
        (_("/sonnet about:the sea"), _("writes a sonnet on a subject.")),
    ),
    is_costly=True,
)

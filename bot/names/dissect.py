"""`/dissect`: shows how the network chooses each letter of a name, or each word of a line.

A typed text of several words is a line of verse if the network for verse knows most of them.
Everything else is a name, and so is what a button stands for, with or without spaces.
"""

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from bot.chat.app import App
from bot.chat.button_states import fits, load_state
from bot.chat.commands import Choice, Command, Option, always, within_limits
from bot.chat.dispatch import caller_of
from bot.chat.message import Button, Embed, File, Message, Tone, UserError, with_pictures
from bot.chat.translation import _, ngettext
from bot.chat.turn import Limits, Turn
from bot.creatures.labels import meaning_sentence
from bot.names import autocomplete
from bot.names.custom_model_choice import NamesModel, dinosaurs, of_button, ready
from bot.names.names import more_like
from bot.pictures.dissection import line_picture, picture
from bot.polls.hall_of_fame import Winners, answer_with
from bot.polls.plates import show_dinosaur
from bot.polls.poll_message import DISSECT, shown_poll
from bot.polls.queries import Polls
from bot.store import Unavailable
from bot.text.formats import bracketed, cut, human_join, odds, percent, shortened, spaced
from bot.text.spans import Text, emphasis, plain, strong, text
from bot.text.technical import technical
from bot.text.written import already_filtered
from bot.words import WordFilter
from data.corpora import LONGEST_NAME
from data.phrases import NOTHING, Showable
from data.text import clean_name
from data.tokens import is_word
from models.names.capitalization import format_name
from models.names.dissection import Dissection, LetterChoice
from models.names.generator import NamesRequest
from models.networks.vocabulary import END
from models.verse.dissection import (
    MAX_TOKENS,
    MIN_WORDS,
    LineDissection,
    LineTooLong,
    NoWordNetwork,
    WordChoice,
)
from models.weights import ModelCard

PICTURE, LINE_PICTURE = technical("dissection.png"), technical("line.png")


_OF_CUSTOM_MODEL = re.compile(r"#(?P<id>\d{1,18}):(?P<rest>.*)", re.DOTALL)
_POLL = re.compile(r"@poll:(\d{1,19})")
_STORED = re.compile(r"@\d{1,19}")
_TOLERANCE = 0.4
"""Difference from the usual surprise that still counts as usual, in nats per letter."""


@dataclass(frozen=True)
class DissectOptions:
    """Options of `/dissect`."""

    name: str


async def dissect(app: App, turn: Turn, options: DissectOptions) -> None:
    """Answer `/dissect`."""
    typed = options.name
    async with app.answering(turn, DISSECT):
        await _check_length(app, turn, typed)
        if not await app.allows(typed, turn.community_id):
            raise _refused()
        await answer_with(app, turn, _dissected_text(app, turn, typed))


async def press(app: App, turn: Turn, state: str) -> None:
    """Answer the Dissect button: ask which name, if the message has several."""
    custom_model_id, names = await names_of(app, turn, state)
    if not names:
        raise UserError(_("The bot can't read these names any more; use /dissect instead."))
    if len(names) == 1:
        await _check_length(app, turn, names[0])
        async with app.answering(turn, DISSECT):
            await answer_with(app, turn, _dissected(app, turn, names[0], custom_model_id))
    else:
        await turn.respond(question(names, custom_model_id, turn.platform.limits))


async def suggest(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest real names; several words as they are first, because they may be a line."""
    words = await app.filters.of(turn.community_id)
    choices = await asyncio.to_thread(_suggestions, typed, app.inference.genera, words)
    return within_limits(choices, turn.platform.limits)


async def names_of(app: App, turn: Turn, state: str) -> tuple[int | None, Sequence[Showable]]:
    """The custom model and the names of a button. Raises `UserError`, `Unavailable`.

    The state is a name, or refers to a poll or a stored list of names. The prefix `#12:` stands for
    a custom model.
    """
    match = _OF_CUSTOM_MODEL.fullmatch(state)
    custom_model_id = int(match["id"]) if match else None
    rest = match["rest"] if match else state
    if found := _POLL.fullmatch(rest):
        number = int(found[1])
        poll = await shown_poll(app, number) if number < 2**63 else None
        is_here = poll is not None and poll.community_id == turn.community_id
        return custom_model_id, [*poll.standing.values()] if poll and is_here else ()
    if _STORED.fullmatch(rest):
        stored = (await load_state(app, turn, rest)).get("names")
        return custom_model_id, [already_filtered(str(n)) for n in stored] if isinstance(
            stored, list
        ) else ()
    return custom_model_id, [already_filtered(rest)] if rest else ()


def question(names: Sequence[Showable], custom_model_id: int | None, limits: Limits) -> Message:
    """Ask which of several names to dissect."""
    prefix = f"#{custom_model_id}:" if custom_model_id is not None else ""
    states = {name: prefix + name for name in names}
    buttons = tuple(
        Button(shortened(name, limits.button_label), DISSECT, state)
        for name, state in states.items()
        if fits(limits, DISSECT, state)
    )
    return Message(content=text(_("Which one?")), buttons=buttons, private=True)


def _suggestions(typed: str, names: Sequence[str], words: WordFilter) -> list[Choice]:
    line = " ".join(typed[: 2 * LONGEST_NAME].split())
    choices = autocomplete.whole_names(typed, names, words)
    if len(line.split()) >= MIN_WORDS and len(line) <= LONGEST_NAME:
        choices[:0] = [Choice(shown, line) for shown in [words.filtered(line, NOTHING)] if shown]
    return choices


async def _check_length(app: App, turn: Turn, typed: str) -> None:
    if len(typed) > LONGEST_NAME:
        raise UserError(
            _("That has {count} characters, but the bot can dissect at most {limit}: “{name}”"),
            limit=LONGEST_NAME,
            count=len(typed),
            name=await app.filtered(cut(typed, 2 * LONGEST_NAME), turn.community_id),
        )


def _refused() -> UserError:
    return UserError(_("The bot won't dissect that; try another name."))


def _of_others(namer: Showable, turn: Turn) -> UserError:
    """The error for a shared custom model. The likely letters of a short list spell its names."""
    return UserError(
        _(
            "Another {community} trained {namer} and keeps its list private, so names from this "
            "namer can only be dissected there."
        ),
        namer=namer,
        community=turn.platform.terms.community,
    )


async def _dissected_text(app: App, turn: Turn, typed: str) -> Winners:
    """The dissection of a line of verse, or else of a name."""
    if len(typed.split()) >= MIN_WORDS:
        words = await app.filters.of(turn.community_id)
        line = await app.inference.dissect_line(typed, caller_of(app, turn, words.allows))
        if line is not None:
            png = await app.renderer.picture(line_picture, line)
            return Winners(line_message(line, png))
    return await _dissected(app, turn, typed, None)


async def _dissected(app: App, turn: Turn, name: str, custom_model_id: int | None) -> Winners:
    for spelling in (name, clean_name(name)):
        if not await app.allows(spelling, turn.community_id):
            raise _refused()
    model = dinosaurs(app)
    if custom_model_id is not None:
        record = await of_button(app, turn, custom_model_id)
        if not record.shows_list_to(turn.community_id):
            raise _of_others(await app.filtered(record.name, turn.community_id), turn)
        model = await ready(app, turn, record)
    caller = caller_of(app, turn)
    dissection = await app.inference.dissect(name, model.trained, caller)
    words = await app.filters.of(turn.community_id)
    removed = await app.removals.of(turn.community_id)
    nearest = tuple(n for n in dissection.nearest if words.allows(n) and n not in removed)
    dissection = replace(dissection, nearest=nearest)
    title = already_filtered(format_name(model.card, dissection.name))
    png = await app.renderer.picture(picture, dissection, title)
    language = await turn.language()
    meaning = meaning_sentence(dissection.name, dissection.parts)
    if not words.allows_phrase(plain(meaning, language)):
        meaning = ()
    message = dissection_message(dissection, meaning, png, model, turn.platform.limits)
    if custom_model_id is not None or turn.community_id is None:
        return Winners(message)
    with suppress(Unavailable):
        if await app.store[Polls].has_dinosaur(turn.community_id, dissection.name) is not None:
            return Winners(message, names=(dissection.name,))
    return Winners(message)


def dissection_message(
    dissection: Dissection, meaning: Text, png: bytes | None, model: NamesModel, limits: Limits
) -> Message:
    """The picture of a dissection, the name's meaning, and buttons for similar names."""
    card, is_list = model.card, model.record is not None
    title = already_filtered(format_name(card, dissection.name))
    others = [
        already_filtered(format_name(card, name))
        for name in dissection.nearest
        if name != dissection.name
    ]
    near = _("Nearest on the list: {names}.") if is_list else _("Nearest real genera: {names}.")
    lines = [
        *([meaning] if meaning else ()),
        *([text(near, names=human_join(others))] if others else ()),
        *_plausibility(dissection, usual_surprise(card), is_list=is_list),
        text(emphasis(_("Brighter means more likely. The letter used is boxed."))),
    ]
    embed = Embed(
        title=spaced([technical("🔬"), title]),
        lines=tuple(lines),
        tone=Tone.NAMES,
    )
    shown = () if is_list else show_dinosaur(title, limits)
    message = Message(embeds=(embed,), buttons=(*shown, *_more_like(dissection, model, limits)))
    file = File(PICTURE, png, description(dissection, title)) if png else None
    return with_pictures(message, file)


def description(dissection: Dissection, name: Showable) -> Showable:
    """Alternative text of the picture."""
    return _("How likely each letter of {name} was: {letters}.").format(
        name=name,
        letters=spaced([*map(_choice, dissection.letters)], " · "),
    )


def mean_surprise(dissection: Dissection) -> float:
    """Mean −ln p of the letters and the end of a name, in nats."""
    total = sum(-math.log(max(choice.probability, 1e-12)) for choice in dissection.letters)
    return total / len(dissection.letters)


def usual_surprise(card: ModelCard) -> float | None:
    """Mean −ln p of new real names, in nats per letter; `None` if it was not measured."""
    return card.held_out if card.held_out is not None else card.validation


def _choice(choice: LetterChoice) -> Showable:
    """`m 5% (a 9%)`."""
    own = spaced([_letter(choice.letter), percent(choice.probability)])
    likeliest, probability = choice.alternatives[0]
    if likeliest == choice.letter:
        return own
    return bracketed(own, spaced([_letter(likeliest), percent(probability)]))


def _letter(letter: str) -> Showable:
    # TRANSLATORS: The end of a name, in a list of letters with how likely each was: m 5%, end 9%.
    return _("end") if letter == END else already_filtered(letter)


def _plausibility(dissection: Dissection, usual: float | None, *, is_list: bool) -> Iterator[Text]:
    """Whether a name is known, or as plausible as those that are; nothing if none was measured."""
    surprise = mean_surprise(dissection)
    known, less, more, about = _OF_LIST if is_list else _OF_DINOSAURS
    if dissection.name in dissection.nearest:
        yield text(known)
    elif usual is None:
        return
    elif surprise > usual + _TOLERANCE:
        yield text(less)
    elif surprise < usual - _TOLERANCE:
        yield text(more)
    else:
        yield text(about)


_OF_LIST = (
    _("This name is on the list."),
    _("Less plausible than a name on the list."),
    _("More plausible than a name on the list."),
    _("About as plausible as a name on the list."),
)
_OF_DINOSAURS = (
    _("This is a real dinosaur."),
    _("Less plausible than a real dinosaur."),
    _("More plausible than a real dinosaur."),
    _("About as plausible as a real dinosaur."),
)
"""Sentences on a name that is known, and on one that is less, more or as plausible."""


def _more_like(dissection: Dissection, model: NamesModel, limits: Limits) -> Iterator[Button]:
    """Buttons for names with the same beginning, and with the same ending."""
    name, parts = dissection.name, dissection.parts
    beginning = parts[0].letters if parts and name.startswith(parts[0].letters) else name[:4]
    if len(beginning) < len(name) and not any(letter * 3 in beginning for letter in beginning):
        label = _("More {letters}").format(
            letters=already_filtered(f"{format_name(model.card, beginning)}…")
        )
        yield from more_like(limits, NamesRequest(starts_with=beginning), label, model.record)
    if parts and name.endswith(parts[-1].letters) and len(parts[-1].letters) < len(name):
        label = _("More {letters}").format(letters=already_filtered(f"…{parts[-1].letters}"))
        request = NamesRequest(ends_with=parts[-1].letters)
        yield from more_like(limits, request, label, model.record)


def line_message(dissection: LineDissection, png: bytes | None) -> Message:
    """The picture of a line's dissection, and its least expected word."""
    lines = [_least_expected(dissection)]
    if unknown := dissection.unknown:
        sentence = ngettext(
            "The network has never read this word: {words}.",
            "The network has never read these words: {words}.",
            len(unknown),
        )
        lines.append(text(sentence, words=human_join([*map(already_filtered, unknown)])))
    how = _(
        "The network read this as the first line of a poem. Brighter means more likely. The "
        "word used is boxed."
    )
    embed = Embed(
        title=spaced([technical("🔬"), already_filtered(dissection.line)]),
        lines=(*lines, text(emphasis(how))),
        tone=Tone.VERSE,
    )
    file = File(LINE_PICTURE, png, line_description(dissection)) if png else None
    return with_pictures(Message(embeds=(embed,)), file)


def line_description(dissection: LineDissection) -> Showable:
    """Alternative text of the picture."""
    return _("How likely each word of “{line}” was: {words}.").format(
        line=already_filtered(dissection.line),
        words=spaced([*map(_word_choice, dissection.words)], " · "),
    )


def _least_expected(dissection: LineDissection) -> Text:
    """The least likely of the known words."""
    known = [(c.token, c.probability) for c in dissection.words if c.probability is not None]
    words = [(max(p, 1e-12), token) for token, p in known if is_word(token)]
    probability, least_likely = min(words)
    return text(
        _("The most surprising word is {word} ({odds})."),
        word=strong(already_filtered(least_likely)),
        odds=odds(probability),
    )


def _word_choice(choice: WordChoice) -> Showable:
    """`shall 1 in 210 (and 14%)`."""
    chance = _("unknown") if choice.probability is None else odds(choice.probability)
    own = spaced([_token(choice.token), chance])
    likeliest, probability = choice.alternatives[0]
    if likeliest == choice.token:
        return own
    return bracketed(own, spaced([_token(likeliest), odds(probability)]))


def _token(token: str) -> Showable:
    # TRANSLATORS: The end of a line of verse, in a list of words with how likely each was.
    return _("end of the line") if token == END else already_filtered(token)


def explain_long_line(error: LineTooLong) -> Text:
    """The sentence for a line that is too long to dissect."""
    return text(
        _(
            "Your line has {tokens} words and punctuation marks, and the limit is {limit}. Try a "
            "shorter one."
        ),
        limit=MAX_TOKENS,
        tokens=error.tokens,
    )


def explain_letters(_error: NoWordNetwork) -> Text:
    """The sentence for a line that the live network would write letter by letter."""
    return text(
        _(
            "The bot writes verse letter by letter at the moment, so it can't show the words of a "
            "line. Try a name, for example Mangosaurus."
        )
    )


DISSECT_COMMAND = Command(
    "dissect",
    _("See how the network chooses each letter of a name, or each word of a line of verse."),
    dissect,
    (
        Option(
            "name",
            _("A dinosaur, real or invented (for example Mangosaurus), or a line of a poem"),
            is_required=True,
            most=LONGEST_NAME,
            suggest=always(suggest),
            is_main=True,
        ),
    ),
    DissectOptions,
    examples=(
        (technical("/dissect name:Mangosaurus"), _("shows how likely each letter is.")),
        (
            technical("/dissect name:Shall I compare thee to a summer's day"),
            _("shows how likely each word of a line is."),
        ),
    ),
    is_costly=True,
)

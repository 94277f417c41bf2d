"""`/dinoname` and `/name`: generated names, with a poll on them."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from functools import partial

from bot.chat.app import App
from bot.chat.button_states import expand, fits, shorten, try_to_save
from bot.chat.commands import (
    Choice,
    Command,
    Kind,
    Option,
    Suggestions,
    Typed,
    main_option,
    within_limits,
)
from bot.chat.details import typed_state
from bot.chat.dispatch import caller_of, respond_or_leave
from bot.chat.errors import other_version
from bot.chat.message import Button, Message, UserError
from bot.chat.received import stored_number
from bot.chat.translation import _, joined
from bot.chat.turn import Limits, Turn
from bot.concurrency import in_time
from bot.names import autocomplete
from bot.names.custom_model_choice import NamesModel, dinosaurs, list_of, of_button, ready
from bot.names.name_options import (
    LEAST_OPEN,
    LONGEST_TYPED,
    MOST_GIVEN,
    MOST_NAMES,
    TAMEST_OF_OTHERS,
    NamesOptions,
    as_read,
    checked,
    dropped_from,
    from_state,
    is_for_others,
    pieces_of,
    temperature_option,
    to_state,
    with_request,
)
from bot.polls.plates import strip_of
from bot.polls.poll_message import (
    DISSECT,
    MORE,
    MORE_OF_CUSTOM_MODEL,
    buttons_of,
    more_button,
    names_message,
    poll_message,
)
from bot.polls.queries import NoNameLeft, PollRecord, Polls, TooManyPolls
from bot.polls.votes import Candidates, open_poll, too_many
from bot.store import Unavailable
from bot.text.spans import Text, code, strong, text
from bot.text.technical import technical
from bot.trainer.queries import CustomModelRecord
from bot.training import usable_models
from bot.training.usable_models import LONGEST_CHOICE, choose
from bot.words import WordFilter
from bot.writing.filtered import write_names
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.phrases import NOTHING, Phrase, Showable
from data.text import clean_name
from models.names.constraints import LONGEST_NAME, SHORTEST_NAME, clean_piece, shape_of
from models.names.generator import NamesRequest
from models.names.problems import NamesError

LookUp = Callable[[], Awaitable[CustomModelRecord | None]]
"""Returns the custom model of a request; `None` for dinosaurs."""

_PLACES = (str.startswith, str.__contains__, str.endswith)


async def names(app: App, turn: Turn, options: NamesOptions) -> None:
    """Answer `/dinoname`, or `/name` if the options have a custom model."""
    typed = options.custom_model

    async def look_up() -> CustomModelRecord | None:
        return await choose(app, turn, typed) if typed is not None else None

    await _answer(app, turn, options, look_up)


async def more(app: App, turn: Turn, state: str) -> None:
    """Answer the More button of `/dinoname`."""
    await names(app, turn, NamesOptions(from_state(await expand(app, turn, state))))


async def more_of_custom_model(app: App, turn: Turn, state: str) -> None:
    """Answer the More button of `/name`."""
    digits, _colon, rest = (await expand(app, turn, state)).partition(":")
    number = stored_number(digits)
    if number is None:
        raise other_version(technical("/dinoname or /name"))
    options = NamesOptions(from_state(rest), f"#{number}")
    await _answer(app, turn, options, lambda: of_button(app, turn, number))


def more_like(
    limits: Limits, request: NamesRequest, label: Showable, record: CustomModelRecord | None
) -> Iterator[Button]:
    """A button for another request, if that fits in its id."""
    state = _more_state(request, record)
    if fits(limits, MORE if record is None else MORE_OF_CUSTOM_MODEL, state):
        yield more_button(state, label, of_custom_model=record is not None)


async def suggest_letters(
    app: App, turn: Turn, typed: str, option: str, custom_model: str | None = None
) -> list[Choice]:
    """Suggestions for `starts_with`, `ends_with` or `contains`.

    None for a custom model that is not loaded, as typing would load one with each letter, and for
    one of another community.

    Raises `UserError` for an unknown custom model, and `Unavailable`.
    """
    names = dinosaurs(app).words
    if custom_model is not None:
        record = await choose(app, turn, custom_model)
        loaded = app.custom_models.loaded_one(record)
        names = list_of(record, loaded, turn.community_id) if loaded is not None else ()
        if not names:
            return []
    words = await app.filters.of(turn.community_id)
    choices = await asyncio.to_thread(
        autocomplete.letters, option, typed, names, words, meanings=custom_model is None
    )
    return within_limits(choices, turn.platform.limits)


async def _answer(app: App, turn: Turn, options: NamesOptions, look_up: LookUp) -> None:
    action = MORE if options.custom_model is None else MORE_OF_CUSTOM_MODEL
    async with app.answering(turn, action):
        try:
            options = checked(options)
        except UserError as error:
            words = await app.filters.of(turn.community_id)
            error.text = await with_request(error.text, options, words)
            raise

        async def defer() -> None:
            retry = None
            if options.custom_model is None:  # else its number is not known yet
                retry = next(more_like(turn.platform.limits, options.request, NOTHING, None), None)
            await turn.defer(retry=retry)

        message, poll = await in_time(
            _message(app, turn, options, action, look_up), app.patience_s, on_delay=defer
        )
        sent = await respond_or_leave(turn, message)
        if poll is not None and sent is not None:
            with suppress(Unavailable):
                await app.store[Polls].sent(poll.id, sent.message_id)


async def _message(
    app: App, turn: Turn, options: NamesOptions, action: str, look_up: LookUp
) -> tuple[Message, PollRecord | None]:
    """Generate names, and open a poll on them if possible. `action`: of the button for more."""
    record = await look_up()
    model = dinosaurs(app) if record is None else await ready(app, turn, record)
    if record is not None:
        options = replace(options, custom_model=record.name)
    words = await app.filters.of(turn.community_id)
    await _check_open(turn, options, model, words)
    await _check_letters(options.request, model, words)
    candidates = await _generate(app, turn, options, model, words)
    more_state = await shorten(app, turn, action, _more_state(options.request, record))
    note = joined(candidates.note, _why_no_poll(turn))
    candidates = replace(candidates, more_state=more_state or "", note=note)
    try:
        poll = await open_poll(app, turn, candidates)
    except NoNameLeft as error:  # a moderator has removed them while they were written
        raise UserError(*await with_request(_nothing_found(), options, words)) from error
    except TooManyPolls as limit:
        poll, candidates = None, replace(candidates, note=joined(note, too_many(limit)))
    except Unavailable:  # logged where it is raised
        reason = _("There's no poll this time, because the database isn't answering.")
        poll, candidates = None, replace(candidates, note=joined(note, reason))
    if poll is None:
        message = await _without_poll(app, turn, candidates)
    else:
        candidates = replace(candidates, names=poll.names)
        message = poll_message(poll, turn.platform.limits)
    return await _with_strip(app, turn, message, candidates), poll


async def _check_letters(request: NamesRequest, model: NamesModel, words: WordFilter) -> None:
    """Raise `UserError` for letters that the word filter refuses."""
    has_letters = any(pieces_of(request))
    if has_letters and not await asyncio.to_thread(is_fit, request, model, words):
        raise UserError(_("The bot won't write names like that; try other letters."))


def _why_no_poll(turn: Turn) -> Showable:
    """The reason why names get no poll where they are shown; empty if they may get one."""
    if not turn.can_admit_bot:
        return _("There's no poll, because apps can't join conversations between members.")
    if turn.sees_channel or turn.community_id not in turn.platform.communities:
        return NOTHING
    reason = _("There's no poll, because the bot can't see this channel.")
    return joined(reason, turn.platform.terms.access)


async def _without_poll(app: App, turn: Turn, candidates: Candidates) -> Message:
    """Names on which nobody votes."""
    dissect_state = None
    if candidates.is_dissectable:
        dissect_state = await _dissect_state(app, turn, candidates)
    is_of_custom_model = candidates.custom_model_id is not None
    return names_message(
        [text(strong(name)) for name in candidates.names],
        custom_model=candidates.custom_model,
        note=candidates.note,
        buttons=buttons_of(
            candidates.more_state,
            dissect_state,
            candidates.details,
            of_custom_model=is_of_custom_model,
        ),
    )


async def _with_strip(app: App, turn: Turn, message: Message, candidates: Candidates) -> Message:
    """A message with the creatures of its names, if they are dinosaurs and the bot has time."""
    if candidates.custom_model is not None or not turn.attaches_files:
        return message
    strip = await strip_of(app, turn.community_id, candidates.names)
    return replace(message, files=(strip,), files_stay=True) if strip is not None else message


async def _generate(
    app: App, turn: Turn, options: NamesOptions, model: NamesModel, words: WordFilter
) -> Candidates:
    """Generate names. Raises `UserError` if none meets the request, and inference errors."""
    request = replace(options.request, seed=secrets.randbelow(2**32))
    caller = caller_of(app, turn)
    removals = app.removals.unwritten if model.record is None else app.removals.of
    removed = await removals(turn.community_id)
    try:
        written = await write_names(
            app.inference, request, words, caller, model.trained, removed=removed
        )
    except NamesError as error:
        reason = _nothing_found()
        if model.shows_list:
            reason = text(error.sentence.phrase(words.filtered))
        raise UserError(*await with_request(reason, options, words)) from error
    note: Showable = NOTHING
    if (short := written.shortfall) is not None:
        sentence = short.sentence if model.shows_list else short.found_sentence
        note = sentence.phrase(words.filtered)
    if not written.names:
        reason = text(note) if model.shows_list else _nothing_found()
        raise UserError(*await with_request(reason, options, words))
    record = model.record
    if record is None and (dropped := dropped_from(request)):
        left_out = _(
            "Dinosaur names can only have letters from A to Z, so the bot left out {characters}."
        )
        note = joined(note, left_out.format(characters=words.filtered(dropped)))
    return Candidates(
        names=written.names,
        note=note,
        details=typed_state(options.as_typed()),
        custom_model_id=record.id if record is not None else None,
        custom_model=words.filtered(record.name) if record is not None else None,
        is_dissectable=model.shows_list,
    )


def _nothing_found() -> Text:
    """The answer for members of other communities: any reason would tell about the list."""
    return text(_("The bot couldn't find a new name. Ask for different letters, or fewer."))


async def _check_open(
    turn: Turn, options: NamesOptions, model: NamesModel, words: WordFilter
) -> None:
    """Raise `UserError` for a request that would tell what is on another community's list."""
    request = options.request
    if model.shows_list or model.record is None or model.trained is None:
        return
    if not is_for_others(request):
        raise UserError(
            _(
                "Another {community} trained {namer} and keeps its list private. Here, ask for at "
                "most {most} letters, leave at least {least} for the bot to choose, and set "
                "{option} to {low:g} or more."
            ),
            community=turn.platform.terms.community,
            namer=words.filtered(model.record.name),
            most=MOST_GIVEN,
            least=LEAST_OPEN,
            option=code(technical("temperature")),
            low=TAMEST_OF_OTHERS,
        )
    letters = sum(map(len, pieces_of(as_read(request, latin=False))))
    if (
        request.length is None
        and letters + LEAST_OPEN > shape_of(model.trained).longest
        and letters
    ):
        raise UserError(*await with_request(_nothing_found(), options, words))


def _more_state(request: NamesRequest, record: CustomModelRecord | None) -> str:
    state = to_state(as_read(request, latin=record is None))
    return state if record is None else f"{record.id}:{state}"


async def _dissect_state(app: App, turn: Turn, candidates: Candidates) -> str | None:
    """The state of the Dissect button on a message without a poll."""
    number = candidates.custom_model_id
    prefix = f"#{number}:" if number is not None else ""
    if len(candidates.names) == 1 and fits(
        turn.platform.limits, DISSECT, prefix + candidates.names[0]
    ):
        return prefix + candidates.names[0]
    reference = await try_to_save(app, turn, {"names": candidates.names})
    return prefix + reference if reference is not None else None


def is_fit(request: NamesRequest, model: NamesModel, words: WordFilter) -> bool:
    """Whether the word filter allows the letters of a request. Slow; call it in a thread.

    Blocked letters are allowed if a name that the model was trained on has them in the same place,
    for example *tit* in *Titanosaurus*. Combinations of the letters are checked as well.
    """
    for pieces in _readings(request, model):
        real = tuple(
            any(place(name, piece.lower()) for name in model.words) if piece else True
            for piece, place in zip(pieces, _PLACES, strict=True)
        )
        if not all(
            is_real or words.allows(piece) for piece, is_real in zip(pieces, real, strict=True)
        ):
            return False
        if not all(words.allows(name) for name in _completed(pieces, model, real)):
            return False
    return True


def _readings(request: NamesRequest, model: NamesModel) -> Iterator[tuple[str, ...]]:
    """The letters as typed, and as the network reads them."""
    pieces = pieces_of(request)
    yield pieces
    yield tuple(map(clean_name, pieces))
    if model.record is not None:
        yield tuple(
            clean_piece(piece, model.card.symbols, ends=place is str.endswith)
            for piece, place in zip(pieces, _PLACES, strict=True)
        )


def _completed(pieces: tuple[str, ...], model: NamesModel, real: tuple[bool, ...]) -> Iterator[str]:
    """Names that the letters may be part of, except what is a part of a real name."""
    starts, contains, ends = pieces
    together = "".join(pieces)
    if model.record is not None:
        if together not in pieces:
            yield together
        return
    starts_real, contains_real, ends_real = real
    if not starts_real:
        yield f"{starts}saurus"
    if not contains_real:
        yield f"mega{contains}saurus"
    if not ends_real:
        yield f"mega{ends}"
    if together not in pieces:
        yield f"{starts or 'mega'}{contains}{ends or 'saurus'}"


def _dinoname(temperature: str = "", **typed: object) -> NamesOptions:
    request = NamesRequest(**typed)  # type: ignore[arg-type]  # as declared below
    return NamesOptions(request, temperature=temperature)


def _name(namer: str, **typed: object) -> NamesOptions:
    return replace(_dinoname(**typed), custom_model=namer)  # type: ignore[arg-type]


def _letters(name: str, description: Phrase, *, of_namer: bool = False) -> Option:
    """An option for letters of a name, which suggests those of the names that are learned."""

    def suggest(typed: Typed) -> Suggestions:
        chosen = typed.get("namer", "") if of_namer else None
        return partial(suggest_letters, option=name, custom_model=chosen)

    return Option(name, description, most=LONGEST_TYPED, suggest=suggest)


_COUNT = Option("count", _("Number of names (default 5)"), Kind.INTEGER, least=1, most=MOST_NAMES)
_TEMPERATURE = temperature_option()
DINONAME = Command(
    "dinoname",
    _("Name new dinosaurs."),
    names,
    (
        _COUNT,
        _letters("starts_with", _("First letters of the names, for example: mango")),
        _letters("ends_with", _("Last letters of the names, for example: raptor")),
        _letters("contains", _("Letters anywhere in the names, for example: drago")),
        Option(
            "length",
            _("Letters in each name, 3 to 26 (default: any number)"),
            Kind.INTEGER,
            least=SHORTEST_NAME,
            most=LONGEST_NAME,
        ),
        _TEMPERATURE,
    ),
    _dinoname,
    examples=(
        (technical("/dinoname"), _("names five new dinosaurs and lets everyone vote.")),
        (
            technical("/dinoname starts_with:mango ends_with:raptor"),
            _("sets how the names begin and end."),
        ),
    ),
    is_costly=True,
)
NAME = Command(
    "name",
    _("Get new names from a namer, in the style of its list."),
    names,
    (
        main_option(
            "namer",
            _("Which namer, for example: elves"),
            LONGEST_CHOICE,
            usable_models.suggest,
        ),
        _COUNT,
        _letters("starts_with", _("First letters of the names"), of_namer=True),
        _letters("ends_with", _("Last letters of the names"), of_namer=True),
        _letters("contains", _("Letters anywhere in the names"), of_namer=True),
        Option(
            "length",
            _("Letters in each name (default: any number)"),
            Kind.INTEGER,
            least=1,
            most=LONGEST_ENTRY,
        ),
        _TEMPERATURE,
    ),
    _name,
    examples=((technical("/name namer:elves"), _("gets names from the namer elves.")),),
    is_costly=True,
)

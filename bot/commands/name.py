"""`/name`: new names of a server's own list, with all that `/dinoname` can wish for."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bot.commands.autocomplete import Choice
from bot.commands.interfaces import TextGenerator
from bot.commands.message import (
    Button,
    Embed,
    Message,
    Text,
    Tone,
    UserError,
    code,
    strong,
    text,
)
from bot.commands.names import DISSECT, MOST_NAMES, Answered, NamesOptions, check_temperature
from bot.formats import plural
from bot.services.word_filter import WordFilter
from bot.store.custom_models import CustomModelRecord
from data.lists import normalise_entry
from data.text import clean_name
from models.names.capitalization import format_name
from models.names.constrained.constraints import clean_piece
from models.names.generator import NamesError, NamesRequest, NamesResult
from models.weights import Trained

ACTION = "name"
LONGEST_LENGTH = 64
"""Characters of a name of any list."""
LONGEST_BUTTON = 100
"""Characters of a button's action and state."""

_STATE = re.compile(
    r"(?P<namer>\d{1,18}):(?P<count>\d{1,2}):(?P<temperature>\d+(?:\.\d+)?)"
    r":(?P<starts_with>[^:]*):(?P<ends_with>[^:]*):(?P<contains>[^:]*):(?P<length>\d{0,2})"
)
_NUMBERED = re.compile(r"#(\d{1,18})$")


@dataclass(frozen=True)
class Namer:
    """A namer that is ready to write."""

    id: int
    name: str
    trained: Trained


def to_state(custom_model_id: int, ask: NamesOptions) -> str | None:
    """The state of the button for more; `None` if the pieces do not fit in one."""
    starts, contains, ends = map(_packed, _as_read(ask))
    temperature = f"{round(ask.temperature, 2):g}"
    state = (
        f"{custom_model_id}:{ask.count}:{temperature}:{starts}:{ends}:{contains}:{ask.length or ''}"
    )
    return state if fits(ACTION, state) else None


def fits(action: str, state: str) -> bool:
    """Whether a button can hold so much. Platforms may count a rare character as two."""
    return len(f"{action}:{state}".encode("utf-16-le")) // 2 <= LONGEST_BUTTON


def from_state(state: str) -> tuple[int, NamesOptions]:
    """The inverse of `to_state`. Raises `UserError` for a button of an unknown version."""
    match = _STATE.fullmatch(state)
    if match is None:
        raise UserError("This button is from another version of me; use /name instead.")
    ask = NamesOptions(
        int(match["count"]),
        _unpacked(match["starts_with"]),
        float(match["temperature"]),
        _unpacked(match["ends_with"]),
        _unpacked(match["contains"]),
        int(match["length"]) if match["length"] else None,
    )
    return int(match["namer"]), ask


def check(ask: NamesOptions, namer: Namer, words: WordFilter) -> None:
    """Raise `UserError` for what cannot be met.

    A piece is fit to be shown by itself, or because a name of the list has it in its place.
    """
    if not 1 <= ask.count <= MOST_NAMES:
        raise UserError(f"I write 1 to {MOST_NAMES} names at a time, for example 5.")
    check_temperature(ask.temperature)
    symbols = namer.trained.card.symbols
    starts, contains, ends = ask.pieces
    read = (
        clean_piece(starts, symbols, ends=False),
        clean_piece(contains, symbols, ends=False),
        clean_piece(ends, symbols, ends=True),
    )
    # A list of the letters a to z reads even less of what was typed.
    for pieces in (ask.pieces, read, tuple(map(clean_name, ask.pieces))):
        together = "".join(pieces)
        is_alone = together in pieces
        if not all(_fit(pieces, namer.trained.words, words)) or not (
            is_alone or words.allows(together)
        ):
            raise UserError("No name of mine is anything like that; try other letters.")


async def answer(ask: NamesOptions, seed: int, writer: TextGenerator, namer: Namer) -> Answered:
    """Write some names. Raises what the generator raises, and `UserError` for `NamesError`."""
    request = NamesRequest(
        ask.count,
        seed,
        ask.starts_with,
        ask.temperature,
        ends_with=ask.ends_with,
        contains=ask.contains,
        length=ask.length,
    )
    try:
        return answered(ask, seed, await writer.names(request, namer.trained), namer)
    except NamesError as error:
        raise UserError(*_with_what_was_typed(str(error), ask, namer)) from error


def answered(ask: NamesOptions, seed: int, result: NamesResult, namer: Namer) -> Answered:
    """What the answer says."""
    if not result.names:
        reason = str(result.shortfall or "No new name could be found.")
        return Answered(Message(content=_with_what_was_typed(reason, ask, namer), private=True))
    names = tuple(format_name(namer.trained.card, name) for name in result.names)
    note = str(result.shortfall or "")
    footer = f"temperature {round(ask.temperature, 2):g} · seed {seed}"
    reply = card([text(strong(name)) for name in names], note, footer, namer.name)
    shown = tuple(buttons(namer.id, to_state(namer.id, ask)))
    return Answered(replace(reply, buttons=shown), names, note)


def card(lines: Sequence[Text], note: str, footer: str, name: str) -> Message:
    """A card of names, a line each, with the sentence below them if there is one."""
    below = ((), text(note)) if note else ()
    title = f"🪶 {name}: {plural(len(lines), 'new name')}"
    return Message(embeds=(Embed(title, (*lines, *below), footer=footer, tone=Tone.NAMES),))


def more(ask: NamesOptions, custom_model_id: int, label: str) -> Iterator[Button]:
    """The button for more names of another kind, if all that it must know fits in it."""
    state = to_state(custom_model_id, ask)
    if state is not None:
        yield _more(state, label)


def buttons(custom_model_id: int | None, state: str | None) -> Iterator[Button]:
    """Those of a card: for more names of the same kind, if all that it must know fits in its state,
    and to dissect one. None for a namer that is no more.
    """
    if custom_model_id is None:
        return
    if state:
        yield _more(state)
    yield Button("Dissect", DISSECT, card_state(custom_model_id), emoji="🔬")


def _more(state: str, label: str = "More") -> Button:
    return Button(label, ACTION, state, emoji="🪶")


def card_state(custom_model_id: int) -> str:
    """The state of a button that dissects a name of a namer's card; the name may follow."""
    return f"#{custom_model_id}:"


def offers(namers: Sequence[CustomModelRecord], community_id: int | None) -> list[Choice]:
    """Namers to choose from: the server's own by name, those of others also by number."""
    return [
        Choice(f"{n.name} · {plural(n.entries, 'name')}", n.name)
        if n.community_id == community_id
        else Choice(
            f"{n.name} · {plural(n.entries, 'name')} · shared by another server",
            f"{n.name} #{n.id}",
        )
        for n in namers
    ]


def number_of(typed: str) -> int | None:
    """The number of another server's namer, if that is what was chosen."""
    match = _NUMBERED.search(typed.strip())
    return int(match[1]) if match else None


def unknown() -> UserError:
    """The error for a namer that is not there, or is not for this server."""
    return UserError(
        "I know no namer of that name here; choose one of those that I offer while you type, or "
        "see ",
        code("/namer list"),
        ".",
    )


def gone() -> UserError:
    """The error for the button of a namer that is no more, or is not shared any more."""
    return UserError("The namer of this card is not there any more; /name offers those that are.")


def _as_read(ask: NamesOptions) -> tuple[str, str, str]:
    starts, contains, ends = ask.pieces
    return (
        normalise_entry(starts, ends=False),
        normalise_entry(contains, ends=False),
        normalise_entry(ends),
    )


def _fit(pieces: Sequence[str], names: Sequence[str], words: WordFilter) -> Iterator[bool]:
    """Of each piece, whether it may be asked for."""
    places = str.startswith, str.__contains__, str.endswith
    for piece, place in zip(pieces, places, strict=True):
        yield words.allows(piece) or any(place(name, piece.lower()) for name in names)


def _packed(piece: str) -> str:
    """A piece without the colons that part a state."""
    return piece.replace("%", "%25").replace(":", "%3a")


def _unpacked(piece: str) -> str:
    return piece.replace("%3a", ":").replace("%25", "%")


def _with_what_was_typed(sentence: str, ask: NamesOptions, namer: Namer) -> Text:
    """A chat forgets a command that was sent: whoever wants to mend it finds it here."""
    if ask == NamesOptions():
        return text(sentence)
    typed = ask.typed().replace("/dinoname", f"/name namer:{namer.name}", 1)
    return text(f"{sentence}\nYou asked for: ", code(typed))

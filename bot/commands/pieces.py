"""What is offered while a member types: pieces of the names that the network learned from.

Where one piece of a name ends and the next begins is not written anywhere, but it shows: behind
*ornitho* many letters may come, behind *ornith* hardly any but *o* (Z. Harris, "From phoneme to
morpheme", Language 31, 1955). So the pieces come from whatever list the network has read.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from bot.commands.writer import Words
from data.roots import load_roots
from data.text import clean_name
from models.names import LONGEST_NAME, LONGEST_PIECE

MOST = 25
"""How much is offered at once."""

_SHORTEST, _LONGEST = 4, 12
_MOST_ALIKE = 0.7
"""Share of the commonest next letter from which on a piece is thought to go on."""
_RAREST = 250
"""A piece stands in at least two names, and in one of so many."""


@dataclass(frozen=True, slots=True)
class Offer:
    """Something to choose: what is shown, and what is taken for it."""

    label: str
    value: str


def beginnings(typed: str, names: tuple[str, ...], words: Words) -> list[Offer]:
    """How names begin: as typed, then the commonest that fit."""
    found = _fitting(typed, _beginnings(names), words)
    return [Offer(f"{piece}-{_meaning(piece)}", piece) for piece in found]


def endings(typed: str, names: tuple[str, ...], words: Words) -> list[Offer]:
    """How names end: as typed, then the commonest that fit."""
    found = _fitting(typed, _endings(names), words)
    return [Offer(f"-{piece}{_meaning(piece)}", piece) for piece in found]


def pieces(typed: str, names: tuple[str, ...], words: Words) -> list[Offer]:
    """What names are made of: as typed, then the commonest pieces that fit."""
    found = _fitting(typed, _pieces(names), words)
    return [Offer(f"{piece}{_meaning(piece)}", piece) for piece in found]


def whole_names(typed: str, names: tuple[str, ...], words: Words) -> list[Offer]:
    """Names: as typed, then those of the list that fit; with nothing typed, from all over it."""
    shown = names if clean_name(typed) else names[:: max(1, len(names) // MOST)]
    found = _fitting(typed, shown, words, LONGEST_NAME)
    return [Offer(name.capitalize(), name) for name in found]


def _fitting(
    typed: str, known: Iterable[str], words: Words, longest: int = LONGEST_PIECE
) -> list[str]:
    """What was typed comes first: whoever sends it off has chosen it."""
    wanted = clean_name(typed)
    fitting = sorted((k for k in known if wanted in k), key=lambda k: not k.startswith(wanted))
    if 0 < len(wanted) <= longest:
        fitting.insert(0, wanted)
    return [*islice(filter(words.allows, dict.fromkeys(fitting)), MOST)]


def _meaning(piece: str) -> str:
    """` · tooth`, where it is known what a piece means."""
    root = load_roots().get(piece)
    return f" · {root.meaning}" if root else ""


@lru_cache(maxsize=2)
def _beginnings(names: tuple[str, ...]) -> tuple[str, ...]:
    """Pieces that names of a list begin with, the commonest first.

    A piece that begins with a commoner one is left out.
    """
    following: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        for length in range(_SHORTEST, min(len(name), _LONGEST + 1)):
            following[name[:length]][name[length]] += 1
    least = max(2, len(names) // _RAREST)
    found: list[str] = []
    for piece, letters in sorted(following.items(), key=lambda item: (-item[1].total(), item[0])):
        ends = max(letters.values()) <= _MOST_ALIKE * letters.total()
        if letters.total() >= least and ends and not piece.startswith(tuple(found)):
            found.append(piece)
    return tuple(found)


@lru_cache(maxsize=2)
def _endings(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same of how they end: the beginnings of the names read backwards."""
    backwards = _beginnings.__wrapped__(tuple(name[::-1] for name in names))
    return tuple(piece[::-1] for piece in backwards)


@lru_cache(maxsize=2)
def _pieces(names: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, the commonest first."""
    count = {
        piece: sum(piece in name for name in names)
        for piece in (*_endings(names), *_beginnings(names))
    }
    return tuple(sorted(count, key=lambda piece: -count[piece]))

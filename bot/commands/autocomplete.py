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

from bot.services.word_filter import WordFilter
from data.corpora import LONGEST_NAME
from data.roots import load_roots
from data.text import clean_name
from models.names.capitalization import Capitals, format_name
from models.names.constrained.constraints import clean_piece
from models.names.generator import LONGEST_PIECE

MOST = 25
"""How much is offered at once."""

_SHORTEST, _LONGEST = 4, 12
"""Characters of a piece. It may be shorter where half a name of the list is."""
_MOST_READ = 5_000
"""Names that pieces are looked for in, taken from all over a longer list."""
_MOST_ALIKE = 0.7
"""Share of the commonest next letter from which on a piece is thought to go on."""
_RAREST = 250
"""A piece stands in at least two names, and in one of so many."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Something to choose: what is shown, and what is taken for it."""

    label: str
    value: str


def beginnings(
    typed: str, names: tuple[str, ...], words: WordFilter, *, meanings: bool = True
) -> list[Choice]:
    """How names begin: as typed, then the commonest that fit; and what dinosaurs' pieces mean."""
    found = _fitting(typed, _beginnings(names), words, names)
    return [Choice(f"{piece}-{_meaning(piece) if meanings else ''}", piece) for piece in found]


def endings(
    typed: str, names: tuple[str, ...], words: WordFilter, *, meanings: bool = True
) -> list[Choice]:
    """How names end: the same."""
    found = _fitting(typed, _endings(names), words, names, ends=True)
    return [Choice(f"-{piece}{_meaning(piece) if meanings else ''}", piece) for piece in found]


def pieces(
    typed: str, names: tuple[str, ...], words: WordFilter, *, meanings: bool = True
) -> list[Choice]:
    """What names are made of: the same."""
    found = _fitting(typed, _pieces(names), words, names)
    return [Choice(f"{piece}{_meaning(piece) if meanings else ''}", piece) for piece in found]


def whole_names(
    typed: str, names: tuple[str, ...], words: WordFilter, card: Capitals | None = None
) -> list[Choice]:
    """Names: as typed, then those of the list that fit; with nothing typed, from all over it."""
    is_blank = not _cleaned(typed, names, ends=True)
    shown = names[:: max(1, len(names) // MOST)] if is_blank else names
    found = _fitting(typed, shown, words, names, LONGEST_NAME, ends=True)
    return [Choice(format_name(card, name), name) for name in found]


def _fitting(
    typed: str,
    known: Iterable[str],
    words: WordFilter,
    names: tuple[str, ...],
    longest: int = LONGEST_PIECE,
    *,
    ends: bool = False,
) -> list[str]:
    """What was typed comes first: whoever sends it off has chosen it."""
    wanted = _cleaned(typed, names, ends=ends)
    fitting = sorted((k for k in known if wanted in k), key=lambda k: not k.startswith(wanted))
    if 0 < len(wanted) <= longest:
        fitting.insert(0, wanted)
    return [*islice(filter(words.allows, dict.fromkeys(fitting)), MOST)]


def _cleaned(typed: str, names: tuple[str, ...], *, ends: bool) -> str:
    """What was typed, as the network of such names reads it."""
    characters = _characters(names)
    if characters <= _A_TO_Z:
        return clean_name(typed)
    return clean_piece(typed, characters, ends=ends)


_A_TO_Z = frozenset("abcdefghijklmnopqrstuvwxyz")


@lru_cache(maxsize=4)
def _characters(names: tuple[str, ...]) -> frozenset[str]:
    """All that names are made of."""
    return frozenset("".join(names))


def _meaning(piece: str) -> str:
    """` · tooth`, where it is known what a piece means."""
    root = load_roots().get(piece)
    return f" · {root.meaning}" if root else ""


@lru_cache(maxsize=4)
def _beginnings(names: tuple[str, ...]) -> tuple[str, ...]:
    """Pieces that names of a list begin with, the commonest first.

    A piece that begins with a commoner one is left out.
    """
    following: dict[str, Counter[str]] = defaultdict(Counter)
    names = names[:: 1 + len(names) // _MOST_READ]
    half = sorted(map(len, names))[len(names) // 2] // 2 if names else 0
    shortest = max(1, min(_SHORTEST, half))
    for name in names:
        for length in range(shortest, min(len(name), _LONGEST + 1)):
            following[name[:length]][name[length]] += 1
    least = max(2, len(names) // _RAREST)
    found: list[str] = []
    for piece, letters in sorted(following.items(), key=lambda item: (-item[1].total(), item[0])):
        ends = max(letters.values()) <= _MOST_ALIKE * letters.total()
        is_whole = piece == piece.strip()  # a space at its end would be lost where it is typed
        if letters.total() >= least and ends and is_whole and not piece.startswith(tuple(found)):
            found.append(piece)
    return tuple(found)


@lru_cache(maxsize=4)
def _endings(names: tuple[str, ...]) -> tuple[str, ...]:
    """The same of how they end: the beginnings of the names read backwards."""
    backwards = _beginnings.__wrapped__(tuple(name[::-1] for name in names))
    return tuple(piece[::-1] for piece in backwards)


@lru_cache(maxsize=4)
def _pieces(names: tuple[str, ...]) -> tuple[str, ...]:
    """All of them, the commonest first."""
    read = names[:: 1 + len(names) // _MOST_READ]
    count = {
        piece: sum(piece in name for name in read)
        for piece in (*_endings(names), *_beginnings(names))
    }
    return tuple(sorted(count, key=lambda piece: -count[piece]))

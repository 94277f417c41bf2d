"""Autocompletion: suggests names and their morphemes while a member types.

Morphemes are found by letter successor variety: many letters follow *ornitho*, hardly any but *o*
follows *ornith* (Z. Harris, "From phoneme to morpheme", Language 31, 1955). So it works for any
list of names.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice

from bot.chat.commands import Choice
from bot.chat.translation import _
from bot.text.formats import spaced
from bot.words import WordFilter
from data.corpora import LONGEST_NAME
from data.phrases import Phrase, Showable
from data.roots import load_roots
from data.text import clean_name
from models.names.capitalization import Capitals, format_name
from models.names.constraints import LONGEST_PIECE, clean_piece

MOST = 25
"""Maximum number of suggestions. A platform may show fewer."""
_SHORTEST, _LONGEST = 4, 12
"""Characters of a morpheme. It can be shorter if half a typical name is."""
_MOST_READ = 5_000
"""Number of names searched for morphemes; longer lists are sampled evenly."""
_MOST_ALIKE = 0.7
"""Share of the most common next letter above which a morpheme continues."""
_RAREST = 250
"""A morpheme occurs in at least two names, and in at least one of this many."""


def letters(
    option: str, typed: str, names: Sequence[str], words: WordFilter, *, meanings: bool = True
) -> list[Choice]:
    """Suggestions for `starts_with`, `ends_with` or `contains`.

    These are the letters as typed, then the most common morphemes that match. `meanings` adds the
    meanings of the morphemes, if known.
    """
    find, shown = {
        "starts_with": (_beginnings, Phrase("{piece}-")),
        "ends_with": (_endings, Phrase("-{piece}")),
        "contains": (_pieces, Phrase("{piece}")),
    }[option]
    found = _matching(typed, find(names), words, names, ends=option == "ends_with")
    return [
        Choice(_with_meaning(shown.format(piece=piece), piece if meanings else ""), piece)
        for piece in found
    ]


def whole_names(
    typed: str, names: Sequence[str], words: WordFilter, card: Capitals | None = None
) -> list[Choice]:
    """Names: as typed, then those on the list that match. An even sample if nothing is typed."""
    is_blank = not _cleaned(typed, names, ends=True)
    shown = names[:: max(1, len(names) // MOST)] if is_blank else names
    found = _matching(typed, shown, words, names, LONGEST_NAME, ends=True)
    return [Choice(words.filtered(format_name(card, name)), name) for name in found]


def _matching(
    typed: str,
    known: Iterable[str],
    words: WordFilter,
    names: Sequence[str],
    longest: int = LONGEST_PIECE,
    *,
    ends: bool = False,
) -> list[Showable]:
    """Known names or pieces that contain `typed`, after `typed` itself if it can be chosen."""
    if len(typed) > 2 * longest:
        return []
    cleaned = _cleaned(typed, names, ends=ends)
    matching = sorted((k for k in known if cleaned in k), key=lambda k: not k.startswith(cleaned))
    if 0 < len(cleaned) <= longest:
        matching.insert(0, cleaned)
    return [*islice(words.passing(dict.fromkeys(matching)), MOST)]


def _cleaned(typed: str, names: Sequence[str], *, ends: bool) -> str:
    """The typed text as a network for these names reads it."""
    characters = _characters(names)
    if characters <= _A_TO_Z:
        return clean_name(typed)
    return clean_piece(typed, characters, ends=ends)


_A_TO_Z = frozenset("abcdefghijklmnopqrstuvwxyz")


@lru_cache(maxsize=4)
def _characters(names: Sequence[str]) -> frozenset[str]:
    """All characters in the names."""
    return frozenset("".join(names))


def _with_meaning(shown: Phrase, piece: str) -> Phrase:
    """`-don · tooth` if the meaning of a morpheme is known."""
    root = load_roots().get(piece)
    return spaced([shown, _(root.meaning)], " · ") if root else shown


@lru_cache(maxsize=4)
def _beginnings(names: Sequence[str]) -> tuple[str, ...]:
    """Morphemes that names begin with, most common first.

    Those that begin with a more common one are left out.
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
        is_whole = piece == piece.strip()  # platforms strip a space at its end
        if letters.total() >= least and ends and is_whole and not piece.startswith(tuple(found)):
            found.append(piece)
    return tuple(found)


@lru_cache(maxsize=4)
def _endings(names: Sequence[str]) -> tuple[str, ...]:
    """Morphemes that names end with: the beginnings of the reversed names."""
    backwards = _beginnings.__wrapped__(tuple(name[::-1] for name in names))
    return tuple(piece[::-1] for piece in backwards)


@lru_cache(maxsize=4)
def _pieces(names: Sequence[str]) -> tuple[str, ...]:
    """Beginnings and endings together, most common first."""
    read = names[:: 1 + len(names) // _MOST_READ]
    count = {
        piece: sum(piece in name for name in read)
        for piece in (*_endings(names), *_beginnings(names))
    }
    return tuple(sorted(count, key=lambda piece: -count[piece]))

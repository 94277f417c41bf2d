"""Entries of word lists: what they match, and how strict a filter must be to use them."""

from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto
from itertools import groupby

from bot.words.normalisation import leet_readings, plain, readings


class Strictness(IntEnum):
    """How much a server wants to be filtered. Each level includes those before it."""

    MILD = 1
    """Slurs, hatred, and sexual violence only."""
    NORMAL = 2
    """Everything that a published list calls profane, sexual or insulting, but innocent words."""
    STRICT = 3
    """Also what is innocent in most contexts: common words, names, and words of old verse."""


class Place(Enum):
    """Where in a word an entry matches."""

    WHOLE = auto()
    START = auto()
    END = auto()
    ANYWHERE = auto()
    COMPOUND = auto()
    """Together with roots of dinosaurs' names only: *X* in *Xosaurus* and *megaX*."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of a list.

    letters: the word's letters with repetitions removed: `niger` for both *nigger* and *Niger*
    lengths: how often each letter must at least be repeated
    """

    letters: str
    lengths: tuple[int, ...]
    place: Place = Place.WHOLE
    strictness: Strictness = Strictness.MILD
    is_phrase: bool = False
    """Whether it has several words; `letters` does not show where."""
    is_stem: bool = False
    """Whether words of the dictionary that contain it are derived from it."""
    is_exact: bool = False
    """Whether one repeated letter makes another word of it."""
    size: int = field(init=False, compare=False)
    """Number of letters with repetitions."""
    repeated: tuple[tuple[int, int], ...] = field(init=False, compare=False)
    """The positions in `letters` of repeated letters, and how often they are repeated."""

    def __post_init__(self) -> None:
        """Compute what matching needs."""
        object.__setattr__(self, "size", sum(self.lengths))
        repeated = tuple((i, length) for i, length in enumerate(self.lengths) if length > 1)
        object.__setattr__(self, "repeated", repeated)

    @property
    def spelling(self) -> str:
        """The word, with its repeated letters."""
        return "".join(map(str.__mul__, self.letters, self.lengths))


def entries_of(
    word: str,
    strictness: Strictness = Strictness.MILD,
    place: Place = Place.WHOLE,
    *,
    is_stem: bool = False,
) -> list[Entry]:
    """The entries of a word or phrase: one for each way to read it. Empty if nothing is left."""
    written = plain(word)
    spellings = leet_readings(written)
    first = next(readings(word))
    if "".join(first.split()) == "".join(written.replace("'", "").split()):
        spellings.add(first)  # else symbols are a part of it, as in `a$$`
    found: dict[Entry, None] = {}
    for spelling in sorted(spellings):
        parts = spelling.split()
        if letters := "".join(parts):
            runs = [(letter, len([*run])) for letter, run in groupby(letters)]
            entry = Entry(
                letters="".join(letter for letter, _length in runs),
                lengths=tuple(length for _letter, length in runs),
                place=place if len(parts) == 1 else Place.WHOLE,
                strictness=strictness,
                is_phrase=len(parts) > 1,
                is_stem=is_stem,
            )
            found[entry] = None
    return [*found]


def parse(pattern: str) -> tuple[str, Place, tuple[str, ...]]:
    """Read the syntax of BLOCKED_WORDS: the word, its place, and the parts after an inner `*`.

    `mud` is the whole word, `mud*` what starts with it, `*mud` what ends with it, and `*mud*` what
    contains it.
    """
    pattern = pattern.strip()
    word, *parts = filter(None, pattern.split("*")) if pattern.strip("*") else ("",)
    starts, ends = pattern.startswith("*"), pattern.endswith("*")
    place = {
        (False, False): Place.WHOLE,
        (False, True): Place.START,
        (True, False): Place.END,
        (True, True): Place.ANYWHERE,
    }[starts, ends]
    return word, place, tuple(parts)

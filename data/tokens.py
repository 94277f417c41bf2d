"""Words and punctuation marks of a text, and back.

A token is a word (a run of letters and apostrophes: *o'er*, *'tis*), a single other character, or a
line feed. Spaces are not tokens, as they nearly always follow from the tokens on either side;
`FLIP` marks the other places. So every text with single spaces has exactly one list of tokens.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from data.text import LETTER

FLIP = "\t"
"""The token that stands where a space is missing, or where there is one against the rule."""
_WORD_CHARACTER = rf"{LETTER}|'"
_PIECES = re.compile(rf"\n| |(?:{_WORD_CHARACTER})+|[^ \n]")
_NO_SPACE_AFTER = frozenset("\n(-")


@dataclass(frozen=True)
class Unit:
    """A token of a text, with the space before it."""

    tokens: tuple[str, ...]
    """The token, after a `FLIP` if it needs one; none for spaces at the end of a text."""
    text: str
    exact: bool = True
    """Whether the tokens express the text, which they do not if spaces are repeated."""


def tokenise(text: str) -> list[str]:
    """The tokens of a normalised text.

    `love, self-love` → `love` `,` `self` `-` `love`.
    """
    return [token for unit in split_units(text) for token in unit.tokens]


def split_units(text: str) -> list[Unit]:
    """The units of any text; joined, their texts are the text."""
    units: list[Unit] = []
    before, spaces = "\n", ""
    for piece in _PIECES.findall(text):
        if piece == " ":
            spaces += piece
            continue
        tokens = (piece,) if bool(spaces) == has_space(before, piece) else (FLIP, piece)
        units.append(Unit(tokens, spaces + piece, exact=len(spaces) < 2))
        before, spaces = piece, ""
    return [*units, Unit((), spaces, exact=False)] if spaces else units


def join_tokens(tokens: Iterable[str]) -> str:
    """The inverse of `tokenise`."""
    return "".join(_with_spaces(tokens))


def has_space(before: str, token: str) -> bool:
    """Whether there is a space between two tokens, unless a `FLIP` stands between them."""
    if token == "\n" or before in _NO_SPACE_AFTER:
        return False
    return is_word(token) or token == "("


def is_word(token: str) -> bool:
    """Whether a token is a word, and not a mark, a line feed or `FLIP`."""
    return any(character.isalpha() for character in token)


def are_tokens(lines: Sequence[str]) -> bool:
    """Whether each of some lines is one token, and not `FLIP`."""
    pieces = _PIECES.findall("\n".join(lines))  # of all at once: there may be 100,000
    return pieces[::2] == [*lines] and {*pieces[1::2]} <= {"\n"} and not {FLIP, " "} & {*lines}


def is_word_character(character: str) -> bool:
    """Whether a character continues a word: a letter or an apostrophe."""
    return re.fullmatch(_WORD_CHARACTER, character) is not None


def _with_spaces(tokens: Iterable[str]) -> Iterator[str]:
    before, flip = "\n", False
    for token in tokens:
        if token == FLIP:
            flip = True
            continue
        if has_space(before, token) != flip:
            yield " "
        yield token
        before, flip = token, False

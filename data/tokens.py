"""Words and punctuation marks of a text, and back.

A token is a word (a run of letters and apostrophes: *o'er*, *'tis*), a single other character, or a
line feed. Spaces are not tokens, as they nearly always follow from the tokens on either side;
`FLIP` marks the other places. So every text with single spaces has exactly one list of tokens.
"""

import re
from collections.abc import Iterable, Iterator

FLIP = "\t"
"""The token that stands where a space is missing, or where there is one against the rule."""
_PIECES = re.compile(r"\n| |(?:[^\W\d_]|')+|[^ \n]")
_NO_SPACE_AFTER = frozenset("\n(-")


def tokenise(text: str) -> list[str]:
    """The tokens of a normalised text.

    `love, self-love` → `love` `,` `self` `-` `love`.
    """
    tokens: list[str] = []
    before, space = "\n", False
    for piece in _PIECES.findall(text):
        if piece == " ":
            space = True
            continue
        if space != has_space(before, piece):
            tokens.append(FLIP)
        tokens.append(piece)
        before, space = piece, False
    return tokens


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

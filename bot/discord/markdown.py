"""Discord's markdown: escaping, and splitting text to size."""

import re
from collections.abc import Iterable

_MARKS = re.compile(r"[\\*_~|`\[\]<@]|:(?=//)")
_MARKS_OF_LINES = re.compile(r"^([^\S\n]*(?:(?=[>#-])|\d+(?=\.\s)))(.)", re.MULTILINE)


def escape(words: str) -> str:
    r"""Take the meaning from every mark of Discord's markdown, mentions and links included.

    A backslash before a punctuation mark shows the mark itself.

    >>> print(escape("1. **@everyone** <@123> ||self-love|| https://a.b"))
    1\. \*\*\@everyone\*\* \<\@123> \|\|self-love\|\| https\://a.b
    """
    return _MARKS_OF_LINES.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", words))


def unescape(words: str) -> str:
    r"""The inverse of `escape`.

    >>> print(unescape(r"\*\@everyone\*"))
    *@everyone*
    """
    return re.sub(r"\\(.)", r"\1", words, flags=re.DOTALL)


def split_lines(lines: Iterable[str], limit: int) -> list[str]:
    """Join lines into chunks of at most `limit` characters, breaking at line ends where possible.

    A single line that is too long is cut. Joined again by newlines, the chunks give every line
    back unless it was cut. Never breaks between a backslash and what it escapes.
    """
    chunks: list[str] = []
    for line in lines:
        for piece in _pieces(line, limit):
            if chunks and len(chunks[-1]) + 1 + len(piece) <= limit:
                chunks[-1] += "\n" + piece
            else:
                chunks.append(piece)
    return chunks


def _pieces(line: str, limit: int) -> Iterable[str]:
    while len(line) > limit:
        cut = limit
        slashes = len(line[:cut]) - len(line[:cut].rstrip("\\"))
        if slashes % 2 and cut > 1:
            cut -= 1
        yield line[:cut]
        line = line[cut:]
    yield line

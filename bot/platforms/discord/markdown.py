"""Discord's markdown: escaping, unescaping, splitting a text into messages."""

import re
from collections.abc import Iterable

_MARKS = re.compile(r"[\\*_~|`\[\]<@]|:(?=//)")
_LINE_MARKS = re.compile(r"^([^\S\n]*(?:(?=[>#-])|\d+(?=\.\s)))(.)", re.MULTILINE)


def escape(text: str) -> str:
    r"""Escape markdown, mentions and links with backslashes, so that Discord shows them as typed.

    >>> print(escape("1. **@everyone** <@123> ||self-love|| https://a.b"))
    1\. \*\*\@everyone\*\* \<\@123> \|\|self-love\|\| https\://a.b
    """
    return _LINE_MARKS.sub(r"\1\\\2", _MARKS.sub(r"\\\g<0>", text))


def unescape(text: str) -> str:
    r"""The inverse of `escape`.

    >>> print(unescape(r"\*\@everyone\*"))
    *@everyone*
    """
    return re.sub(r"\\(.)", r"\1", text, flags=re.DOTALL)


def split_lines(lines: Iterable[str], limit: int) -> list[str]:
    """Join lines into chunks of at most `limit` characters, splitting at line ends if possible.

    A line longer than `limit` is cut, but not between a backslash and the character it escapes.
    Joining the chunks with newlines restores all lines that were not cut.
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
        backslashes = len(line[:cut]) - len(line[:cut].rstrip("\\"))
        if backslashes % 2 and cut > 1:
            cut -= 1
        yield line[:cut]
        line = line[cut:]
    yield line

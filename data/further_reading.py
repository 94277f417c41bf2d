"""Further reading for networks: public-domain texts beside the project's corpora."""

import re
from pathlib import Path

from data import downloads
from data.text import normalise_verse

SHORTEST_LINE = 24
"""Characters after which prose is broken at the next mark."""
CHAPTER = 60
"""Lines of a passage."""


def load_poems(cache: Path = downloads.CACHE) -> tuple[str, ...]:
    """Poems by others, as passages of normalised verse."""
    text = normalise_verse(downloads.cached_text("poems", cache))
    return _passages([line for line in text.split("\n") if line])


def load_bible(cache: Path = downloads.CACHE) -> tuple[str, ...]:
    """The King James Bible as passages, its prose broken into lines at punctuation marks."""
    # The package has the text as the first long string of a module, which is read, not run.
    _, text, *_ = downloads.cached_text("bible", cache).split('"""')
    lines = [line for part in normalise_verse(text).split("\n") for line in _lines(part)]
    return _passages(lines)


def _lines(prose: str) -> list[str]:
    """Prose as lines that end with a clause, as lines of verse mostly do."""
    lines, line = [], ""
    for clause in re.findall(r"[^,;:.?!]+[,;:.?!)']*\s*", prose):
        line += clause
        if len(line) >= SHORTEST_LINE:
            lines.append(line.strip())
            line = ""
    return [*lines, line.strip()] if line.strip() else lines


def _passages(lines: list[str]) -> tuple[str, ...]:
    return tuple(
        "\n".join(lines[begin : begin + CHAPTER]) + "\n\n"
        for begin in range(0, len(lines), CHAPTER)
    )

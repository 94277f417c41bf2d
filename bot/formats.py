"""Text formatting: plurals, lists, durations, probabilities, progress bars, shortening."""

import math
from collections.abc import Sequence

_BIDI_CONTROLS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

RAREST = 1e-6
"""Smaller probabilities are shown as this one."""


def human_join(words: Sequence[str], last: str = "and") -> str:
    """Join words with commas, and the final one with the word `last`.

    >>> human_join(["names", "sonnets", "plays"])
    'names, sonnets and plays'
    """
    *first, final = words or ("",)
    return f"{', '.join(first)} {last} {final}" if first else final


def visible(sentence: str) -> str:
    r"""A sentence for a terminal, with control characters of what it quotes as escapes.

    >>> visible("“Où”, version \x1b[2J")
    '“Où”, version \\x1b[2J'
    """
    return "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in sentence)


def human_duration(seconds: float) -> str:
    """A duration in its two largest units.

    >>> human_duration(4), human_duration(75), human_duration(7260), human_duration(180_000)
    ('4 s', '1 min 15 s', '2 h 1 min', '2 d 2 h')
    """
    left = max(0, round(seconds))
    parts = []
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s")):
        amount, left = divmod(left, size)
        parts.append((amount, unit))
    while len(parts) > 1 and parts[0][0] == 0:
        parts.pop(0)
    return " ".join(f"{amount} {unit}" for amount, unit in parts[:2] if amount or len(parts) == 1)


def percent(probability: float) -> str:
    """A probability as text: `47%`, and `<1%` instead of `0%`."""
    return f"{probability:.0%}" if probability >= 0.005 else "<1%"


def odds(probability: float) -> str:
    """A probability as text: `47%`, and `1 in 4,300` below one percent."""
    if probability >= 0.01:
        return f"{probability:.0%}"
    inverse = 1 / max(probability, RAREST)
    digits = math.floor(math.log10(inverse)) - 1
    return f"1 in {round(inverse, -digits):,.0f}"


def progress_bar(fraction: float, width: int = 20) -> str:
    """A progress bar of `width` characters; `fraction` is clamped to 0 to 1.

    >>> progress_bar(0.5, 8)
    '████░░░░'
    """
    filled = round(min(max(fraction, 0.0), 1.0) * width)
    return "█" * filled + "░" * (width - filled)


def shortened(text: str, limit: int) -> str:
    """The text if it has at most `limit` characters, else its beginning and an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def without_bidi_controls(text: str) -> str:
    """Remove characters that change the direction of the text after them.

    >>> without_bidi_controls("a\u202eb")
    'ab'
    """
    return text.translate(_BIDI_CONTROLS)

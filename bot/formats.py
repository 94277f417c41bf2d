"""Small text helpers: counting, joining, durations, progress bars."""

from collections.abc import Sequence

_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """A count and its noun.

    >>> plural(1, "name"), plural(1318, "name"), plural(2, "entry", "entries")
    ('1 name', '1,318 names', '2 entries')
    """
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def human_join(words: Sequence[str], last: str = "and") -> str:
    """Words in a row as one says them.

    >>> human_join(["names", "sonnets", "plays"])
    'names, sonnets and plays'
    """
    *first, final = words or ("",)
    return f"{', '.join(first)} {last} {final}" if first else final


def human_duration(seconds: float) -> str:
    """A length of time in its two largest units.

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


def bar(share: float, width: int = 20) -> str:
    """A progress bar of `width` characters; `share` from 0 to 1.

    >>> bar(0.5, 8)
    '████░░░░'
    """
    filled = round(min(max(share, 0.0), 1.0) * width)
    return "█" * filled + "░" * (width - filled)


def shortened(words: str, limit: int) -> str:
    """The words if they fit in `limit` characters, else their beginning and an ellipsis."""
    return words if len(words) <= limit else words[: limit - 1] + "…"


def without_turns(words: str) -> str:
    """Drop characters that force a direction on the text behind them: they would turn ours about.

    >>> without_turns("a\u202eb")
    'ab'
    """
    return words.translate(_TURNS)

"""The shards of one process: how `SHARD_IDS` is written, and what is wrong with it."""

from collections.abc import Collection

MOST_SHARDS = 10_000


def parse_shards(text: str) -> frozenset[int]:
    """`0-3, 8` → 0, 1, 2, 3 and 8. Raises `ValueError` for text that is no list of shards."""
    shards = frozenset(n for part in text.split(",") if part.strip() for n in _range(part))
    if text.strip() and not shards:
        raise ValueError("no shards")
    return shards


def _range(part: str) -> range:
    first, dash, last = part.partition("-")
    low, high = int(first), int(last if dash else first)
    if not 0 <= low <= high < MOST_SHARDS:
        raise ValueError("no range of shards")
    return range(low, high + 1)


class ShardsError(ValueError):
    """Shards that do not fit the other settings. Its arguments are a sentence for each reason."""


def check_shards(shard_ids: Collection[int], shard_count: int | None, *, has_server: bool) -> None:
    """Raise `ShardsError` unless a process can run these shards, of so many in all.

    `has_server`: whether its database is one that several processes can share.
    """
    problems = []
    if shard_count is None:
        problems.append(
            "SHARD_IDS needs SHARD_COUNT, the number of shards of all processes together, for "
            "example SHARD_COUNT=16"
        )
    elif max(shard_ids) >= shard_count:
        problems.append(
            f"SHARD_IDS has {max(shard_ids)}, but with SHARD_COUNT={shard_count} there are the "
            f"shards 0 to {shard_count - 1}"
        )
    if not has_server:
        problems.append(
            "SHARD_IDS needs a PostgreSQL database, which all processes share, in DATABASE_URL"
        )
    if problems:
        raise ShardsError(*problems)


def format_shards(shard_ids: Collection[int]) -> str:
    """`0-3, 8` of the shards 0, 1, 2, 3 and 8."""
    ranges: list[tuple[int, int]] = []
    for number in sorted(shard_ids):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ", ".join(f"{low}-{high}" if high > low else f"{low}" for low, high in ranges)

"""How shards are written."""

import pytest

from bot.shards import format_shards, parse_shards


@pytest.mark.parametrize(
    ("shards", "written"),
    [((), ""), ((4,), "4"), ((3, 2, 1, 0), "0-3"), ((0, 1, 5, 7, 8), "0-1, 5, 7-8")],
)
def test_format(shards: tuple[int, ...], written: str) -> None:
    assert format_shards(shards) == written
    assert parse_shards(written) == set(shards)


@pytest.mark.parametrize("written", [",", " , ,", "a", "3-1", "-1"])
def test_no_shards(written: str) -> None:
    with pytest.raises(ValueError, match=r"shards|int"):
        parse_shards(written)

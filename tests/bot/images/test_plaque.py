"""The plaque of a winner: what is engraved, and whether one can read it."""

import datetime
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.images.dissection import contrast
from bot.images.plaque import (
    BRASS,
    HEIGHT,
    INK,
    LARGEST,
    LEADING,
    LONGEST_NAME,
    PLATE,
    ROOM,
    SMALLEST,
    UNCUTTABLE,
    WIDTH,
    Block,
    name_block,
    plaque,
)
from bot.images.text import Type, length

DAY = datetime.date(2026, 11, 25)
ROOM_WITH_ALL_DETAILS = 200.0
"""Pixels that a name has beside a long meaning and a discoverer."""


def drawn(
    name: str = "Mangosaurus",
    meaning: str | None = None,
    discoverer: str | None = None,
    date: datetime.date = DAY,
    votes: int = 7,
) -> Image.Image:
    """The plaque, as whoever gets the file sees it."""
    return Image.open(io.BytesIO(plaque(name, meaning, discoverer, date, votes)))


def widest(block: Block) -> float:
    return max(length(line, block.cut, block.size) for line in block.lines)


def test_it_is_a_png_of_one_size() -> None:
    image = drawn()
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (WIDTH, HEIGHT))


def test_the_same_words_give_the_same_bytes() -> None:
    assert plaque("Rex", "king", "Ada", DAY, 1) == plaque("Rex", "king", "Ada", DAY, 1)


@pytest.mark.parametrize(
    "other",
    [
        drawn("Mangosaura"),
        drawn(meaning="mango lizard"),
        drawn(discoverer="Ada"),
        drawn(date=datetime.date(2027, 11, 25)),
        drawn(votes=8),
    ],
    ids=["name", "meaning", "discoverer", "date", "votes"],
)
def test_it_shows_all_that_it_is_told(other: Image.Image) -> None:
    assert other.tobytes() != drawn().tobytes()


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.none() | st.text(max_size=120), st.none() | st.text(max_size=40))
def test_any_words_can_be_engraved_and_none_stand_beyond_the_plate(
    name: str, meaning: str | None, discoverer: str | None
) -> None:
    difference = ImageChops.difference(drawn(name, meaning, discoverer), drawn())
    left, top, right, bottom = difference.getbbox() or PLATE
    assert PLATE[0] <= left < right <= PLATE[2]
    assert PLATE[1] <= top < bottom <= PLATE[3]


@pytest.mark.parametrize("discoverer", ["", "🦕🦖", "龍\u202e\x00"])
def test_a_discoverer_whose_name_cannot_be_drawn_is_left_out(discoverer: str) -> None:
    assert drawn(discoverer=discoverer).tobytes() == drawn().tobytes()


def test_a_name_that_cannot_be_drawn_is_said_to_be_so() -> None:
    assert drawn("🦕🦖").tobytes() == drawn(UNCUTTABLE).tobytes()


@pytest.mark.parametrize(
    "name",
    [
        "Ox",
        "Mangosaurus",
        "Micropachycephalosauropods",
        "van der Meerbeck-Achterberg",
        "Mangosaurus" * 5 + "Undaunted",
    ],
)
def test_a_name_fits_and_is_large_enough_to_be_read_on_a_phone(name: str) -> None:
    block = name_block(name, ROOM_WITH_ALL_DETAILS)
    assert widest(block) <= ROOM
    assert block.height <= ROOM_WITH_ALL_DETAILS
    assert block.size >= SMALLEST
    assert "".join(block.lines).replace(" ", "") == name.replace(" ", "")


def test_even_the_widest_letters_fit() -> None:
    block = name_block("W" * LONGEST_NAME, ROOM_WITH_ALL_DETAILS)
    assert widest(block) <= ROOM
    assert block.height <= ROOM_WITH_ALL_DETAILS


def test_the_longer_a_name_the_smaller_it_is() -> None:
    sizes = [name_block("a" * letters, 300.0).size for letters in range(1, LONGEST_NAME)]
    assert sizes[0] == LARGEST[0]
    broken = next(i for i, size in enumerate(sizes) if size <= SMALLEST)
    assert sizes[:broken] == sorted(sizes[:broken], reverse=True)


def test_a_name_of_several_words_is_broken_between_them() -> None:
    block = name_block("van der Meerbeck-Achterberg", 300.0)
    assert block.lines == ("van der Meerbeck-", "Achterberg")


def test_a_short_name_of_two_words_stays_on_one_line() -> None:
    assert name_block("Rex minor", 300.0).lines == ("Rex minor",)


def test_the_lettering_stands_out_from_the_brass() -> None:
    assert all(contrast(INK, shade) >= 4.5 for shade in BRASS)


def test_lines_of_a_block_do_not_touch() -> None:
    assert Block(("a", "b"), Type.BOLD, 50).height == 2 * 50 * LEADING

"""The plaque of a winner: content and legibility."""

import io
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.pictures.dissection import contrast
from bot.pictures.plaque import (
    BRASS,
    HEIGHT,
    INK,
    LINE_HEIGHT,
    LONGEST_NAME,
    MAX_SIZES,
    MIN_SIZE,
    PLATE,
    TEXT_WIDTH,
    WIDTH,
    Block,
    name_block,
    plaque,
)
from bot.pictures.text import FontStyle, drawable_text, text_width

PLACEHOLDER = "A name that cannot be drawn"
LITTLE_HEIGHT = 200.0
"""Pixels left for a name on a plaque with a long meaning and a discoverer."""


def drawn(
    name: str = "Mangosaurus",
    meaning: str | None = None,
    *details: str,
) -> Image.Image:
    """The decoded picture."""
    lines = details or ("25 November 2026 · 7 votes",)
    return Image.open(io.BytesIO(plaque(name, meaning, lines, placeholder=PLACEHOLDER)))


def widest(block: Block) -> float:
    return max(text_width(line, block.style, block.size) for line in block.lines)


def test_size() -> None:
    image = drawn()
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (WIDTH, HEIGHT))


def test_equal_bytes() -> None:
    assert plaque("Rex", "king", ["by Ada"]) == plaque("Rex", "king", ["by Ada"])


@pytest.mark.parametrize(
    "facts",
    [
        ("Mangosaura",),
        ("Mangosaurus", "mango lizard"),
        ("Mangosaurus", None, "discovered by Ada", "25 November 2026 · 7 votes"),
        ("Mangosaurus", None, "25 November 2026 · 8 votes"),
    ],
    ids=str,
)
def test_every_fact_is_shown(facts: tuple[Any, ...]) -> None:
    assert drawn(*facts).tobytes() != drawn().tobytes()


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=80), st.none() | st.text(max_size=120), st.text(max_size=60))
def test_any_text_stays_on_the_plate(name: str, meaning: str | None, detail: str) -> None:
    details = [line for line in [drawable_text(detail, FontStyle.SERIF)] if line]
    difference = ImageChops.difference(drawn(name, meaning, *details), drawn())
    left, top, right, bottom = difference.getbbox() or PLATE
    assert PLATE[0] <= left < right <= PLATE[2]
    assert PLATE[1] <= top < bottom <= PLATE[3]


def test_undrawable_name() -> None:
    assert drawn("🦕🦖").tobytes() == drawn(PLACEHOLDER).tobytes()


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
def test_name_is_readable_on_a_phone(name: str) -> None:
    block = name_block(name, LITTLE_HEIGHT)
    assert widest(block) <= TEXT_WIDTH
    assert block.height <= LITTLE_HEIGHT
    assert block.size >= MIN_SIZE
    assert "".join(block.lines).replace(" ", "") == name.replace(" ", "")


def test_widest_letters_fit() -> None:
    block = name_block("W" * LONGEST_NAME, LITTLE_HEIGHT)
    assert widest(block) <= TEXT_WIDTH
    assert block.height <= LITTLE_HEIGHT


def test_longer_names_are_smaller() -> None:
    sizes = [name_block("a" * letters, 300.0).size for letters in range(1, LONGEST_NAME)]
    assert sizes[0] == MAX_SIZES[0]
    broken = next((i for i, size in enumerate(sizes) if size <= MIN_SIZE), len(sizes))
    assert sizes[:broken] == sorted(sizes[:broken], reverse=True)


def test_name_breaks_between_words() -> None:
    block = name_block("van der Meerbeck-Achterberg", 300.0)
    assert block.lines == ("van der Meerbeck-", "Achterberg")


def test_short_name_stays_on_one_line() -> None:
    assert name_block("Rex minor", 300.0).lines == ("Rex minor",)


def test_contrast() -> None:
    assert all(contrast(INK, shade) >= 4.5 for shade in BRASS)


def test_block_height() -> None:
    assert Block(("a", "b"), FontStyle.SERIF_BOLD, 50).height == 2 * 50 * LINE_HEIGHT

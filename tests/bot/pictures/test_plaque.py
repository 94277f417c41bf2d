"""The plaque of a winner: content and legibility."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

from bot.pictures import plaque as plaque_module
from bot.pictures.canvas import contrast
from bot.pictures.plaque import (
    HEIGHT,
    INK,
    LONGEST_NAME,
    MIN_SIZE,
    TEXT_BOX,
    TEXT_WIDTH,
    WIDTH,
    TextBlock,
    name_block,
    plaque,
)
from bot.pictures.text import text_width
from tests.bot.pictures.pixels import decoded
from tests.bot.pictures.profiles import PLAIN
from tests.texts import written

PLATE = (30, 30, WIDTH - 30, HEIGHT - 30)
PLACEHOLDER = "A name that cannot be drawn"
LITTLE_HEIGHT = 200.0
"""Pixels left for a name on a plaque with a long meaning and a discoverer."""


def drawn(
    name: str = "Mangosaurus",
    meaning: str = "",
    discoverer: str = "",
    summary: str = "25 November 2026 · 7 votes",
) -> Image.Image:
    """The decoded picture."""
    texts = (meaning, discoverer, summary, "discovered by {discoverer}", PLACEHOLDER)
    svg = plaque(written(name), None, *((written(words),) for words in texts))
    return decoded(svg)


def widest(block: TextBlock) -> float:
    return max(text_width(line, block.style, block.size) for line in block.lines)


@pytest.mark.parametrize(
    "facts",
    [
        ("Mangosaura",),
        ("Mangosaurus", "mango lizard"),
        ("Mangosaurus", "", "Ada"),
        ("Mangosaurus", "", "", "25 November 2026 · 8 votes"),
    ],
    ids=str,
)
def test_every_fact_is_shown(facts: tuple[Any, ...]) -> None:
    assert drawn(*facts).tobytes() != drawn().tobytes()


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=80), st.text(max_size=120), st.text(max_size=60))
def test_any_text_stays_on_the_plate(name: str, meaning: str, discoverer: str) -> None:
    difference = ImageChops.difference(drawn(name, meaning, discoverer), drawn())
    left, top, right, bottom = difference.getbbox() or PLATE
    assert PLATE[0] <= left < right <= PLATE[2]
    assert PLATE[1] <= top < bottom <= PLATE[3]


def test_undrawable_name() -> None:
    assert drawn("🦕🦖").tobytes() == drawn(PLACEHOLDER).tobytes()


@pytest.mark.parametrize("discoverer", ["\U000f0000", "\u202e\x00"])
def test_undrawable_discoverer_is_left_out(discoverer: str) -> None:
    assert drawn(discoverer=discoverer).tobytes() == drawn().tobytes()


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Ќорб", "Ќорб"),
        ("«\u00a0panier\u00a0»", "« panier »"),
        ("ko\U000f0000rb", "basket"),
        ("\U000f0000", "basket"),
    ],
)
def test_english_where_letters_lack_a_font(told: str, shown: str) -> None:
    def with_wordings(*wordings: str) -> str:
        return plaque(
            written("Rex"), None, *[[written(f"{words} {{discoverer}}") for words in wordings]] * 5
        )

    assert with_wordings(told, "basket") == with_wordings(shown)


@pytest.mark.parametrize(
    "name",
    [
        "Ox",
        "Mangosaurus",
        "Micropachycephalosauropods",
        "van der Meerbeck-Achterberg",
        "Mangosaurus" * 5 + "Undaunted",
        "W" * LONGEST_NAME,
    ],
)
def test_name_is_readable_on_a_phone(name: str) -> None:
    block = name_block(name, LITTLE_HEIGHT)
    assert widest(block) <= TEXT_WIDTH + 0.01
    assert block.height <= LITTLE_HEIGHT
    assert block.size >= MIN_SIZE or name == "W" * LONGEST_NAME
    assert "".join(block.lines).replace(" ", "") == name.replace(" ", "")


def test_name_breaks_between_words() -> None:
    block = name_block("van der Meerbeck-Achterberg", 300.0)
    assert block.lines == ("van der Meerbeck-", "Achterberg")
    assert name_block("Rex minor", 300.0).lines == ("Rex minor",)


def test_ink_has_contrast_to_the_plate() -> None:
    plate = Image.open(Path(plaque_module.__file__).with_name("plate.png")).crop(TEXT_BOX)
    colors = plate.getcolors(plate.width * plate.height)
    assert colors is not None
    assert all(contrast(INK, color) >= 4.4 for _, color in colors)  # type: ignore[arg-type]


def test_plate_above_the_plaque() -> None:
    """One picture, as wide as the plaque, whose letters keep their size in it."""
    words = (written(words) for words in ("", "", "7 votes", "discovered by {discoverer}", "?"))
    wordings = [(each,) for each in words]
    both = decoded(plaque(written("Mangosaurus"), PLAIN, *wordings))
    alone = decoded(plaque(written("Mangosaurus"), None, *wordings))
    assert (both.width, both.height) == (WIDTH, 750 + HEIGHT)
    below = ImageChops.difference(both.crop((0, 750, WIDTH, both.height)), alone)
    assert below.point(lambda value: 255 * (value >= 60)).getbbox() is None

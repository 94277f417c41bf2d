"""The picture of a dissection: what it shows, and whether one can read it."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.images.dissection import (
    CHOSEN,
    GROUND,
    MARGIN,
    MOST_COLUMNS,
    MUTED,
    TEXT,
    WIDTH,
    contrast,
    ink_on,
    percent,
    picture,
    rows_of,
    shade,
)
from models.names.dissection import Dissection, LetterChoice
from models.names.etymology import Part
from models.networks.vocabulary import END
from tests.bot.fakes import dissection

LONGEST = "w" * 26
LONG_MEANING = (Part("www", "w", "one who never comes back from " + "very " * 30 + "far", "Latin"),)


def drawn(subject: Dissection) -> Image.Image:
    """The picture, as whoever gets the file sees it."""
    return Image.open(io.BytesIO(picture(subject)))


def with_letters(*letters: LetterChoice) -> Dissection:
    return Dissection("xy", letters, ("xyosaurus",), ())


def pixels(image: Image.Image, colour: tuple[int, int, int]) -> int:
    """How many pixels have exactly this colour."""
    counts = image.getcolors(image.width * image.height) or []
    return next((count for count, found in counts if found == colour), 0)


@pytest.mark.parametrize("name", ["ox", "mangosaurus", LONGEST])
def test_it_is_a_png_of_one_width(name: str) -> None:
    image = drawn(dissection(name))
    assert image.format == "PNG"
    assert image.mode == "RGB"
    assert image.width == WIDTH


@pytest.mark.parametrize(
    "subject",
    [dissection("ox"), dissection(LONGEST), dissection(LONGEST, parts=LONG_MEANING)],
    ids=["short", "long", "long meaning"],
)
def test_nothing_is_drawn_on_the_margins(subject: Dissection) -> None:
    image = drawn(subject)
    edge = MARGIN - 4  # type may bulge by a stroke
    right, bottom = image.width - edge, image.height - edge
    for box in (
        (0, 0, edge, image.height),
        (right, 0, image.width, image.height),
        (0, 0, image.width, edge),
        (0, bottom, image.width, image.height),
    ):
        strip = image.crop(box)
        assert pixels(strip, GROUND) == strip.width * strip.height


def test_a_picture_is_no_taller_than_a_phone_shows_at_once() -> None:
    assert drawn(dissection("mangosaurus")).height <= 1.25 * WIDTH
    assert drawn(dissection(LONGEST, parts=LONG_MEANING)).height <= 2 * WIDTH


@given(st.integers(1, 27))
def test_letters_stand_in_rows_that_a_phone_can_show(length: int) -> None:
    letters = tuple(LetterChoice("a", i / 27, (("a", 1.0),)) for i in range(length))
    rows = rows_of(letters)
    assert sum(rows, ()) == letters
    assert all(len(row) <= MOST_COLUMNS for row in rows)
    assert len(rows[0]) == max(map(len, rows))


@given(st.floats(0, 1))
def test_every_letter_stands_out_from_its_shade(probability: float) -> None:
    ground = shade(probability)
    assert contrast(ink_on(ground), ground) >= 4.5


def test_the_title_stands_out_and_so_does_the_frame() -> None:
    assert contrast(TEXT, GROUND) >= 4.5
    assert contrast(MUTED, GROUND) >= 4.5
    assert contrast(CHOSEN, GROUND) >= 4.5


def test_contrast_is_that_of_the_guidelines() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (0x76, 0x76, 0x76)) == pytest.approx(4.54, abs=0.01)


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_likelier_the_brighter(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert contrast(shade(less), GROUND) <= contrast(shade(more), GROUND)


def test_small_probabilities_can_be_told_from_nothing() -> None:
    assert contrast(shade(0.05), shade(0)) > 1.25


def test_the_letter_of_the_name_is_framed_where_it_is_among_the_likeliest() -> None:
    alternatives = (("a", 0.6), ("b", 0.3), (END, 0.1))
    framed = LetterChoice("b", 0.3, alternatives)
    missing = LetterChoice("z", 0.0, alternatives)
    once = pixels(drawn(with_letters(framed, missing)), CHOSEN)
    assert once > 0
    assert pixels(drawn(with_letters(framed, framed)), CHOSEN) == 2 * once
    assert pixels(drawn(with_letters(missing, missing)), CHOSEN) == 0


def test_the_picture_shows_what_was_likely_instead() -> None:
    one = LetterChoice("a", 0.5, (("a", 0.5), ("b", 0.3)))
    other = LetterChoice("a", 0.5, (("a", 0.5), ("c", 0.3)))
    assert drawn(with_letters(one)).tobytes() != drawn(with_letters(other)).tobytes()


def test_percentages_are_written_in_whole_ones() -> None:
    written = [percent(probability) for probability in (0.0, 0.004, 0.006, 0.474, 1.0)]
    assert written == ["<1%", "<1%", "1%", "47%", "100%"]

"""The pictures of dissections: content and legibility."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.formats import odds, percent
from bot.images.dissection import (
    BACKGROUND,
    CHOSEN,
    MARGIN,
    MAX_COLUMNS,
    MUTED,
    TEXT,
    WIDTH,
    contrast,
    line_picture,
    picture,
    rows_of,
    shade,
    text_color_on,
)
from models.names.dissection import Dissection, LetterChoice, NamePart
from models.networks.vocabulary import END
from models.verse.dissection import MAX_TOKENS, LineDissection, WordChoice
from tests.bot.fakes import dissection, line_dissection

LONGEST = "w" * 26
LONG_MEANING = (
    NamePart("www", "w", "one who never comes back from " + "very " * 30 + "far", "Latin"),
)


def drawn(subject: Dissection) -> Image.Image:
    """The decoded picture."""
    return Image.open(io.BytesIO(picture(subject)))


def with_letters(*letters: LetterChoice) -> Dissection:
    return Dissection("xy", letters, ("xyosaurus",), ())


def pixels(image: Image.Image, color: tuple[int, int, int]) -> int:
    """How many pixels have exactly this color."""
    counts = image.getcolors(image.width * image.height) or []
    return next((count for count, found in counts if found == color), 0)


@pytest.mark.parametrize("name", ["ox", "mangosaurus", LONGEST])
def test_width(name: str) -> None:
    image = drawn(dissection(name))
    assert image.format == "PNG"
    assert image.mode == "RGB"
    assert image.width == WIDTH


@pytest.mark.parametrize(
    "subject",
    [dissection("ox"), dissection(LONGEST), dissection(LONGEST, parts=LONG_MEANING)],
    ids=["short", "long", "long meaning"],
)
def test_margins_are_empty(subject: Dissection) -> None:
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
        assert pixels(strip, BACKGROUND) == strip.width * strip.height


def test_height_fits_a_phone() -> None:
    assert drawn(dissection("mangosaurus")).height <= 1.25 * WIDTH
    assert drawn(dissection(LONGEST, parts=LONG_MEANING)).height <= 2 * WIDTH


@given(st.integers(1, 27))
def test_rows(length: int) -> None:
    letters = tuple(LetterChoice("a", i / 27, (("a", 1.0),)) for i in range(length))
    rows = rows_of(letters, MAX_COLUMNS)
    assert sum(rows, ()) == letters
    assert all(len(row) <= MAX_COLUMNS for row in rows)
    assert len(rows[0]) == max(map(len, rows))


@given(st.floats(0, 1))
def test_letters_have_contrast(probability: float) -> None:
    ground = shade(probability)
    assert contrast(text_color_on(ground), ground) >= 4.5


def test_title_and_box_have_contrast() -> None:
    assert contrast(TEXT, BACKGROUND) >= 4.5
    assert contrast(MUTED, BACKGROUND) >= 4.5
    assert contrast(CHOSEN, BACKGROUND) >= 4.5


def test_contrast_matches_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (0x76, 0x76, 0x76)) == pytest.approx(4.54, abs=0.01)


@given(st.floats(0, 1), st.floats(0, 1))
def test_more_likely_is_brighter(one: float, other: float) -> None:
    less, more = sorted((one, other))
    assert contrast(shade(less), BACKGROUND) <= contrast(shade(more), BACKGROUND)


def test_small_probabilities_are_visible() -> None:
    assert contrast(shade(0.05), shade(0)) > 1.25


def test_chosen_letter_is_boxed() -> None:
    alternatives = (("a", 0.6), ("b", 0.3), (END, 0.1))
    framed = LetterChoice("b", 0.3, alternatives)
    missing = LetterChoice("z", 0.0, alternatives)
    once = pixels(drawn(with_letters(framed, missing)), CHOSEN)
    assert once > 0
    assert pixels(drawn(with_letters(framed, framed)), CHOSEN) == 2 * once
    assert pixels(drawn(with_letters(missing, missing)), CHOSEN) == 0


def test_letters_without_a_font_are_skipped() -> None:
    """Their cells are empty: no missing-glyph boxes."""
    one, other = (LetterChoice(letter, 0.5, ((letter, 0.5),)) for letter in "あ龍")
    picture_of_one = drawn(Dissection("ああ", (one, one), (), ()))
    assert picture_of_one.tobytes() == drawn(Dissection("龍龍", (other, other), (), ())).tobytes()
    both = with_letters(LetterChoice("a", 0.5, (("a", 0.5),)), one)
    assert drawn(both).tobytes() != picture_of_one.tobytes()


def test_alternatives_are_shown() -> None:
    one = LetterChoice("a", 0.5, (("a", 0.5), ("b", 0.3)))
    other = LetterChoice("a", 0.5, (("a", 0.5), ("c", 0.3)))
    assert drawn(with_letters(one)).tobytes() != drawn(with_letters(other)).tobytes()


def test_percent() -> None:
    written = [percent(probability) for probability in (0.0, 0.004, 0.006, 0.474, 1.0)]
    assert written == ["<1%", "<1%", "1%", "47%", "100%"]


def drawn_line(*words: WordChoice) -> Image.Image:
    """The decoded picture of a line of these words."""
    return Image.open(io.BytesIO(line_picture(LineDissection("a line", words))))


def test_longest_line_fits_a_phone() -> None:
    line = line_dissection(" ".join(["immortality"] * MAX_TOKENS))
    image = Image.open(io.BytesIO(line_picture(line)))
    assert image.width == WIDTH
    assert image.height <= 2 * WIDTH
    margin = image.crop((WIDTH - MARGIN + 4, 0, WIDTH, image.height))
    assert pixels(margin, BACKGROUND) == margin.width * margin.height


def test_word_is_boxed_unless_unknown() -> None:
    alternatives = (("day", 0.6), ("night", 0.3))
    known = WordChoice("day", 0.6, alternatives)
    unknown = WordChoice("keyboard", None, alternatives)
    assert pixels(drawn_line(known), CHOSEN) > 0
    assert pixels(drawn_line(unknown), CHOSEN) == 0
    assert pixels(drawn_line(unknown), shade(0.6)) > 0


def test_end_of_line_is_not_the_word_end() -> None:
    end, word = (WordChoice(token, 0.5, ((token, 0.5),)) for token in (END, "end"))
    assert drawn_line(end).tobytes() != drawn_line(word).tobytes()


def test_odds() -> None:
    written = [odds(p) for p in (1.0, 0.474, 0.01, 0.0099, 1 / 4312, 1e-6, 0.0)]
    rare = ["1 in 100", "1 in 4,300", "1 in 1,000,000", "1 in 1,000,000"]
    assert written == ["100%", "47%", "1%", *rare]

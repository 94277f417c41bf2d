"""The pictures of dissections: content and legibility."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.pictures.canvas import BACKGROUND, CHOSEN, MUTED, TEXT, contrast, shade, text_color_on
from bot.pictures.dissection import (
    MAX_COLUMNS,
    WIDTH,
    DissectionColumn,
    line_picture,
    picture,
    rows_of,
)
from data.etymology import NamePart
from data.phrases import NOTHING
from models.names.capitalization import format_name
from models.names.dissection import Dissection, LetterChoice
from models.networks.vocabulary import END
from models.verse.dissection import MAX_TOKENS, LineDissection, WordChoice
from tests.bot.fakes import dissection, line_dissection
from tests.bot.pictures.pixels import decoded, has_empty_margins, pixels
from tests.texts import written

LONGEST = "w" * 26
LONG_MEANING = (
    NamePart("www", "w", "one who never comes back from " + "very " * 30 + "far", "Latin"),
)


def drawn(subject: Dissection) -> Image.Image:
    """The decoded picture."""
    return decoded(picture(subject, written(format_name(None, subject.name))))


def with_letters(*letters: LetterChoice) -> Dissection:
    return Dissection("xy", letters, ("xyosaurus",), ())


@pytest.mark.parametrize(
    ("subject", "most"),
    [
        (dissection("ox"), 1.25),
        (dissection("mangosaurus"), 1.25),
        (dissection(LONGEST), 2),
        (dissection(LONGEST, parts=LONG_MEANING), 2),
    ],
    ids=["short", "usual", "long", "long meaning"],
)
def test_fits_a_phone(subject: Dissection, most: float) -> None:
    image = drawn(subject)
    assert image.width == WIDTH
    assert image.height <= most * WIDTH
    assert has_empty_margins(image)


@given(st.integers(1, 27))
def test_rows(length: int) -> None:
    columns = [DissectionColumn(written("a"), i / 27, NOTHING, ()) for i in range(length)]
    rows = rows_of(columns, MAX_COLUMNS)
    assert [column for row in rows for column in row] == columns
    assert all(len(row) <= MAX_COLUMNS for row in rows)
    assert len(rows[0]) == max(map(len, rows))


@given(st.floats(0, 1))
def test_letters_have_contrast(probability: float) -> None:
    ground = shade(probability)
    assert contrast(text_color_on(ground), ground) >= 4.5


def test_contrast() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (0x76, 0x76, 0x76)) == pytest.approx(4.54, abs=0.01)
    assert all(contrast(color, BACKGROUND) >= 4.5 for color in (TEXT, MUTED, CHOSEN))


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


def drawn_line(*words: WordChoice) -> Image.Image:
    """The decoded picture of a line of these words."""
    return decoded(line_picture(LineDissection("a line", words)))


def test_longest_line_fits_a_phone() -> None:
    line = line_dissection(" ".join(["immortality"] * MAX_TOKENS))
    image = decoded(line_picture(line))
    assert image.width == WIDTH
    assert image.height <= 2 * WIDTH
    assert has_empty_margins(image)


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

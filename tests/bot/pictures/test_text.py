"""Text in any alphabet, drawn with the fonts at hand."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.pictures import text
from bot.pictures.svg import SYSTEM, rendered, svg_of
from bot.pictures.text import FontStyle, drawable_text, fitting_size, text_element, text_width
from tests.texts import written

Box = tuple[int, int, int, int]


def box_of(words: str, x: float, style: FontStyle = FontStyle.SERIF_BOLD, align: float = 0) -> Box:
    """The box around what is drawn, in a picture of 400 by 100 pixels."""
    svg = svg_of(400, 100, text_element(x, 70, words, style, 40, align))
    return Image.open(io.BytesIO(rendered(svg))).getbbox() or (0, 0, 0, 0)


@pytest.mark.parametrize(
    "words", ["Mangosaurus", "Ταυροσαύρα", "Мангозавр", "Ada O'Neill", "علي", "נועה"]
)
@pytest.mark.parametrize("style", FontStyle)
def test_drawable_text_is_kept(words: str, style: FontStyle) -> None:
    assert drawable_text(written(words), style) == words


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("🦕 Ada O'Neill 🦖", "Ada O'Neill"),
        ("a\u202eb\x00c\ufeff", "abc"),
        ("line\nbreak\t and  gap", "line break and gap"),
        ("e" + "\u0301" * 20, "é\u0301\u0301"),
        ("龍saurus", "saurus"),
        ("龍-🦖", ""),
        ("", ""),
    ],
)
def test_undrawable_characters_are_skipped(words: str, kept: str) -> None:
    assert drawable_text(written(words), FontStyle.SERIF) == kept


def test_system_fonts_are_a_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """For letters, marks and digits."""
    bundled = text._has

    def has(character: str, family: str, style: FontStyle) -> bool:
        return (family, character) == (SYSTEM, "龍") or bundled(character, family, style)

    monkeypatch.setattr(text, "_has", has)
    assert drawable_text(written("a龍 b"), FontStyle.SERIF) == "a b"
    monkeypatch.setattr(text, "FALLBACKS", ("Arimo", SYSTEM))
    assert drawable_text(written("a龍 b🦕"), FontStyle.SERIF) == "a龍 b"
    assert [family for family, _ in text._runs("a龍 b", FontStyle.SERIF)] == [
        "Noto Serif",
        SYSTEM,
        "Noto Serif",
    ]


def test_runs_are_split_by_font() -> None:
    runs = text._runs("Rex ♂ b", FontStyle.SERIF)
    assert runs == (("Noto Serif", "Rex "), ("Arimo", "♂ "), ("Noto Serif", "b"))


def test_right_to_left_text_is_one_run() -> None:
    ((family, _),) = text._runs("علي علي 7", FontStyle.SERIF_BOLD)
    assert family == "Noto Sans Arabic"


@pytest.mark.parametrize("words", ["Ox", "a", "-", "Rex ♂ b", "M" * 9, "é́", "علي", "<&>"])
@pytest.mark.parametrize("style", FontStyle)
def test_width_is_that_of_the_drawing(words: str, style: FontStyle) -> None:
    left, _, right, _ = box_of(words, 20, style)
    assert left >= 18
    assert right - 20 <= text_width(words, style, 40) + 2 <= right - 20 + 8


@given(st.text(max_size=40))
def test_drawable_text_is_idempotent(words: str) -> None:
    drawable = drawable_text(written(words), FontStyle.SERIF_BOLD)
    assert drawable_text(written(drawable), FontStyle.SERIF_BOLD) == drawable
    assert text_width(drawable, FontStyle.SERIF_BOLD) >= 0


@pytest.mark.parametrize(("align", "left"), [(0, 50), (0.5, 200), (1, 350)])
def test_alignment(align: float, left: float) -> None:
    width = text_width("Hannah H", FontStyle.SERIF_BOLD, 40)
    box = box_of("Hannah H", left, align=align)
    assert box[0] == pytest.approx(left - align * width, abs=4)
    assert 30 < box[1] < box[3] <= 72


@given(st.text("aWi éß-.", max_size=60), st.integers(8, 120), st.integers(40, 900))
def test_fitting_size(words: str, size: int, width: int) -> None:
    fitting = fitting_size(words, FontStyle.SANS, size, width)
    assert fitting <= size
    assert text_width(words, FontStyle.SANS, fitting) <= width + 1e-6

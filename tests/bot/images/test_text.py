"""Words of any alphabet, drawn with what type there is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from bot.images import text
from bot.images.text import (
    Type,
    drawable,
    length,
    write,
)


@pytest.fixture(autouse=True)
def no_type_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """What this machine happens to have must not decide."""
    monkeypatch.setattr(text, "_system", lambda: ())
    text._file_of.cache_clear()


@pytest.mark.parametrize("words", ["Mangosaurus", "Ταυροσαύρα", "Мангозавр", "Ada O'Neill", "علي"])
@pytest.mark.parametrize("cut", Type)
def test_words_that_type_has_stay_as_they_are(words: str, cut: Type) -> None:
    assert drawable(words, cut) == words


@pytest.mark.parametrize(
    ("words", "spelt"),
    [("さくらだい", "Sakuradai"), ("ゴジラ saurus", "Gozira saurus"), ("가나", "Gana")],
)
def test_letters_that_no_type_has_are_spelt_as_they_sound(words: str, spelt: str) -> None:
    assert drawable(words, Type.BOLD) == spelt


@pytest.mark.parametrize(
    ("words", "left"),
    [
        ("🦕 Ada O'Neill 🦖", "Ada O'Neill"),
        ("a\u202eb\x00c\ufeff", "abc"),
        ("line\nbreak\t and  gap", "line break and gap"),
        ("e" + "\u0301" * 20, "é\u0301\u0301"),
        ("龍-🦖", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_drawn_is_left_out(words: str, left: str) -> None:
    assert drawable(words, Type.PLAIN) == left


def test_a_file_is_asked_for_what_the_first_one_lacks() -> None:
    runs = text._runs("Rex 😀 b", Type.PLAIN)
    assert [run.text for run in runs] == ["Rex ", "😀 ", "b"]
    assert len({run.file for run in runs}) == 2


def test_words_that_are_read_from_the_right_are_one_run() -> None:
    (run,) = text._runs("علي علي 7", Type.BOLD)
    assert run.file.name == "DejaVuSans-Bold.ttf"


@given(st.text(max_size=40))
def test_whatever_is_drawable_stays_so_and_has_a_length(words: str) -> None:
    cleaned = drawable(words, Type.BOLD)
    assert drawable(cleaned, Type.BOLD) == cleaned
    assert length(cleaned, Type.BOLD) >= 0


def test_words_are_written_around_their_middle() -> None:
    image = Image.new("L", (400, 100))
    write(ImageDraw.Draw(image), (200, 70), "Hannah H", Type.BOLD, 40, 255)
    left, top, right, bottom = image.getbbox() or (0, 0, 0, 0)
    assert abs((left + right) / 2 - 200) <= 3
    assert 30 < top < bottom <= 72

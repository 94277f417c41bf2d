"""Text in any alphabet, drawn with the fonts at hand."""

from functools import lru_cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageFont

from bot.pictures import text
from bot.pictures.text import Font, FontStyle, draw_text, drawable_text, fitting_size, text_width

find_system_fonts = text._system_fonts.__wrapped__
"""Without the cache, and before the fixture of these tests hides the fonts of this machine."""


@pytest.mark.parametrize(
    "words", ["Mangosaurus", "Ταυροσαύρα", "Мангозавр", "Ada O'Neill", "علي", "נועה"]
)
@pytest.mark.parametrize("style", FontStyle)
def test_drawable_text_is_kept(words: str, style: FontStyle) -> None:
    assert drawable_text(words, style) == words


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
    assert drawable_text(words, FontStyle.SERIF) == kept


def test_system_fonts_are_a_fallback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Greek by a font of the system, where the style itself has Arabic only."""
    serif, *_, arabic = text._bundled_fonts(FontStyle.SERIF)
    monkeypatch.setattr(text, "_bundled_fonts", lambda style: (arabic,))
    assert drawable_text("Ταύρος", FontStyle.SERIF_BOLD) == ""
    text._font_with.cache_clear()
    monkeypatch.setattr(text, "_system_fonts", lambda: (Path("missing.ttf"), serif.file))
    assert drawable_text("Ταύρος", FontStyle.SERIF_BOLD) == "Ταύρος"
    assert text._runs("Ταύρος", FontStyle.SERIF_BOLD)[0].font == Font(serif.file)


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
def test_system_fonts_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str
) -> None:
    """In subfolders, in an order that depends on no disk, and without what is no font."""
    for name in ("HOME", "USERPROFILE", "WINDIR", "LOCALAPPDATA", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_DATA_DIRS", f"{tmp_path / 'missing'}:{tmp_path / 'second'}")
    monkeypatch.setattr("sys.platform", platform)
    own = {"darwin": "Library/Fonts", "win32": "Fonts"}.get(platform, "fonts")
    files = [tmp_path / own / name for name in ("b/A.ttf", "B.OTF", "a/C.ttc")]
    for file in (*files, tmp_path / own / "README.txt", tmp_path / own / "LastResort.otf"):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert [file for file in find_system_fonts() if tmp_path in file.parents] == files


def test_folders_without_a_home(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.setattr(Path, "home", homeless)
    assert text._font_folders()


def test_bold_is_bolder() -> None:
    """One file has both weights."""
    assert text_width("mmmm", FontStyle.SERIF_BOLD) > text_width("mmmm", FontStyle.SERIF)


def test_runs_are_split_by_font() -> None:
    runs = text._runs("Rex ♂ b", FontStyle.SERIF)
    assert [run.text for run in runs] == ["Rex ", "♂ ", "b"]
    assert len({run.font for run in runs}) == 2


def test_right_to_left_text_is_one_run() -> None:
    (run,) = text._runs("علي علي 7", FontStyle.SERIF_BOLD)
    assert run.font == Font(text._bundled_fonts(FontStyle.SANS)[-1].file, "Bold")


@given(st.text(max_size=40))
def test_drawable_text_is_idempotent(words: str) -> None:
    drawable = drawable_text(words, FontStyle.SERIF_BOLD)
    assert drawable_text(drawable, FontStyle.SERIF_BOLD) == drawable
    assert text_width(drawable, FontStyle.SERIF_BOLD) >= 0


def test_alignment() -> None:
    boxes = []
    for x, align in ((200, "center"), (50, "left")):
        image = Image.new("L", (400, 100))
        pen = ImageDraw.Draw(image)
        draw_text(pen, (x, 70), "Hannah H", FontStyle.SERIF_BOLD, 40, 255, align=align)  # type: ignore[arg-type]
        boxes.append(image.getbbox() or (0, 0, 0, 0))
    (left, top, right, bottom), (beside, *_) = boxes
    assert abs((left + right) / 2 - 200) <= 3
    assert 30 < top < bottom <= 72
    assert 50 <= beside <= 56


@given(st.text("aWi éß-.", max_size=60), st.integers(8, 120), st.integers(40, 900))
def test_fitting_size_without_a_shaper(words: str, size: int, width: int) -> None:
    """FriBiDi is missing on some machines; widths then are rounded letter by letter."""

    def plain(font: Font, size: int) -> ImageFont.FreeTypeFont:
        return ImageFont.truetype(str(font.file), size, layout_engine=ImageFont.Layout.BASIC)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text, "_font", lru_cache(plain))
        fitting = fitting_size(words, FontStyle.SANS, size, width)
        assert fitting <= size
        assert fitting == 1 or text_width(words, FontStyle.SANS, fitting) <= width

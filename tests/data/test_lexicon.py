"""The compiled lexicon: its readings, its source, invalid files."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from data.lexicon import (
    COMPILED,
    DIGESTS,
    Lexicon,
    LexiconError,
    load_lexicon,
    rhyme_of,
)
from data.pronunciation import Reading, reading_of
from tools.compilers.lexicon import compiled

LEXICON = load_lexicon()


def put(folder: Path, content: bytes, digest: str | None = None) -> Path:
    """Write a lexicon file with its digest, or another one, beside it."""
    path = folder / COMPILED.name
    path.write_bytes(content)
    listed = digest or hashlib.sha256(content).hexdigest()
    (folder / DIGESTS).write_text(f"{listed}  {path.name}\n")
    return path


@pytest.mark.parametrize(
    ("word", "readings"),
    [
        ("day", [("1", "EY1")]),
        ("compare", [("01", "EH1 R")]),
        ("forty", [("10", "AO1 R T IY0")]),
        ("an", [("1", "AE1 N"), ("0", "AH0 N")]),
        ("'tis", [("1", "IH1 Z")]),
        ("present", [("10", "EH1 Z AH0 N T"), ("01", "EH1 N T")]),
    ],
)
def test_readings(word: str, readings: list[tuple[str, str]]) -> None:
    assert LEXICON.readings(word) == tuple(Reading(*reading) for reading in readings)


def test_pickled_lexicon() -> None:
    """The shipped one is one object in each process."""
    assert pickle.loads(pickle.dumps(LEXICON)) is LEXICON  # noqa: S301 (its own pickle)
    day = Reading("1", "EY1")
    other = Lexicon(np.array([b"day"]), np.array([0], np.uint16), b"1A", ("EY1",))
    copy = pickle.loads(pickle.dumps(other))  # noqa: S301 (its own pickle)
    assert other.readings("day") == copy.readings("day") == (day,)
    assert copy.readings("compare") == ()


def test_unknown_words_have_no_readings() -> None:
    for word in ("", "'", "xqzt", "self love", "a\0", "Day", "é", "z" * 1000):
        assert LEXICON.readings(word) == (), word
    # Also before the first word, and behind the last one.
    readings = {word: (Reading("1", f"{word.upper()}1"),) for word in ("aa", "mm", "zz")}
    words = np.array([b"aa", b"mm", b"zz"])
    tiny = Lexicon(words, np.arange(3, dtype=np.uint16), b"1A\n1B\n1C", ("AA1", "MM1", "ZZ1"))
    assert {word: tiny.entry(word) for word in readings} == readings
    assert [tiny.entry(word) for word in ("a", "b", "zzz", "~")] == [(), (), (), ()]


@given(st.text())
def test_any_text_can_be_looked_up(text: str) -> None:
    for reading in LEXICON.readings(text):
        assert reading.stresses
        assert set(reading.stresses) <= set("012")
        assert reading.rhyme


@pytest.mark.parametrize(
    ("phones", "stresses", "rhyme"),
    [
        ("K AH0 M P EH1 R", "01", "EH1 R"),
        ("B AH1 T ER0 F L AY2", "102", "AY2"),
        ("AH0 N", "0", "AH0 N"),
        ("DH AH0", "0", "DH AH0"),
    ],
)
def test_rhyme_starts_at_the_last_stressed_vowel(phones: str, stresses: str, rhyme: str) -> None:
    assert reading_of(phones) == (stresses, rhyme)


def test_rhyme_of_words() -> None:
    assert rhyme_of("day") == rhyme_of("may") == rhyme_of("away") == "EY1"
    assert rhyme_of("holiday") == "EY1"  # of a weaker stress
    assert rhyme_of(",") == rhyme_of("qzx") == ""


def test_load_another_lexicon(tmp_path: Path) -> None:
    readings = {"hale": (Reading("1", "EY1 L"),), "hula": (Reading("10", "UW1 L AH0"),)}
    read = load_lexicon(put(tmp_path, compiled(readings)))
    assert read.words() == ("hale", "hula")
    assert {word: read.entry(word) for word in readings} == readings


def test_other_files_are_rejected(tmp_path: Path) -> None:
    path = put(tmp_path, b"damaged", "0" * 64)
    with pytest.raises(LexiconError, match="differs from its digest in SHA256SUMS"):
        load_lexicon(path)
    for content in (b"", b"not arrays", save({"words": np.zeros(3, np.uint8)})):
        with pytest.raises(LexiconError, match=r"is not a lexicon.*tools.compilers.lexicon"):
            load_lexicon(put(tmp_path, content))
    for missing in (DIGESTS, COMPILED.name):
        (tmp_path / missing).unlink()
        with pytest.raises(LexiconError, match=f"Cannot read {missing}: No such file"):
            load_lexicon(path)

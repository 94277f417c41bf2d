"""The compiled lexicon: its readings, its source, invalid files."""

import hashlib
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from data.lexicon import COMPILED, DIGESTS, Lexicon, LexiconError, load_lexicon, rhyme_of
from data.pronunciation import CONTRACTIONS, Reading, is_archaic, reading_of, with_fallbacks
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


# Early modern words


ENDINGS = with_fallbacks(LEXICON.entry, endings_only=True)


@pytest.mark.parametrize(
    "readings",
    [
        # A vowel that is dropped: D behind a voice, T behind breath.
        "mov'd 1 UW1 V D, call'd 1 AO1 L D, gaz'd 1 EY1 Z D, woo'd 1 UW1 D, sever'd 10 EH1 V ER0 D",
        "fix'd 1 IH1 K S T, stopp'd 1 AA1 P T, hop'd 1 OW1 P T, us'd 1 UW1 S T, touch'd 1 AH1 CH T",
        "remember'd 010 EH1 M B ER0 D",
        # Behind T and D it cannot be dropped.
        "scanted 10 AE1 N T AH0 D, throned 1 OW1 N D, purposed 10 ER1 P AH0 S T",
        # Of the second person.
        "lov'st 1 AH1 V S T, know'st 1 OW1 S T, lovest 10 AH1 V AH0 S T, seest 10 IY1 AH0 S T",
        "owest 10 OW1 AH0 S T, buriest 100 UH1 R IY0 AH0 S T, teachest 10 IY1 CH AH0 S T",
        "canst 1 AE1 N S T, wouldst 1 UH1 D S T",
        # Of the third.
        "tempteth 10 EH1 M P T AH0 TH, gazeth 10 EY1 Z AH0 TH",
        # Possessives and plurals.
        "beauty's 10 UW1 T IY0 Z, grief's 1 IY1 F S, wretch's 10 EH1 CH AH0 Z, griefs 1 IY1 F S",
        "wombs 1 UW1 M Z, wretches 10 EH1 CH AH0 Z, offences 010 EH1 N S IH0 Z",
        # What runs on.
        "is't 1 IH1 Z T, heav'n 1 EH1 V N, stol'n 1 OW1 L N, pow'r 1 AW1 R, flow'rs 1 AW1 R Z",
        "o'er 1 AO1 R, 'gainst 1 EH1 N S T, o'erlook 21 UH1 K",
        # Spelling, and one form upon another.
        "honour'd 10 AA1 N ER0 D, labouring 100 EY1 B ER0 IH0 NG, offence 01 EH1 N S",
        "prizing 10 AY1 Z IH0 NG",
    ],
)
def test_readings_of_forms(readings: str) -> None:
    """Each word, which the dictionary does not have, with its stresses and its rhyme."""
    for word, stresses, rhyme in (reading.split(" ", 2) for reading in readings.split(", ")):
        assert not LEXICON.entry(word), word
        assert LEXICON.readings(word)[0] == (stresses, rhyme), word


def test_stresses_of_all_readings() -> None:
    """Of the second person, which has two, unless it follows a sibilant."""
    for word, stresses in (("deservest", ["010", "01"]), ("gazest", ["10"])):
        assert [reading.stresses for reading in LEXICON.readings(word)] == stresses


def test_quotation_marks_are_removed() -> None:
    assert LEXICON.readings("'night'") == LEXICON.readings("night") != ()
    # Known words need no rule.
    assert LEXICON.readings("blessed") == LEXICON.entry("blessed") != ()

    for word in ("qqq'd", "xzest", "zzzeth", "vvv's", "hea'n", "our", "th"):
        assert LEXICON.readings(word) == LEXICON.entry(word), word


def test_contractions_are_not_in_the_dictionary() -> None:
    assert not any(map(LEXICON.entry, CONTRACTIONS))
    assert all(map(LEXICON.readings, CONTRACTIONS))


def test_endings_only_reads_frequent_forms() -> None:
    for word in ("mov'd", "lov'st", "lovest", "loveth", "beauty's", "wooed"):
        assert ENDINGS(word) == LEXICON.readings(word) != ()
    for word in ("o'er", "canst", "griefs", "pow'r", "vigour", "prizing", "is't"):
        assert ENDINGS(word) == ()


def test_is_archaic() -> None:
    archaic = ["thou", "hath", "o'er", "'tis", "loveth", "lov'd", "canst"]
    archaic += ["pow'r", "heav'n", "lovest", "is't"]
    others = ["love", "best", "can't", "beauty's", "dead", "elizabeth"]
    assert [word for word in archaic + others if is_archaic(word, LEXICON.entry)] == archaic


@given(st.text("abdeinorstu'y", max_size=12), st.sampled_from(["'d", "'st", "est", "eth", "'s"]))
def test_forms_have_at_least_the_syllables_of_the_stem(stem: str, ending: str) -> None:
    if not LEXICON.entry(stem) or LEXICON.entry(stem + ending):
        return
    shortest = min(len(reading.stresses) for reading in LEXICON.readings(stem))
    assert all(len(reading.stresses) >= shortest for reading in ENDINGS(stem + ending))


@given(st.lists(st.sampled_from(["our", "ed", "'d", "'s", "est", "eth", "ing", "o'er", "love"])))
def test_repeated_endings_terminate(parts: list[str]) -> None:
    assert isinstance(LEXICON.readings("".join(parts)), tuple)

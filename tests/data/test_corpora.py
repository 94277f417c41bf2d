"""The corpora: sizes and splits, uploaded files, downloads."""

import hashlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import downloads
from data.corpora import (
    LARGEST_FILE,
    SHORTEST_TEXT,
    Corpus,
    CorpusError,
    CorpusKind,
    load_names,
    load_plays,
    load_sonnets,
    parse_corpus,
    read_corpus,
)
from tests.optional import downloaded

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = [f"{letter}ngosaurus" for letter in LETTERS]
VERSE = "when forty winters shall besiege thy brow\n" * 200


def names_of(text: str) -> Corpus:
    return parse_corpus(text.encode(), "mine.txt", "names")


def verse_of(text: str) -> Corpus:
    return parse_corpus(text.encode(), "mine.txt", "verse")


# The project's names


def test_names() -> None:
    names = load_names().items
    assert len(names) == 1_318
    assert list(names) == sorted(set(names))
    assert set("".join(names)) == set(LETTERS)


def test_split_of_the_names() -> None:
    corpus = load_names()
    order = np.random.default_rng(3407).permutation(1_318)
    shuffled = [corpus.items[i] for i in order]
    assert list(corpus.held_out) == shuffled[:131]
    assert list(corpus.validation) == shuffled[131:262]
    assert list(corpus.training) == shuffled[262:]
    assert not corpus.reads_all
    assert set(corpus.plain.split("\n")) == {*corpus.training, *corpus.validation}


def test_changed_file_of_names_is_rejected(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "corpora.toml").write_bytes((downloads.HERE / "corpora.toml").read_bytes())
    (tmp_path / "dinos.txt").write_text("mangosaurus\n")
    monkeypatch.setattr(downloads, "HERE", tmp_path)
    with pytest.raises(CorpusError, match=r"data/dinos\.txt doesn't match its entry"):
        load_names()


# Other files


def test_list_is_sorted_and_split() -> None:
    corpus = names_of("\n".join(reversed(NAMES)))
    assert list(corpus.items) == NAMES
    parts = (corpus.held_out, corpus.validation, corpus.training)
    assert [len(part) for part in parts] == [2, 2, 22]
    assert sorted(name for part in parts for name in part) == NAMES
    assert corpus.notes == ()
    assert corpus.known() == set(NAMES)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_byte_order_mark_and_line_endings(ending: str) -> None:
    corpus = names_of("\ufeff" + ending.join([*NAMES, ""]))
    assert corpus.items == tuple(NAMES)
    assert corpus.sha256 == names_of("\n".join(NAMES)).sha256
    assert corpus.notes == (
        "1 byte-order mark removed.",
        "26 line endings converted from CR LF or CR to LF.",
    )


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (["", "  "], "2 empty lines skipped."),
        ([""], "1 empty line skipped."),
        (["恐龍", "42"], "2 lines skipped: no letter from a to z."),
        (["angosaurus"], "1 duplicate removed."),
        (["ANGOSAURUS", "Ängosaurus"], "2 duplicates removed."),
        (["a" * 65, "1" * 2_000_000], "2 lines skipped: longer than 64 characters."),
        (["ß" * 40], "1 line skipped: longer than 64 characters."),
        (["ANGOSAURUS"], "1 name simplified to the letters a to z."),
        (["Ñandusaurus", "T. rex"], "2 names simplified to the letters a to z."),
    ],
)
def test_notes_on_a_list(lines: list[str], note: str) -> None:
    assert note in names_of("\n".join([*lines, *NAMES])).notes


def test_plain_text_of_other_files() -> None:
    """It is not cleaned, and includes the held-out part."""
    corpus = names_of("\n".join([*NAMES, "Zzango", "z" * 64, "z" * 65, "ß" * 33]))
    assert corpus.items == (*NAMES, "zzango", "z" * 64)
    assert corpus.plain == "\n".join([*NAMES, "Zzango", "z" * 64])
    assert verse_of("Forty\r\n" + VERSE).plain == "Forty\n" + VERSE
    assert corpus.reads_all
    assert verse_of(VERSE).reads_all


def test_order_case_and_encoding_do_not_matter() -> None:
    tidy = names_of("\n".join(NAMES))
    untidy = "\n\n".join([name.upper() for name in reversed(NAMES)] + NAMES)
    for encoding in ("utf-8", "utf-16"):
        read = parse_corpus(untidy.encode(encoding), "mine.txt", "names")
        assert (read.training, read.sha256) == (tidy.training, tidy.sha256)


def test_verse_is_split_at_lines() -> None:
    corpus = verse_of(VERSE)
    parts = [*corpus.training, *corpus.validation, *corpus.held_out]
    assert "".join(parts) == corpus.items[0] == VERSE + "\n"
    assert all(part.startswith("when forty") for part in parts)
    sizes = [len(part) / len(VERSE) for part in parts]
    assert sizes == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert corpus.notes == ()


def test_notes_on_verse() -> None:
    corpus = verse_of("\ufeff\r\n“Ô” [2]\r\n\r\n[3]\r\n\r\n" + VERSE.replace("\n", "\r\n"))
    assert corpus.items[0].startswith("'o'\n\nwhen forty winters")
    assert corpus.notes == (
        "1 byte-order mark removed.",
        "205 line endings converted from CR LF or CR to LF.",
        "6 characters removed: not used in verse (digits, symbols).",
        "3 characters simplified (capital letters, accents, quotation marks, dashes).",
        "3 empty lines removed (at the start or end, or repeated).",
    )


def test_verse_in_its_own_alphabet() -> None:
    text = "Über  die Größe,\r\n„3“ – и любовь!\t\n" * 200
    corpus = parse_corpus(text.encode(), "eigenes.txt", "verse", keeps_alphabet=True)
    assert corpus.keeps_alphabet
    assert corpus.items[0].startswith("Über die Größe,\n„3“ – и любовь!\nÜber")
    assert corpus.notes == ("200 line endings converted from CR LF or CR to LF.",)
    assert corpus.known() == {"Über die Größe,", "„3“ – и любовь!"}
    assert corpus.proper_nouns == frozenset()
    assert not verse_of(VERSE).keeps_alphabet


def test_known_lines() -> None:
    corpus = verse_of("Shall I compare thee\n\n" + VERSE)
    assert corpus.known() == {"shall i compare thee", "when forty winters shall besiege thy brow"}


@pytest.mark.parametrize("kind", ["names", "verse"])
@pytest.mark.parametrize(
    ("raw", "why"),
    [
        *(
            (text.encode(), r"mine\.txt is empty")
            for text in ("", " \n\t\r\n", "\ufeff \r\n\u00a0")
        ),
        (b"\x7fELF\0\0", r"mine\.txt isn't a plain text file\. Save it as \.txt, or"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "isn't a plain text file"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "isn't a plain text file"),
        (b"\xff\xfea", "isn't UTF-16 text: line 1 contains the byte 0x61"),
        ("Où\n".encode("latin-1") * 5_000, "isn't UTF-8 text: line 1 contains the byte 0xf9"),
        (b"a\nb\n\xe9\n", "line 3 contains the byte 0xe9"),
        (b"a" * (LARGEST_FILE + 1), r"mine\.txt is too large\. The limit is 16 MiB"),
    ],
    ids=["empty", "blank", "mark", "binary", "PNG", "PDF", "UTF-16", "Latin-1", "late", "large"],
)
def test_corpus_must_be_text(raw: bytes, why: str, kind: CorpusKind) -> None:
    with pytest.raises(CorpusError, match=why):
        parse_corpus(raw, "mine.txt", kind)


def test_shortest_list() -> None:
    for text, found in (("mango\n" * 500, 1), ("\n".join(NAMES[:19]), 19), ("42\n" * 99, 0)):
        why = rf"too few names\. .* at least 20 .*, such as mango.* has {found}\."
        with pytest.raises(CorpusError, match=why):
            names_of(text)
    corpus = names_of("\n".join(NAMES[:20]))
    assert all((corpus.training, corpus.validation, corpus.held_out))


@given(st.binary() | st.text().map(lambda text: (VERSE + text).encode("utf-8", "ignore")))
def test_any_bytes_give_verse_or_a_sentence(raw: bytes) -> None:
    sentence = "It is read."
    try:
        parse_corpus(raw, "mine.txt", "verse")
    except CorpusError as error:
        sentence = str(error)
    assert sentence.endswith(".")


def test_shortest_verse() -> None:
    with pytest.raises(CorpusError, match=r"too short\. .* at least 5,000 .* has 15\."):
        verse_of("shall i compare")
    with pytest.raises(CorpusError, match=r"has 4,999\."):
        verse_of("a" * (SHORTEST_TEXT - 1))
    for text in ("a " * 9_000, "a\n" + "b " * 9_000):
        with pytest.raises(CorpusError, match="It needs line breaks"):
            verse_of(text)


def test_read_corpus(tmp_path: Path) -> None:
    path = tmp_path / "elves.txt"
    with pytest.raises(CorpusError, match=r"Couldn't read .*elves\.txt: No such file"):
        read_corpus(path, "names")
    with pytest.raises(CorpusError, match="Couldn't read"):
        read_corpus(tmp_path, "names")
    path.write_text("\n".join(NAMES))
    assert read_corpus(path, "names").title == "elves.txt"


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without an end")
def test_endless_file() -> None:
    with pytest.raises(CorpusError, match="zero is too large"):
        read_corpus(Path("/dev/zero"), "names")


# The real texts


def test_sonnets() -> None:
    corpus = downloaded(load_sonnets)
    assert len(corpus.items) == 154
    assert len(set("".join(corpus.items))) == 36
    assert all(poem.endswith("\n\n") for poem in corpus.items)
    assert corpus.items[17].startswith("shall i compare thee to a summer's day?\n")
    text = "".join(corpus.held_out)
    assert len(corpus.held_out) == 15
    assert len(text) == 9_219
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "5bdb5f21dc55179d41d6f43ebeed9a6d14e0806e727030fae21bafe34b5d506b"
    )
    assert len(corpus.validation) == 15
    assert not {*corpus.held_out, *corpus.validation} & set(corpus.training)


def test_plays_are_speech_without_held_out_lines() -> None:
    plays = downloaded(load_plays)
    held_out = "".join(downloaded(load_sonnets).held_out).split("\n")
    lines = {line for scene in plays.items for line in scene.split("\n")}
    assert "to be, or not to be: that is the question:" in lines
    assert lines.isdisjoint(line for line in held_out if len(line) > 25)
    assert plays.held_out == ()

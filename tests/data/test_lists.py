"""Lists of a member's own: what is read, what is mended, and what is refused, line by line."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import LONGEST_NAME, SHORTEST_LIST
from data.lists import (
    LARGEST_LIST,
    LONGEST_LIST,
    MOST_CHARACTERS,
    MOST_LEFT_OUT,
    MOST_LINES,
    ListError,
    NameList,
    corpus_of,
    normalise_entry,
    parse_list,
    read_list,
)

TOWNS = [f"{letter}ille-sur-Mér" for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"]
KANA = [a + b for a in "アイウエオ" for b in "カキクケコ"]


def anything(_name: str) -> bool:
    return True


def parsed(*lines: str, encoding: str = "utf-8", banned: str = "") -> NameList:
    raw = "\n".join(lines).encode(encoding)
    return parse_list(raw, "towns.txt", lambda name: name != (banned or None))


def refusal(raw: bytes, *banned: str) -> str:
    with pytest.raises(ListError) as refused:
        parse_list(raw, "towns.txt", lambda name: name not in banned)
    return str(refused.value)


def refused(*lines: str, banned: str = "") -> str:
    return refusal("\n".join(lines).encode(), banned)


@pytest.mark.parametrize("names", [TOWNS, KANA, [f"Ναύκρατις {c}" for c in "αβγδεζηθικλμνξοπρστυ"]])
def test_names_of_any_alphabet_stay_as_they_are_written(names: list[str]) -> None:
    assert parsed(*names) == NameList(tuple(names))


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_tells_the_encoding(encoding: str) -> None:
    assert parsed(*TOWNS, encoding=encoding).names == tuple(TOWNS)


def test_white_space_and_accents_are_written_in_one_way() -> None:
    odd = unicodedata.normalize("NFD", "  Bad \t Kötzting\r")
    assert parsed(odd, "", *TOWNS, "").names == ("Bad Kötzting", *TOWNS)


def test_duplicates_are_dropped_and_told_with_their_lines() -> None:
    names = parsed(*TOWNS, TOWNS[0].upper(), "", *TOWNS[:6])
    assert names.names == tuple(TOWNS)
    assert names.notes == ("7 duplicates dropped (lines 27, 29, 30, 31, 32 and 2 more).",)
    assert parsed(*TOWNS, TOWNS[3]).notes == ("1 duplicate dropped (line 27).",)
    quoted = parsed(*TOWNS, "Val d’Or", "val d'or")
    assert quoted.names[-1] == "Val d’Or"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_of_a_table_the_first_column_is_read(separator: str) -> None:
    rows = [f'"{town}"{separator}{number}' for number, town in enumerate(TOWNS)]
    names = parsed(f"Name{separator}Inhabitants", *rows)
    assert names.names == tuple(TOWNS)
    assert names.notes == (
        "Of 2 columns, only the first was read.",
        'The heading "Name" was left out.',
    )


def test_a_single_column_may_have_a_heading_and_quotes_too() -> None:
    assert parsed("names", *TOWNS).names == tuple(TOWNS)
    assert parsed(*(f'"{town}, the ""old"""' for town in TOWNS)).names == tuple(
        f'{town}, the "old"' for town in TOWNS
    )


def test_a_comma_in_some_names_makes_no_table() -> None:
    assert parsed("Hall, Tirol", *TOWNS).names == ("Hall, Tirol", *TOWNS)


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("a\x07b", "there is a character that cannot be seen (U+0007); take it out"),
        ("a\u202eb", "there is a character that cannot be seen (U+202E); take it out"),
        ("a\u2028b", "there is a character that cannot be seen (U+2028); take it out"),
        ("x" * 65, "a name has at most 64 characters, and this one has 65"),
        ("42!", "a name needs a letter, and there is none"),
        ("Darn", "this is nothing that I would say; take it out"),
    ],
)
def test_each_problem_is_told_with_its_line(line: str, problem: str) -> None:
    told = refused(*TOWNS[:2], line, *TOWNS[2:], banned="darn")
    assert told == f"towns.txt cannot be learned from. Line 3: {problem}."


def test_only_the_first_problems_are_told_one_by_one() -> None:
    told = refused(*TOWNS, *["42"] * 8)
    assert "Line 31:" in told
    assert "Line 32:" not in told
    assert told.endswith(" And 3 more.")


def test_of_a_long_list_a_few_faulty_lines_are_left_out_and_told() -> None:
    many = [f"{town} {letter}" for town in TOWNS for letter in "abcdefgh"]
    many_more = [f"{town} {letter}" for town in TOWNS for letter in "ijklmnop"]
    at_most = int((len(many) + 4) * MOST_LEFT_OUT)
    assert at_most == 4
    found = parsed(*many[:2], "Darn", *many[2:], "42", "43", "a\u202eb", banned="Darn")
    assert found.names == tuple(many)
    assert found.notes == (
        "1 line left out: this is nothing that I would say (line 3).",
        "2 lines left out: a name needs a letter, and there is none (lines 210, 211).",
        "1 line left out: there is a character that cannot be seen (U+202E) (line 212).",
    )
    long = [f"{'x' * (65 + n)}" for n in range(8)]
    last = parsed(*many, *many_more, *long).notes[-1]
    assert last == "3 more left out for other reasons (lines 422, 423, 424)."
    assert "Line 213: a name needs a letter" in refused(*many, *["42"] * 5)


def test_a_list_that_is_no_text_is_refused() -> None:
    assert refusal("\n".join(TOWNS).encode("latin-1")) == (
        "towns.txt is not UTF-8 text (line 1 holds byte 0xe9); save it as plain text in UTF-8, "
        "one name a line."
    )
    assert "it holds zero bytes" in refusal(b"\x7fELF\0\0")
    assert "is not UTF-16 text;" in refusal(b"\xff\xfea")
    assert "at most 2 MiB, and this one has 2.0" in refusal(b"a" * (LARGEST_LIST + 1))


def test_a_list_is_neither_too_short_nor_too_long() -> None:
    assert "at least 20 different names, one a line, and there are 0." in refusal(b"")
    assert "and there are 1." in refused(*["Hall"] * 100)
    many = "\n".join(f"{chr(97 + n % 26)}{n}" for n in range(LONGEST_LIST + 1))
    assert "at most 50,000 different names, and there are 50,001." in refusal(many.encode())


def test_a_list_of_too_many_characters_says_from_where_on() -> None:
    signs = [chr(0x4E00 + n) for n in range(MOST_CHARACTERS + 3)]
    assert refused(*signs) == (
        "towns.txt cannot be learned from. A list can have at most 200 different characters, and "
        "there are 203 (one too many from line 201 on)."
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
def test_an_entry_is_read_in_small_letters_and_plain_signs(text: str, entry: str) -> None:
    assert normalise_entry(text) == entry


def test_a_sigma_is_final_only_where_the_name_ends() -> None:
    assert normalise_entry("ΟΔΥΣ", ends=False) == "οδυσ"


@given(st.text(), st.booleans())
def test_to_normalise_twice_is_to_normalise_once(text: str, ends: bool) -> None:
    entry = normalise_entry(text, ends=ends)
    assert normalise_entry(entry, ends=ends) == entry


lines = st.lists(st.text(max_size=70) | st.sampled_from(TOWNS + KANA), max_size=60)


@given(
    st.binary()
    | st.builds(lambda some, extra: "\n".join([*some, *extra]).encode(), lines, st.just(TOWNS))
    | lines.map(lambda some: "\n".join(some).encode("utf-16", "ignore"))
)
def test_whatever_the_bytes_there_is_a_good_list_or_a_sentence(raw: bytes) -> None:
    try:
        found = parse_list(raw, "towns.txt", anything)
    except ListError as error:
        sentence = str(error)
    else:
        sentence = "towns.txt is fine."
        check_invariants(found)
    assert sentence.startswith("towns.txt ")
    assert sentence.endswith(".")


def check_invariants(found: NameList) -> None:
    entries = [normalise_entry(name) for name in found.names]
    assert SHORTEST_LIST <= len(entries) == len(set(entries)) <= LONGEST_LIST
    assert len(set("".join(entries))) <= MOST_CHARACTERS
    for name in found.names:
        assert 0 < len(name) <= LONGEST_NAME
        assert name == unicodedata.normalize("NFC", " ".join(name.split()))
        assert any(map(str.isalpha, name))
        assert not re.search(r"[\x00-\x1f\x7f-\x9f]", name)
    assert all(note.endswith(".") for note in found.notes)


def test_a_tenth_of_a_list_validates_and_nothing_is_held_out() -> None:
    corpus = corpus_of(parsed(*TOWNS), "towns.txt")
    assert corpus.items == tuple(sorted(town.lower() for town in TOWNS))
    assert sorted(corpus.training + corpus.validation) == list(corpus.items)
    assert (len(corpus.validation), corpus.held_out, corpus.reads_all) == (4, (), True)
    assert corpus_of(parsed(*TOWNS[::-1]), "again").sha256 == corpus.sha256
    long = NameList(tuple(f"a{n}" for n in range(10_000)))
    assert len(corpus_of(long, "long").validation) == 500


def test_an_operator_may_teach_whatever_words(tmp_path: Path) -> None:
    path = tmp_path / "towns.txt"
    path.write_text("\n".join([*TOWNS, "Darn"]))
    assert read_list(path).names == (*TOWNS, "Darn")
    with pytest.raises(ListError, match=r"Cannot read .*missing.txt: No such file"):
        read_list(tmp_path / "missing.txt")


def test_a_file_of_too_many_lines_is_refused_before_they_are_looked_at() -> None:
    raw = b"1\n" * (MOST_LINES + 1)
    told = refusal(raw)
    assert told.startswith("towns.txt has 200,001 lines: a file can have at most 200,000,")

"""The table of roots: what it says, and how it is refused when it says something else."""

from pathlib import Path

import pytest

from data.roots import Root, RootsError, load_roots


def test_a_root_is_found_by_its_letters_in_each_of_its_forms() -> None:
    roots = load_roots()
    assert roots["micro"] == Root("mikros", "small", "Greek", "begins")
    assert roots["raptor"] == Root("raptor", "thief", "Latin", "joins")
    assert roots["odon"] == roots["odonto"] == Root("odous", "tooth", "Greek", "joins")


def test_there_are_hundreds_of_roots_of_both_classical_languages() -> None:
    languages = [root.language for root in load_roots().values()]
    assert languages.count("Greek") > 200
    assert languages.count("Latin") > 50


def test_every_meaning_is_a_word_or_three() -> None:
    assert all(1 <= len(root.meaning.split()) <= 3 for root in load_roots().values())


def test_the_table_is_read_once() -> None:
    assert load_roots() is load_roots()


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("[Greek.begins", "Cannot read roots.toml"),
        ("Greek = 1", r"expected a table for each place, for example \[Greek.begins\]"),
        ('[Greek.somewhere]\nmicro = ["mikros", "small"]', "expected a table for each place"),
        ("[Greek.begins]\nmicro = 'small'", "micro is 'small'; expected a word and its meaning"),
        ('[Greek.begins]\nmicro = ["mikros", ""]', "expected a word and its meaning"),
        (
            '[Greek.begins]\nμικρο = ["mikros", "small"]'.replace("μικρο", '"μικρο"'),
            "expected a to z",
        ),
        ('[Greek.begins]\nm = ["mikros", "small"]', "'m' are no letters; expected a to z"),
        ('[Greek.begins]\n"mic mic" = ["mikros", "small"]', "mic stands twice in roots.toml"),
    ],
)
def test_a_table_that_says_something_else_is_refused(
    tmp_path: Path, table: str, sentence: str
) -> None:
    path = tmp_path / "roots.toml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(RootsError, match=sentence):
        load_roots(path)


def test_a_table_that_is_missing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RootsError, match=r"Cannot read roots\.toml"):
        load_roots(tmp_path / "roots.toml")

"""The table of roots: its content, and invalid tables."""

from pathlib import Path

import pytest

from data.roots import Root, RootsError, load_roots


def test_variants() -> None:
    roots = load_roots()
    assert roots["micro"] == Root("mikros", "small", "Greek", "begins")
    assert roots["raptor"] == Root("raptor", "thief", "Latin", "joins")
    assert roots["odon"] == roots["odonto"] == Root("odous", "tooth", "Greek", "joins")


def test_number_of_roots() -> None:
    languages = [root.language for root in load_roots().values()]
    assert languages.count("Greek") > 200
    assert languages.count("Latin") > 50


def test_meanings_are_short() -> None:
    assert all(1 <= len(root.meaning.split()) <= 3 for root in load_roots().values())


def test_table_is_cached() -> None:
    assert load_roots() is load_roots()


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("[Greek.begins", "Cannot read roots.toml"),
        ("Greek = 1", r"expected a table for each position, like \[Greek.begins\]"),
        ('[Greek.somewhere]\nmicro = ["mikros", "small"]', "expected a table for each position"),
        ("[Greek.begins]\nmicro = 'small'", "micro is 'small'; expected a word and its meaning"),
        ('[Greek.begins]\nmicro = ["mikros", ""]', "expected a word and its meaning"),
        (
            '[Greek.begins]\nμικρο = ["mikros", "small"]'.replace("μικρο", '"μικρο"'),
            "expected 2 or more letters a–z",
        ),
        (
            '[Greek.begins]\nm = ["mikros", "small"]',
            "'m' is not a root; expected 2 or more",
        ),
        ('[Greek.begins]\n"mic mic" = ["mikros", "small"]', "roots.toml has mic twice"),
    ],
)
def test_invalid_table_is_rejected(tmp_path: Path, table: str, sentence: str) -> None:
    path = tmp_path / "roots.toml"
    path.write_text(table, encoding="utf-8")
    with pytest.raises(RootsError, match=sentence):
        load_roots(path)


def test_missing_table_is_rejected(tmp_path: Path) -> None:
    with pytest.raises(RootsError, match=r"Cannot read roots\.toml"):
        load_roots(tmp_path / "roots.toml")

"""Near copies, against the edit distance itself."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names import filters
from models.names.filters import ListedNames, NearNames, RealNames, near_names_of
from models.serving.memory import resident_bytes
from models.serving.packed_texts import packed
from tests.models.tiny import namer

WORDS = st.text("abc", min_size=1, max_size=5)


def edit_distance(a: str, b: str) -> int:
    """Levenshtein distance, by its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    changed = edit_distance(a[1:], b[1:]) + (a[0] != b[0])
    return min(changed, 1 + edit_distance(a[1:], b), 1 + edit_distance(a, b[1:]))


@given(st.sets(WORDS, max_size=4), WORDS)
def test_is_near_is_one_edit(names: set[str], name: str) -> None:
    near = any(edit_distance(name, real) <= 1 for real in names)
    assert RealNames.of(names).is_near(name) == near
    assert not RealNames.of(["mango"]).is_near("magno")  # a swap is two edits


def near_names(*words: str) -> NearNames:
    return near_names_of(replace(namer(), words=words))


@pytest.mark.parametrize("indexed", [2, 5_000])
def test_genera_are_always_real(monkeypatch: pytest.MonkeyPatch, indexed: int) -> None:
    monkeypatch.setattr(filters, "MOST_INDEXED", indexed)
    real = near_names("mango", "papaya", "tomato")
    assert isinstance(real, RealNames) == (indexed > 2)
    assert all(name in real for name in ("mango", *load_names().items))
    assert "mangosaurus" not in real
    assert real.is_near("tyranosaurus")
    assert real.is_near("mangos")
    assert not real.is_near("mangosaurus")


def test_long_list_is_not_copied() -> None:
    """Of the longest one, the names alone take more than all orders of their indices."""
    names = packed(f"{number:08}" for number in range(10_000))
    listed = ListedNames.of(names)
    assert "00004321" in listed
    assert "00104321" not in listed
    assert resident_bytes(listed) - resident_bytes(names) < 9 * len(names)

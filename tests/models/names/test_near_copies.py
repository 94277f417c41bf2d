"""Near copies, against the edit distance itself."""

from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names.near_copies import RealNames, real_names

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


def test_swap_is_two_edits() -> None:
    assert not RealNames.of(["mango"]).is_near("magno")


def test_genera_are_always_real() -> None:
    real = real_names(("mango",))
    assert real.names == {"mango", *load_names().items}
    assert real.is_near("tyranosaurus")
    assert real.is_near("mangos")
    assert not real.is_near("mangosaurus")

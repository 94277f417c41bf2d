"""What is within a letter of a real name, checked against the distance itself."""

from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names.near_copies import RealNames, real_names

WORDS = st.text("abc", min_size=1, max_size=5)


def edit_distance(a: str, b: str) -> int:
    """Levenshtein's distance, by its recurrence."""
    if not a or not b:
        return len(a) + len(b)
    changed = edit_distance(a[1:], b[1:]) + (a[0] != b[0])
    return min(changed, 1 + edit_distance(a[1:], b), 1 + edit_distance(a, b[1:]))


@given(st.sets(WORDS, max_size=4), WORDS)
def test_near_is_what_has_an_edit_distance_of_at_most_one(names: set[str], name: str) -> None:
    near = any(edit_distance(name, real) <= 1 for real in names)
    assert RealNames.of(names).nearly_has(name) == near


def test_two_letters_exchanged_are_two_changes() -> None:
    assert not RealNames.of(["mango"]).nearly_has("magno")


def test_the_genera_of_the_project_are_real_beside_any_list() -> None:
    real = real_names(("mango",))
    assert real.names == {"mango", *load_names().items}
    assert real.nearly_has("tyranosaurus")
    assert real.nearly_has("mangos")
    assert not real.nearly_has("mangosaurus")

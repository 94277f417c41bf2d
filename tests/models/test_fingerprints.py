"""Known texts: recognised by their fingerprints alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.fingerprints import LONGEST_RUN, Fingerprints, runs_of


@given(st.sets(st.text(max_size=12)), st.text(max_size=12))
def test_exactly_the_texts_of_the_set_are_known(texts: set[str], other: str) -> None:
    known = Fingerprints.of(texts)
    assert all(text in known for text in texts)
    assert (other in known) == (other in texts)


def test_a_text_that_comes_twice_counts_once() -> None:
    assert len(Fingerprints.of(["mango", "tango", "mango"])) == 2


def test_nothing_is_in_an_empty_set() -> None:
    assert "mango" not in Fingerprints.of([])


def test_the_fingerprints_are_the_same_in_every_process_and_version() -> None:
    # Weight files hold them: should these ever change, old files would no longer refuse copies.
    assert Fingerprints.of(["mangosaurus"]).fingerprints.tolist() == [7081766271064749399]


def test_a_set_survives_being_stored_as_an_array() -> None:
    stored = np.array(Fingerprints.of(["mango", "tango"]).fingerprints)
    assert "tango" in Fingerprints(stored)


@given(st.lists(st.sampled_from("abcdef"), max_size=20))
def test_runs_are_one_word_longer_than_what_may_be_shared(words: list[str]) -> None:
    runs = runs_of(words)
    assert len(runs) == max(0, len(words) - LONGEST_RUN)
    assert all(run in " ".join(words) for run in runs)
    assert all(len(run.split()) == LONGEST_RUN + 1 for run in runs)

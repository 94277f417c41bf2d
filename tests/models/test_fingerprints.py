"""Known texts: recognised by their fingerprints alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.fingerprints import LONGEST_RUN, Fingerprints, runs_of


@given(st.sets(st.text(max_size=12)), st.text(max_size=12))
def test_membership(texts: set[str], other: str) -> None:
    known = Fingerprints.of(texts)
    assert all(text in known for text in texts)
    assert (other in known) == (other in texts)


def test_duplicates() -> None:
    assert len(Fingerprints.of(["mango", "tango", "mango"])) == 2


def test_empty_set() -> None:
    assert "mango" not in Fingerprints.of([])


def test_fingerprints_are_stable() -> None:
    # Weight files hold them: should these ever change, old files would no longer refuse copies.
    assert Fingerprints.of(["mangosaurus"]).fingerprints.tolist() == [7081766271064749399]


def test_round_trip() -> None:
    stored = np.array(Fingerprints.of(["mango", "tango"]).fingerprints)
    assert "tango" in Fingerprints(stored)


@given(st.lists(st.sampled_from("abcdef"), max_size=20))
def test_length_of_runs(words: list[str]) -> None:
    runs = runs_of(words)
    assert len(runs) == max(0, len(words) - LONGEST_RUN)
    assert all(run in " ".join(words) for run in runs)
    assert all(len(run.split()) == LONGEST_RUN + 1 for run in runs)

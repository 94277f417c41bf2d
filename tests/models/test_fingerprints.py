"""Known texts: recognised by their fingerprints alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.fingerprints import (
    BITS_PER_TEXT,
    EMPTY_FILTER,
    LONGEST_RUN,
    BloomFilter,
    Fingerprints,
    has_sparse_run,
    runs_of,
    sparse_runs_of,
)


@given(st.sets(st.text(max_size=12)), st.text(max_size=12))
def test_membership(texts: set[str], other: str) -> None:
    known = Fingerprints.of(texts)
    assert all(text in known for text in texts)
    assert (other in known) == (other in texts)
    assert other not in Fingerprints.of([])
    assert len(Fingerprints.of([*texts, *texts])) == len(texts)


def test_stored_numbers_are_stable() -> None:
    # Weight files hold them: should these ever change, old files would no longer refuse copies.
    assert Fingerprints.of(["mangosaurus"]).fingerprints.tolist() == [7081766271064749399]
    assert BloomFilter.of(["mango", "saurus"]).bits.tolist() == [130, 168, 138]


@given(st.lists(st.sampled_from("abcdef"), max_size=20))
def test_length_of_runs(words: list[str]) -> None:
    runs = runs_of(words)
    assert len(runs) == max(0, len(words) - LONGEST_RUN)
    assert all(run in " ".join(words) for run in runs)
    assert all(len(run.split()) == LONGEST_RUN + 1 for run in runs)


@given(st.sets(st.text(max_size=12)))
def test_filter_has_no_false_negatives(texts: set[str]) -> None:
    stored = BloomFilter.of(texts)
    assert all(text in stored for text in texts)
    assert all(text in BloomFilter(stored.bits.copy()) for text in texts)


def test_false_positives_are_rare() -> None:
    stored = BloomFilter.of(str(number) for number in range(5_000))
    assert 8 * len(stored.bits) == BITS_PER_TEXT * 5_000
    positives = sum(str(number) in stored for number in range(5_000, 25_000))
    assert 20 < positives < 120  # 0.3% of 20,000 are 63
    assert "mango" not in EMPTY_FILTER


@pytest.mark.parametrize(("run", "stride", "length"), [(5, 3, 7), (6, 2, 7), (6, 3, 8)])
@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(0, 40))
def test_every_long_run_has_a_sparse_run(
    run: int, stride: int, length: int, words: list[str], begin: int
) -> None:
    stored = BloomFilter.of(sparse_runs_of(words, run, stride), run)
    copied = words[begin : begin + length]
    assert len(copied) < length or has_sparse_run(copied, stored)
    assert len(sparse_runs_of(words, run, stride)) == max(0, (len(words) - run) // stride + 1)

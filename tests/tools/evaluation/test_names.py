"""Measures of names."""

from hypothesis import given
from hypothesis import strategies as st

from data.corpora import load_names
from models.names.filters import known_clusters
from tests.models.names.test_generator_of_lists import edit_distance
from tests.optional import skip_without
from tools.evaluation.names import auc, neighbourhood, quality_of

skip_without("sklearn", requirements="requirements-evaluate.txt")

GENERA = ["mangosaurus", "triceratops", "mei", "yi"]
CLUSTERS = known_clusters(GENERA)
REAL = load_names().training
words = st.text("ab", max_size=6)


@given(words, words)
def test_near_names_share_a_pattern(a: str, b: str) -> None:
    assert neighbourhood(a).isdisjoint(neighbourhood(b)) == (edit_distance(a, b) > 1)


def test_quality() -> None:
    names = ["mangosaurus", "mangosauru", "mangasaurus", "bananasaurus", "bananasaurus"]
    found = quality_of("ours", names, GENERA, CLUSTERS)
    assert (found.count, found.in_corpus, found.near) == (5, 1 / 5, 3 / 5)
    assert (found.distinct, found.well_formed) == (4 / 5, 1)
    assert found.new_cluster == 2 / 5  # no genus starts with b
    names = ["rex", "xkcd", "aaardonyx", "ox", "rex2"]
    assert quality_of("ours", names, GENERA, CLUSTERS).well_formed == 1 / 5


def test_too_few_names_to_classify() -> None:
    assert auc(REAL[:60], REAL[300:304]) is None
    assert auc(REAL[:3], REAL[300:330]) is None

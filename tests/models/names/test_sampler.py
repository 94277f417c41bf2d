"""Constrained sampling: every name meets the constraints, with the network's probabilities."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.names.constraints import DINOSAURS, NameConstraints
from models.names.generator import NamesRequest, generate_names
from models.names.problems import NamesError
from models.names.sampler import ConstrainedSampler, sample_batches
from models.networks.network import item_losses
from models.networks.vocabulary import END, Vocabulary
from tests.models.names.test_generator import Parrot
from tests.models.tiny import LETTERS, anything, lstm, namer

BABBLER = namer(lstm(LETTERS, units=8, layers=1))
PIECES = st.text("abcdeinorstuyz", max_size=6)


@settings(deadline=None, max_examples=40)
@given(
    starts_with=PIECES,
    contains=PIECES,
    ends_with=PIECES,
    length=st.none() | st.integers(3, 26),
    temperature=st.sampled_from([0.1, 0.7, 1.0, 2.0]),
    seed=st.integers(0, 9),
)
def test_every_name_meets_constraints(
    starts_with: str,
    contains: str,
    ends_with: str,
    length: int | None,
    temperature: float,
    seed: int,
) -> None:
    constraints = (starts_with, temperature, ends_with, contains, length)
    try:
        result = generate_names(BABBLER, NamesRequest(3, seed, *constraints), anything)
    except NamesError:  # tested in test_constraints.py
        return
    assert len(result.names) == 3 or result.shortfall
    for name in result.names:
        assert name.startswith(starts_with)
        assert name.endswith(ends_with)
        assert contains in name
        assert len(name) == (length or len(name))
        assert DINOSAURS.admits(name)


@pytest.mark.parametrize(
    "constraints",
    [
        NameConstraints(contains="ab", length=5),
        NameConstraints("e", ends_with="ba", length=6),
        NameConstraints(length=4),
    ],
    ids=str,
)
def test_weighted_names_follow_network(constraints: NameConstraints) -> None:
    vocabulary = Vocabulary("\nabe")
    trained = namer(lstm(vocabulary, units=8, layers=1, seed=3))
    sampler = ConstrainedSampler.of(trained, constraints, temperature=1)
    drawn = Counter[str]()
    rng = np.random.default_rng(0)
    for _ in range(100):
        (names,) = sample_batches(trained.network, [sampler], [rng])
        weights = np.exp(names.log_p - names.log_q)
        for name, weight in zip(names.texts, weights, strict=True):
            drawn[name] += weight

    assert constraints.length is not None
    every = map("".join, product("abe", repeat=constraints.length))
    matching = [
        name
        for name in every
        if DINOSAURS.admits(name)
        and name.startswith(constraints.starts_with)
        and name.endswith(constraints.ends_with)
        and constraints.contains in name
    ]
    p = np.exp(-item_losses(trained.network, [name + END for name in matching]))
    p /= p.sum()
    found = np.array([drawn[name] for name in matching]) / drawn.total()
    assert np.abs(found - p).sum() / 2 < 0.05  # total variation


def test_weights_correct_markov_model() -> None:
    parrot = namer(Parrot(["papayacephaloraptor", "mangocephalosaurus"]))
    constraints = NameConstraints(ends_with="raptor")
    sampler = ConstrainedSampler.of(parrot, constraints, temperature=1)
    rng = np.random.default_rng(0)
    (names,) = sample_batches(parrot.network, [sampler], [rng])
    written = sampler.ordered(names, rng)
    assert any(name.startswith("mangocephalo") and not plausible for name, plausible in written)
    assert {name for name, plausible in written if plausible} == {"papayacephaloraptor"}
    assert written[0] == ("papayacephaloraptor", True)

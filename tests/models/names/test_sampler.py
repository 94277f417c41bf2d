"""Writing towards a wish: every name obeys, and is as likely as the network would have it."""

from collections import Counter
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.names.constrained.automaton import Automaton
from models.names.constrained.constraints import NameConstraints
from models.names.constrained.markov_model import learn_contexts
from models.names.constrained.sampler import ConstrainedSampler
from models.names.generator import (
    NamesError,
    NamesRequest,
    generate_names,
    reads_as_name,
)
from models.networks.network import item_losses
from models.networks.vocabulary import END, Vocabulary
from tests.models.names.test_generator import Parrot
from tests.models.tiny import LETTERS, lstm, namer

BABBLER = namer(lstm(LETTERS, units=8, layers=1))
PIECES = st.text("abcdeinorstuyz", max_size=6)


@settings(deadline=None, max_examples=60)
@given(
    starts_with=PIECES,
    contains=PIECES,
    ends_with=PIECES,
    length=st.none() | st.integers(3, 26),
    temperature=st.sampled_from([0.1, 0.7, 1.0, 2.0]),
    seed=st.integers(0, 9),
)
def test_whatever_is_wished_for_every_name_obeys(
    starts_with: str,
    contains: str,
    ends_with: str,
    length: int | None,
    temperature: float,
    seed: int,
) -> None:
    wish = (starts_with, temperature, ends_with, contains, length)
    try:
        result = generate_names(BABBLER, NamesRequest(3, seed, *wish), lambda _: True)
    except NamesError:  # each sentence has its test in test_names_wish.py
        return
    assert len(result.names) == 3 or result.reason
    for name in result.names:
        assert name.startswith(starts_with)
        assert name.endswith(ends_with)
        assert contains in name
        assert len(name) == (length or len(name))
        assert reads_as_name(name)


@pytest.mark.parametrize(
    "wish",
    [
        {"ends_with": "raptor"},
        {"contains": "mango"},
        {"length": 5},
        {"length": 20},
        {"starts_with": "tri", "ends_with": "ops", "length": 14},
        {"starts_with": "mango", "ends_with": "gosaurus"},
    ],
    ids=str,
)
def test_a_wish_is_met_as_often_as_asked_and_again_from_its_seed(wish: dict[str, str]) -> None:
    request = NamesRequest(50, 4, **wish)  # type: ignore[arg-type]
    result = generate_names(BABBLER, request, lambda _: True)
    assert len(result.names) == 50
    assert result.reason is None
    assert generate_names(BABBLER, request, lambda _: True) == result
    other = NamesRequest(50, 5, **wish)  # type: ignore[arg-type]
    assert generate_names(BABBLER, other, lambda _: True).names != result.names


@pytest.mark.parametrize(
    "wish",
    [
        NameConstraints(contains="ab", length=5),
        NameConstraints("e", ends_with="ba", length=6),
        NameConstraints(length=4),
    ],
    ids=lambda wish: str(wish).strip(),
)
def test_by_their_weights_the_names_are_the_networks_own(wish: NameConstraints) -> None:
    vocabulary = Vocabulary("\nabe")
    trained = namer(lstm(vocabulary, units=8, layers=1, seed=3))
    pen = ConstrainedSampler.of(trained, wish, Automaton.of(wish, vocabulary), temperature=1)
    drawn = Counter[str]()
    rng = np.random.default_rng(0)
    for _ in range(100):
        names, log_p, log_q = pen._draw(pen.batch, rng)
        for name, weight in zip(names, np.exp(log_p - log_q), strict=True):
            drawn[name] += weight

    assert wish.length is not None
    every = map("".join, product("abe", repeat=wish.length))
    obeying = [
        name
        for name in every
        if reads_as_name(name)
        and name.startswith(wish.starts_with)
        and name.endswith(wish.ends_with)
        and wish.contains in name
    ]
    p = np.exp(-item_losses(trained.network, [name + END for name in obeying]))
    p /= p.sum()
    found = np.array([drawn[name] for name in obeying]) / drawn.total()
    assert np.abs(found - p).sum() / 2 < 0.05  # total variation


def test_what_the_network_remembers_and_its_model_forgets_comes_right_by_the_weights() -> None:
    parrot = namer(Parrot(["papayacephaloraptor", "mangocephalosaurus"]))
    wish = NameConstraints(ends_with="raptor")
    pen = ConstrainedSampler.of(parrot, wish, Automaton.of(wish, LETTERS), temperature=1)
    written = pen.write(np.random.default_rng(0))
    assert any(name.startswith("mangocephalo") and not in_earnest for name, in_earnest in written)
    assert {name for name, in_earnest in written if in_earnest} == {"papayacephaloraptor"}
    assert written[0] == ("papayacephaloraptor", True)


def test_the_model_of_a_network_is_made_once() -> None:
    assert learn_contexts(BABBLER) is learn_contexts(BABBLER)


def test_the_model_of_a_network_predicts_what_the_network_does() -> None:
    contexts = learn_contexts(BABBLER)
    np.testing.assert_allclose(contexts.p.sum(axis=1), 1)
    begun = contexts.texts.index(END)
    logits, _ = BABBLER.network.step(np.array([0]), BABBLER.network.initial_state(1))
    p = np.exp(logits[0]) / np.exp(logits[0]).sum()
    np.testing.assert_allclose(contexts.p[begun], p, atol=1e-3)


def test_a_context_moves_on_to_the_longest_that_the_text_ends_in() -> None:
    contexts = learn_contexts(BABBLER)
    for number, text in enumerate(contexts.texts):
        for x, character in enumerate(LETTERS.symbols):
            ends = [known for known in contexts.texts if (text + character).endswith(known)]
            assert contexts.texts[contexts.moves[number, x]] == max(ends, key=len)

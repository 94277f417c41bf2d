"""Generating names: only new ones, with their constraints, and a reason for too few."""

import itertools
import string
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.names.constraints import DINOSAURS, NameConstraints
from models.names.generator import NamesRequest, generate_names
from models.names.problems import NamesError, Shortfall
from models.names.sampler import ConstrainedSampler, sample_batches
from models.networks.network import Network, State, item_losses
from models.networks.vocabulary import END, Vocabulary
from tests.models.tiny import LETTERS, anything, lstm, namer, rnn

SIGNS = "0123456789!?()"


class Parrot:
    """A network that writes one of its names, each with the same probability.

    Its state: the number of characters read, and for each name whether it still fits.
    """

    def __init__(self, names: Iterable[str], vocabulary: Vocabulary = LETTERS) -> None:
        self.vocabulary = vocabulary
        self.names = [END + name + END for name in names]

    def initial_state(self, batch: int) -> State:
        state = np.ones((batch, 1 + len(self.names)), np.float32)
        state[:, 0] = 0
        return state

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        return {}

    def step(self, x: NDArray[np.int64], state: State) -> tuple[NDArray[np.float32], State]:
        state = state.copy()
        logits = np.full((len(x), len(self.vocabulary)), -30, np.float32)
        for row, character in enumerate(self.vocabulary.decode(x)):
            t = int(state[row, 0])
            for i, name in enumerate(self.names, start=1):
                if state[row, i] and name[t] == character:
                    logits[row, self.vocabulary.encode(name[t + 1])] = 0
                else:
                    state[row, i] = 0
            state[row, 0] += 1
        return logits, state


def write(
    network: Network,
    count: int = 1,
    starts_with: str = "",
    *,
    seed: int = 0,
    known: Iterable[str] = (),
    accept: Callable[[str], bool] = anything,
) -> tuple[tuple[str, ...], Shortfall | None]:
    request = NamesRequest(count, seed, starts_with)
    result = generate_names(namer(network, known=known), request, accept)
    return result.names, result.shortfall


def test_requested_count() -> None:
    few, _ = write(rnn(), count=10)
    names, shortfall = write(rnn(), count=3_000)
    assert shortfall is None
    assert len(set(names)) == 3_000
    assert all(map(DINOSAURS.admits, names))
    assert names[:10] == few


@pytest.mark.parametrize(
    ("written", "given"),
    [
        (["mangosaurus", "papaya", "figuanodont"], {"figuanodont", "mangosaurus"}),  # known
        (["iguanodon", "iguanadon", "guanodon", "iguanodont", "mango"], {"mango"}),  # real, near
        (["xzk", "kaaas", "mango"], {"mango"}),  # unreadable
        (["mango" * 20, "manga"], {"manga"}),  # endless
        (["mango", "tango"], {"mango"}),  # refused by the filter
    ],
)
def test_rejected_names(written: list[str], given: set[str]) -> None:
    names, shortfall = write(
        Parrot(written), count=3, known=["papaya"], accept=lambda name: name != "tango"
    )
    assert set(names) == given
    assert shortfall is not None


def test_names_depend_on_seed_and_temperature() -> None:
    requests = [
        NamesRequest(5, seed, temperature=t) for seed, t in ((7, 1), (7, 1), (8, 1), (7, 3))
    ]
    first, again, *others = (generate_names(namer(), each, anything).names for each in requests)
    assert first == again
    assert first not in others


def test_frequent_name_is_not_preferred() -> None:
    half_mango = Parrot(["mango", *(f"pa{letter}aya" for letter in string.ascii_lowercase)])
    first = [write(half_mango, seed=seed)[0] for seed in range(40)]
    assert first.count(("mango",)) < 6


@pytest.mark.parametrize("constraints", [{"starts_with": "mango"}, {"contains": "mango"}])
def test_name_is_longer_than_its_pieces(constraints: dict[str, str]) -> None:
    network = namer(Parrot(["mango", "mangol"]))
    request = NamesRequest(1, 0, **constraints)  # type: ignore[arg-type]
    assert generate_names(network, request, anything).names == ("mangol",)
    assert generate_names(network, replace(request, length=5), anything).names == ("mango",)


def test_search_continues_while_it_finds_names() -> None:
    tried = itertools.count(1)
    names, shortfall = write(rnn(), 10, accept=lambda _: next(tried) % 80 == 0)
    assert len(names) == 10
    assert shortfall is None


ONE = "The bot could only find 1 new name (starts_with:man). "
KNOWN = [f"man{letter}a" for letter in "abcdehijklmnop"]
ALMOST_ALL = "Almost everything the bot tried was rejected for being "


@pytest.mark.parametrize(
    ("names", "known", "accept", "sentence"),
    [
        (
            ["mango", *KNOWN],
            KNOWN,
            anything,
            ALMOST_ALL + "on the list that the network learned from.",
        ),
        (
            ["mango", *(f"man{c}" for c in SIGNS)],
            [],
            anything,
            ALMOST_ALL + "unreadable as a name.",
        ),
        (
            ["mango", "manda", "manes"],
            [],
            lambda name: name == "mango",
            "Most of what the bot tried was rejected for being blocked by the word filter.",
        ),
        (["mango"], [], anything, ALMOST_ALL + "a repeat."),
        (
            ["mango", "manda", "manes", "mannn", "manzzz"],
            ["manda"],
            lambda name: name != "manes",
            "Much of what the bot tried was rejected for being unreadable as a name.",
        ),
    ],
)
def test_shortfall_names_the_main_flaw(
    names: list[str], known: list[str], accept: Callable[[str], bool], sentence: str
) -> None:
    network = Parrot(names, Vocabulary(LETTERS.symbols + SIGNS))
    found, shortfall = write(network, 3, "man", known=known, accept=accept)
    assert found == ("mango",)
    assert shortfall
    assert str(shortfall.sentence) == ONE + sentence


def test_shortfall_when_all_names_are_found() -> None:
    request = NamesRequest(100, 0, starts_with="tri", ends_with="i", length=5)
    result = generate_names(namer(), request, anything)
    assert sorted(result.names) == [f"tri{x}i" for x in string.ascii_lowercase if x != "i"]
    assert result.shortfall
    assert str(result.shortfall.sentence) == (
        "The bot could only find 25 new names (starts_with:tri ends_with:i length:5). There are "
        "no others."
    )


def test_only_name_rejected() -> None:
    request = NamesRequest(1, 0, starts_with="mei", length=3)
    with pytest.raises(
        NamesError, match="The only name that fits, mei, was rejected for being a real"
    ):
        generate_names(namer(), request, anything)


def test_vocabulary_without_vowel() -> None:
    names, shortfall = write(Parrot(["xyz"], Vocabulary("\nxyz")))
    assert names == ()
    assert shortfall
    assert str(shortfall.sentence) == "The bot couldn't find a new name. There are no others."


# Constrained sampling: every name meets the constraints, with the network's probabilities


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

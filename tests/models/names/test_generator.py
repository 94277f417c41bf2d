"""Generating names: only new ones, with their constraints, and a reason for too few."""

import itertools
import string
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.names.constraints import DINOSAURS
from models.names.generator import NamesRequest, generate_names
from models.names.problems import NamesError, Shortfall
from models.networks.network import Network, State
from models.networks.vocabulary import END, Vocabulary
from tests.models.tiny import LETTERS, anything, namer, rnn

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
    names, shortfall = write(rnn(), 10, accept=lambda _: next(tried) % 300 == 0)
    assert len(names) == 10
    assert shortfall is None


ONE = "Only 1 new name was found (starts_with:man). "
KNOWN = [f"man{letter}a" for letter in "abcdehijklmnop"]
ALMOST_ALL = "Almost everything that was tried was rejected for being "


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
            "Most of what was tried was rejected for being blocked by the word filter.",
        ),
        (["mango"], [], anything, ALMOST_ALL + "a repetition."),
        (
            ["mango", "manda", "manes", "mannn", "manzzz"],
            ["manda"],
            lambda name: name != "manes",
            "Much of what was tried was rejected for being unreadable as a name.",
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
        "Only 25 new names were found (starts_with:tri ends_with:i length:5). There are no others."
    )


def test_only_name_rejected() -> None:
    request = NamesRequest(1, 0, starts_with="mei", length=3)
    with pytest.raises(NamesError, match="The only such name, mei, was rejected for being a real"):
        generate_names(namer(), request, anything)


def test_vocabulary_without_vowel() -> None:
    names, shortfall = write(Parrot(["xyz"], Vocabulary("\nxyz")))
    assert names == ()
    assert shortfall
    assert str(shortfall.sentence) == "No new name was found. There are no others."

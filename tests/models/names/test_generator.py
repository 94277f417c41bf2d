"""Generating names: only new ones, with their constraints, and a reason for too few."""

import itertools
import string
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest, generate_names, reads_as_name
from models.names.problems import Flaw, NamesError, Shortfall
from models.networks.network import Network, State
from models.networks.rnn import RNN, initialize_parameters
from models.networks.vocabulary import END, Vocabulary
from models.weights import ModelCard, Trained
from tests.models.tiny import lstm

LETTERS = Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
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


def trained(network: Network, known: Iterable[str] = ()) -> Trained:
    card = ModelCard(
        task="names",
        architecture="rnn",
        recipe="notebook",
        corpus="a test",
        corpus_sha256="",
        seed=0,
        updates=0,
        created="2024-01-01",
        symbols=network.vocabulary.symbols,
    )
    return Trained(network, card, Fingerprints.of(known), "")


def untrained_rnn() -> RNN:
    parameters = initialize_parameters(8, 27, 27, np.random.RandomState(1))
    arrays = {name: array.astype(np.float32) for name, array in parameters.items()}
    return RNN.from_arrays(LETTERS.symbols, arrays)


def anything(_name: str) -> bool:
    return True


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
    result = generate_names(trained(network, known), request, accept)
    return result.names, result.shortfall


def test_requested_count() -> None:
    names, shortfall = write(untrained_rnn(), count=10)
    assert len(set(names)) == 10
    assert all(map(reads_as_name, names))
    assert shortfall is None


def test_names_depend_on_seed() -> None:
    first, again, other = (write(untrained_rnn(), 5, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_larger_count_extends_smaller() -> None:
    few, _ = write(untrained_rnn(), 3)
    many, _ = write(untrained_rnn(), 10)
    assert many[:3] == few


def test_temperature_changes_names() -> None:
    network = trained(lstm(LETTERS))
    names = [
        generate_names(network, NamesRequest(10, 0, temperature=t), anything).names
        for t in (0.1, 1.0)
    ]
    assert names[0] != names[1]


def test_corpus_names_are_rejected() -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus", "figuanodont"])
    names, _ = write(parrot, count=2, known=["papayasaurus"])
    assert sorted(names) == ["figuanodont", "mangosaurus"]


def test_frequent_name_is_not_preferred() -> None:
    half_mango = Parrot(["mango", *(f"pa{letter}aya" for letter in string.ascii_lowercase)])
    first = [write(half_mango, seed=seed)[0] for seed in range(40)]
    assert first.count(("mango",)) < 6


def test_real_and_near_names_are_rejected() -> None:
    parrot = Parrot(["iguanodon", "iguanadon", "guanodon", "iguanodont", "mango"])
    names, shortfall = write(parrot, count=2)
    assert names == ("mango",)
    assert shortfall is not None


def test_near_copies_of_list_are_rejected() -> None:
    network = Parrot(["mangos", "mago", "mengo", "tomato"])
    listed = replace(trained(network), words=("mango",))
    assert generate_names(listed, NamesRequest(1, 0), anything).names == ("tomato",)


def test_rejected_names_are_counted() -> None:
    parrot = Parrot(["mango", "iguanodon", "iguanadon", "papaya"])
    request = NamesRequest(2, 0)
    result = generate_names(trained(parrot, ["papaya"]), request, anything)
    assert set(result.rejected) == {Flaw.KNOWN, Flaw.NEAR, Flaw.REAL, Flaw.REPEATED}
    assert sum(result.rejected.values()) >= 640


def test_unreadable_names_are_rejected() -> None:
    names, _ = write(Parrot(["xzk", "kaaas", "mango"]), count=2)
    assert names == ("mango",)


def test_endless_name_is_rejected() -> None:
    names, _ = write(Parrot(["mango" * 20, "manga"]), count=2)
    assert names == ("manga",)


def test_filter_rejects_names() -> None:
    names, shortfall = write(
        Parrot(["mango", "tango"]), count=2, accept=lambda name: name.startswith("m")
    )
    assert names == ("mango",)
    assert shortfall is not None


def test_starts_with() -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus", "figuanodont"])
    assert write(parrot, starts_with="fig")[0] == ("figuanodont",)


@pytest.mark.parametrize("typed", ["MAN", "  mañ!", "M🥭an", "ｍａｎ"])
def test_starts_with_is_folded(typed: str) -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus"])
    assert write(parrot, starts_with=typed)[0] == ("mangosaurus",)


@pytest.mark.parametrize("constraints", [{"starts_with": "mango"}, {"contains": "mango"}])
def test_name_is_longer_than_its_pieces(constraints: dict[str, str]) -> None:
    network = trained(Parrot(["mango", "mangol"]))
    request = NamesRequest(1, 0, **constraints)  # type: ignore[arg-type]
    assert generate_names(network, request, anything).names == ("mangol",)
    assert generate_names(network, replace(request, length=5), anything).names == ("mango",)


def test_starts_with_twenty_letters() -> None:
    name = "micropapayacephalosaurus"
    assert write(Parrot([name]), starts_with=name[:20])[0] == (name,)


def test_thousands_of_names() -> None:
    names, shortfall = write(untrained_rnn(), count=3_000)
    assert len(set(names)) == 3_000
    assert shortfall is None


def test_search_continues_while_it_finds_names() -> None:
    tried = itertools.count(1)
    names, shortfall = write(untrained_rnn(), 10, accept=lambda _: next(tried) % 300 == 0)
    assert len(names) == 10
    assert shortfall is None


ONE = 'Only 1 new name starting with "man" could be found; '


@pytest.mark.parametrize(
    ("names", "known", "accept", "sentence"),
    [
        (
            ["mango", *(f"man{letter}a" for letter in "abcdehijklmnop")],
            [f"man{letter}a" for letter in "abcdehijklmnop"],
            anything,
            "almost everything that the network writes for that is already on the list that "
            "the network learned from.",
        ),
        (
            ["mango", *(f"man{sign}" for sign in SIGNS)],
            [],
            anything,
            "almost everything that the network writes for that does not read like a name.",
        ),
        (
            ["mango", "manda", "manes"],
            [],
            lambda name: name == "mango",
            "most of what the network writes for that is rejected by the word filter.",
        ),
        (
            ["mango"],
            [],
            anything,
            "almost everything that the network writes for that is a repetition.",
        ),
        (
            ["mango", "manda", "manes", "mannn", "manzzz"],
            ["manda"],
            lambda name: name != "manes",
            "much of what the network writes for that does not read like a name.",
        ),
    ],
)
def test_shortfall_names_the_main_flaw(
    names: list[str], known: list[str], accept: Callable[[str], bool], sentence: str
) -> None:
    network = Parrot(names, Vocabulary(LETTERS.symbols + SIGNS))
    found, shortfall = write(network, 3, "man", known=known, accept=accept)
    assert found == ("mango",)
    assert str(shortfall) == ONE + sentence


def test_shortfall_when_all_names_are_found() -> None:
    request = NamesRequest(100, 0, starts_with="tri", ends_with="i", length=5)
    result = generate_names(trained(untrained_rnn()), request, anything)
    assert sorted(result.names) == [f"tri{x}i" for x in string.ascii_lowercase if x != "i"]
    assert str(result.shortfall) == (
        'Only 25 new names of 5 letters starting with "tri" and ending with "i" could be found; '
        "there are no others."
    )


def test_only_name_rejected() -> None:
    request = NamesRequest(1, 0, starts_with="mei", length=3)
    with pytest.raises(NamesError, match=r'The only name of 3 letters .* is "mei", and that is a'):
        generate_names(trained(untrained_rnn()), request, anything)


def test_vocabulary_without_vowel() -> None:
    names, shortfall = write(Parrot(["xyz"], Vocabulary("\nxyz")))
    assert names == ()
    assert str(shortfall) == "No new name could be found; there are no others."


def test_shortfall_without_any_name() -> None:
    names, shortfall = write(Parrot(["mango"]), known=["mango"])
    assert names == ()
    assert str(shortfall) == (
        "No new name could be found; almost everything that the network writes is already on the "
        "list that the network learned from."
    )


@pytest.mark.parametrize("name", ["ozy", "mangosaurus", "a" + "bc" * 12 + "d"])
def test_reads_as_name(name: str) -> None:
    assert reads_as_name(name)


@pytest.mark.parametrize("name", ["", "yi", "brrk", "baaad", "t rex", "émeu", "ab" * 13 + "a"])
def test_does_not_read_as_name(name: str) -> None:
    assert not reads_as_name(name)

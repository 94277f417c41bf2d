"""Writing names: new ones only, begun as asked, and a reason when there are too few."""

import itertools
import string
from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from models.fingerprints import Fingerprints
from models.names.generator import (
    FLAWS,
    NamesError,
    NamesRequest,
    generate_names,
    reads_as_name,
)
from models.networks.network import Network, State
from models.networks.rnn import RNN, initialize_parameters
from models.networks.vocabulary import END, Vocabulary
from models.weights import ModelCard, Trained
from tests.models.tiny import lstm

LETTERS = Vocabulary("\nabcdefghijklmnopqrstuvwxyz")
SIGNS = "0123456789!?()"


class Parrot:
    """A network that goes on as one of its names does, each with the same probability.

    Its state counts what was read and holds which names still fit.
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
) -> tuple[tuple[str, ...], str | None]:
    request = NamesRequest(count, seed, starts_with)
    result = generate_names(trained(network, known), request, accept)
    return result.names, result.reason


def test_as_many_different_names_as_asked_for_are_written() -> None:
    names, reason = write(untrained_rnn(), count=10)
    assert len(set(names)) == 10
    assert all(map(reads_as_name, names))
    assert reason is None


def test_the_same_seed_writes_the_same_names_and_another_seed_others() -> None:
    first, again, other = (write(untrained_rnn(), 5, seed=seed) for seed in (7, 7, 8))
    assert first == again
    assert first != other


def test_asking_for_more_with_the_same_seed_goes_on_where_fewer_ended() -> None:
    few, _ = write(untrained_rnn(), 3)
    many, _ = write(untrained_rnn(), 10)
    assert many[:3] == few


def test_the_temperature_is_passed_on_to_the_sampling() -> None:
    network = trained(lstm(LETTERS))
    names = [
        generate_names(network, NamesRequest(10, 0, temperature=t), anything).names
        for t in (0.1, 1.0)
    ]
    assert names[0] != names[1]


def test_a_name_of_the_corpus_is_never_written() -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus", "figuanodont"])
    names, _ = write(parrot, count=2, known=["papayasaurus"])
    assert sorted(names) == ["figuanodont", "mangosaurus"]


def test_a_name_that_the_network_writes_often_is_not_what_everybody_gets() -> None:
    half_mango = Parrot(["mango", *(f"pa{letter}aya" for letter in string.ascii_lowercase)])
    first = [write(half_mango, seed=seed)[0] for seed in range(40)]
    assert first.count(("mango",)) < 6


def test_neither_a_real_dinosaur_nor_its_near_copy_is_written_whatever_the_list() -> None:
    parrot = Parrot(["iguanodon", "iguanadon", "guanodon", "iguanodont", "mango"])
    names, reason = write(parrot, count=2)
    assert names == ("mango",)
    assert reason is not None


def test_near_copies_of_names_on_its_list_are_not_written() -> None:
    network = Parrot(["mangos", "mago", "mengo", "tomato"])
    listed = replace(trained(network), words=("mango",))
    assert generate_names(listed, NamesRequest(1, 0), anything).names == ("tomato",)


def test_what_was_refused_is_counted_by_its_flaw() -> None:
    parrot = Parrot(["mango", "iguanodon", "iguanadon", "papaya"])
    request = NamesRequest(2, 0)
    result = generate_names(trained(parrot, ["papaya"]), request, anything)
    assert set(result.refused) == {"known", "near", "real", "repeated"}
    assert set(result.refused) < set(FLAWS)
    assert sum(result.refused.values()) >= 640


def test_what_does_not_read_as_a_name_is_not_written() -> None:
    names, _ = write(Parrot(["xzk", "kaaas", "mango"]), count=2)
    assert names == ("mango",)


def test_a_name_that_never_ends_is_not_written() -> None:
    names, _ = write(Parrot(["mango" * 20, "manga"]), count=2)
    assert names == ("manga",)


def test_what_the_filter_refuses_is_not_written() -> None:
    names, reason = write(
        Parrot(["mango", "tango"]), count=2, accept=lambda name: name.startswith("m")
    )
    assert names == ("mango",)
    assert reason is not None


def test_the_network_goes_on_from_the_beginning_that_was_asked_for() -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus", "figuanodont"])
    assert write(parrot, starts_with="fig")[0] == ("figuanodont",)


@pytest.mark.parametrize("typed", ["MAN", "  mañ!", "M🥭an", "ｍａｎ"])
def test_a_beginning_is_folded_to_plain_letters(typed: str) -> None:
    parrot = Parrot(["mangosaurus", "papayasaurus"])
    assert write(parrot, starts_with=typed)[0] == ("mangosaurus",)


@pytest.mark.parametrize("wish", [{"starts_with": "mango"}, {"contains": "mango"}])
def test_a_piece_alone_is_no_answer_unless_the_length_says_so(wish: dict[str, str]) -> None:
    network = trained(Parrot(["mango", "mangol"]))
    request = NamesRequest(1, 0, **wish)  # type: ignore[arg-type]
    assert generate_names(network, request, anything).names == ("mangol",)
    assert generate_names(network, replace(request, length=5), anything).names == ("mango",)


@pytest.mark.parametrize("typed", ["", " \n"])
def test_no_beginning_at_all_is_fine(typed: str) -> None:
    assert write(Parrot(["mango"]), starts_with=typed)[0] == ("mango",)


def test_a_beginning_without_letters_is_refused_with_an_example() -> None:
    with pytest.raises(NamesError, match=r"letters from a to z.*for example"):
        write(Parrot(["mango"]), starts_with="🦖🦕 42")


def test_a_beginning_of_twenty_letters_is_served() -> None:
    name = "micropapayacephalosaurus"
    assert write(Parrot([name]), starts_with=name[:20])[0] == (name,)


def test_a_longer_beginning_is_refused_with_the_limit_and_an_example() -> None:
    with pytest.raises(NamesError, match=r"at most 20 letters .* typed 21; .* example: tyranno"):
        write(Parrot(["mango"]), starts_with="micropachycephalosaur")


def test_a_letter_that_the_network_never_saw_is_named() -> None:
    parrot = Parrot(["mango"], Vocabulary("\nagmno"))
    with pytest.raises(NamesError, match="has no t"):
        write(parrot, starts_with="tango")


def test_thousands_of_names_can_be_asked_for() -> None:
    names, reason = write(untrained_rnn(), count=3_000)
    assert len(set(names)) == 3_000
    assert reason is None


def test_the_search_goes_on_for_as_long_as_it_finds_something() -> None:
    tried = itertools.count(1)
    names, reason = write(untrained_rnn(), 10, accept=lambda _: next(tried) % 300 == 0)
    assert len(names) == 10
    assert reason is None


ONE = 'Only 1 new name beginning with "man" could be found; '


@pytest.mark.parametrize(
    ("names", "known", "accept", "sentence"),
    [
        (
            ["mango", *(f"man{letter}a" for letter in "abcdehijklmnop")],
            [f"man{letter}a" for letter in "abcdehijklmnop"],
            anything,
            "almost everything that the network makes of that is on the list that it learned from.",
        ),
        (
            ["mango", *(f"man{sign}" for sign in SIGNS)],
            [],
            anything,
            "almost everything that the network makes of that does not read as a name.",
        ),
        (
            ["mango", "manda", "manes"],
            [],
            lambda name: name == "mango",
            "most of what the network makes of that is not fit to be shown.",
        ),
        (
            ["mango"],
            [],
            anything,
            "almost everything that the network makes of that is a repetition.",
        ),
        (
            ["mango", "manda", "manes", "mannn", "manzzz"],
            ["manda"],
            lambda name: name != "manes",
            "much of what the network makes of that does not read as a name.",
        ),
    ],
)
def test_too_few_names_come_with_the_reason(
    names: list[str], known: list[str], accept: Callable[[str], bool], sentence: str
) -> None:
    network = Parrot(names, Vocabulary(LETTERS.symbols + SIGNS))
    found, reason = write(network, 3, "man", known=known, accept=accept)
    assert found == ("mango",)
    assert reason == ONE + sentence


def test_names_that_are_all_given_are_told_to_be_all() -> None:
    request = NamesRequest(100, 0, starts_with="tri", ends_with="i", length=5)
    result = generate_names(trained(untrained_rnn()), request, anything)
    assert sorted(result.names) == [f"tri{x}i" for x in string.ascii_lowercase if x != "i"]
    assert result.reason == (
        'Only 25 new names of 5 letters beginning with "tri" and ending with "i" could be found; '
        "there are no others."
    )


def test_a_wish_that_only_a_known_name_meets_is_refused() -> None:
    request = NamesRequest(1, 0, starts_with="mei", length=3)
    with pytest.raises(NamesError, match=r'The only name of 3 letters .* is "mei", and that is a'):
        generate_names(trained(untrained_rnn()), request, anything)


def test_a_network_without_a_vowel_has_no_names_and_says_so() -> None:
    names, reason = write(Parrot(["xyz"], Vocabulary("\nxyz")))
    assert names == ()
    assert reason == "No new name could be found; there are no others."


def test_no_name_at_all_is_a_reason_too() -> None:
    names, reason = write(Parrot(["mango"]), known=["mango"])
    assert names == ()
    assert reason == (
        "No new name could be found; almost everything that the network writes is on the list "
        "that it learned from."
    )


@pytest.mark.parametrize("name", ["ozy", "mangosaurus", "a" + "bc" * 12 + "d"])
def test_some_words_read_as_a_name(name: str) -> None:
    assert reads_as_name(name)


@pytest.mark.parametrize("name", ["", "yi", "brrk", "baaad", "t rex", "émeu", "ab" * 13 + "a"])
def test_some_words_do_not(name: str) -> None:
    assert not reads_as_name(name)

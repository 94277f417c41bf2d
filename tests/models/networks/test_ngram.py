"""Kneser-Ney model: formulas, back-off, storage."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from models.fingerprints import NOTHING
from models.networks import ngram
from models.networks.network import cross_entropy, item_losses, read
from models.networks.ngram import DISCOUNTS, NGram, choose_discount
from models.networks.vocabulary import END, Vocabulary
from models.weights import load_weights, save_weights
from tests.models.tiny import LETTERS, card

ABC = Vocabulary(END + "abc")
NAMES = ["mango\n", "tango\n", "mangosaurus\n", "tangoraptor\n", "gong\n"]

texts = st.lists(st.text(ABC.symbols, max_size=12), max_size=6)
texts_to_fit = texts.filter(any)
orders = st.integers(1, 5)
discounts = st.floats(0.01, 1)


def p_by_the_book(model: NGram, fitted: Sequence[str], w: str, h: str, k: int) -> float:
    """p(w | h) of order k, straight from the formulas; h is the k − 1 characters before w."""
    if k == 0:
        return 1 / len(model.vocabulary)

    def count(gram: str) -> int:
        padded = [END * (model.order - 1) + text for text in fitted]
        grams = [
            text[i + 1 - model.order : i + 1]
            for text in padded
            for i in range(model.order - 1, len(text))
        ]
        if k == model.order:
            return grams.count(gram)
        return len({seen[-k - 1] for seen in grams if seen.endswith(gram)})

    lower = p_by_the_book(model, fitted, w, h[1:], k - 1)
    counts = [count(h + symbol) for symbol in model.vocabulary.symbols]
    if not any(counts):
        return lower
    kept = max(count(h + w) - model.discount, 0)
    given_up = model.discount * np.count_nonzero(counts)
    return float(kept + given_up * lower) / sum(counts)


def distribution(model: NGram, before: str) -> NDArray[np.float64]:
    """p of what comes after a text's beginning, `(vocabulary,)`."""
    logits, _ = read(model, END + before, model.initial_state(1))
    p: NDArray[np.float64] = np.exp(logits[0].astype(np.float64))
    return p


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        # Continuation counts: the end follows only b, a follows only the beginning, and b follows
        # both of the others. So for order 1, p = (1/4, 1/4, 1/2); its discount of 3/8 is included.
        ("", [1 / 8, 3 / 8, 4 / 8]),
        ("a", [1 / 8, 1 / 8, 6 / 8]),
        ("b", [13 / 16, 1 / 16, 2 / 16]),
    ],
)
def test_probabilities_by_hand(before: str, expected: Sequence[float]) -> None:
    model = NGram.fit(["ab\n", "b\n"], Vocabulary(END + "ab"), order=2, discount=0.5)
    np.testing.assert_allclose(distribution(model, before), expected, rtol=1e-6)


@given(texts_to_fit, texts, orders, discounts)
def test_losses_follow_formulas(
    fitted: list[str], read_texts: list[str], order: int, discount: float
) -> None:
    model = NGram.fit(fitted, ABC, order, discount)
    expected = []
    for text in read_texts:
        padded = END * (order - 1) + text
        p = [
            p_by_the_book(model, fitted, padded[i], padded[i + 1 - order : i], order)
            for i in range(order - 1, len(padded))
        ]
        expected.append(-np.log(p).sum())
    np.testing.assert_allclose(model.losses(read_texts), expected, rtol=1e-5)


@given(texts_to_fit, texts, orders, discounts)
def test_step_matches_losses(
    fitted: list[str], read_texts: list[str], order: int, discount: float
) -> None:
    model = NGram.fit(fitted, ABC, order, discount)
    stepped = item_losses(model, read_texts) if any(read_texts) else np.zeros(len(read_texts))
    np.testing.assert_allclose(model.losses(read_texts), stepped, rtol=1e-5, atol=1e-5)


@given(st.permutations(NAMES))
def test_fit_ignores_order_of_texts(shuffled: list[str]) -> None:
    arrays = NGram.fit(NAMES, LETTERS, 3, 0.5).arrays()
    for name, array in NGram.fit(shuffled, LETTERS, 3, 0.5).arrays().items():
        np.testing.assert_array_equal(array, arrays[name])


def test_chosen_discount_is_best() -> None:
    training, validation = NAMES, ["mangoraptor\n", "gongsaurus\n"]
    chosen = choose_discount(training, validation, LETTERS, 4)
    models = [NGram.fit(training, LETTERS, 4, discount) for discount in DISCOUNTS]
    losses = [cross_entropy(model, validation) for model in models]
    assert chosen == DISCOUNTS[int(np.argmin(losses))]
    assert DISCOUNTS[0] < chosen < DISCOUNTS[-1]
    with pytest.raises(ValueError, match="no validation text to choose the discount by"):
        choose_discount(NAMES, [""], LETTERS, 3)


def test_impossible_fits_raise() -> None:
    for order in (0, -1, 12, 2000):
        with pytest.raises(ValueError, match=f"the order is {order}, expected 1 to 11"):
            NGram.fit(NAMES, LETTERS, order, 0.5)
    for discount in (0, -0.5, 1.01, np.nan, np.inf):
        with pytest.raises(ValueError, match=f"the discount is {discount}, expected more than 0"):
            NGram.fit(NAMES, LETTERS, 3, discount)
    for nothing in ([], [""]):
        with pytest.raises(ValueError, match="no text to count"):
            NGram.fit(nothing, LETTERS, 3, 0.5)
    with pytest.raises(KeyError, match="x"):
        NGram.fit(["abx\n"], ABC, 3, 0.5)
    with pytest.raises(KeyError, match="x"):
        NGram.fit(["ab\n"], ABC, 3, 0.5).losses(["x\n"])


def test_too_large_table_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ngram, "MAX_PROBABILITIES", 1_000)
    model = NGram.fit(NAMES, LETTERS, 4, 0.5)
    with pytest.raises(ValueError, match="order 4 makes more than 1,000 probabilities"):
        model.losses(NAMES)
    assert NGram.fit(NAMES, LETTERS, 2, 0.5).losses(NAMES).all()


@pytest.mark.parametrize("order", [1, 2, 6, 11])
@pytest.mark.parametrize("discount", [DISCOUNTS[0], DISCOUNTS[-1], 1.0])
def test_float16_round_trip_is_exact(tmp_path: Path, order: int, discount: float) -> None:
    often = [*NAMES, "m" * 70_000 + "\n", "z" * 2_060]  # counts beyond what float16 can hold
    model = NGram.fit(often, LETTERS, order, discount)
    facts = card("names", LETTERS, architecture="ngram")
    digest = save_weights(tmp_path / "ngram.safetensors", model.arrays(), facts, NOTHING)
    loaded = load_weights(tmp_path / "ngram.safetensors", digest).network
    assert isinstance(loaded, NGram)
    assert loaded.order == order
    assert loaded.discount == discount
    read_texts = [*NAMES, "unheard\n", "zzzz\n", "mmmm\n"]
    np.testing.assert_array_equal(loaded.losses(read_texts), model.losses(read_texts))


Arrays = dict[str, NDArray[np.float32]]


def tiny_arrays() -> Arrays:
    return NGram.fit(NAMES, LETTERS, 3, 0.5).arrays()


@pytest.mark.parametrize("name", tiny_arrays().keys())
@pytest.mark.parametrize(
    "shape", [(), (0,), (2,), (0, 1), (1, 0), (7, 1), (1, 6), (1, 1, 1)], ids=str
)
def test_wrong_shape_raises(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"has shape|expected one"):
        NGram.from_arrays(LETTERS.symbols, tiny_arrays() | {name: np.ones(shape, np.float32)})


@pytest.mark.parametrize("name", ["order", "grams", "counts"])
def test_invalid_digits_raise(name: str) -> None:
    for number in (-1, 0.5, 2_048, 65_504, np.nan, np.inf):
        arrays = tiny_arrays()
        arrays[name][0, 0] = number
        with pytest.raises(ValueError, match=f"the parameter {name} is not made of digits"):
            NGram.from_arrays(LETTERS.symbols, arrays)


@pytest.mark.parametrize(
    ("name", "place", "value", "reason"),
    [
        ("grams", slice(None), tiny_arrays()["grams"][::-1], "are not ascending"),
        ("grams", 1, tiny_arrays()["grams"][0], "are not ascending"),
        ("grams", (-1, -1), 2_047, "characters that are not in its vocabulary"),
        ("counts", 2, 0, "a count of 0"),
        ("order", slice(None), 0, "the order is 0"),
        ("order", slice(None), 2, "characters that are not in its vocabulary"),
        ("discount", slice(None), 0, "the discount is 0.0"),
    ],
)
def test_impossible_counts_raise(
    name: str, place: slice | int, value: float | NDArray[np.float32], reason: str
) -> None:
    arrays = tiny_arrays()
    arrays[name][place] = value
    with pytest.raises(ValueError, match=reason):
        NGram.from_arrays(LETTERS.symbols, arrays)


def test_missing_and_surplus_parameters_raise() -> None:
    arrays = tiny_arrays()
    with pytest.raises(ValueError, match="the parameter by does not belong to an n-gram model"):
        NGram.from_arrays(LETTERS.symbols, arrays | {"by": np.zeros(27, np.float32)})
    del arrays["counts"]
    with pytest.raises(ValueError, match="the parameter counts is missing"):
        NGram.from_arrays(LETTERS.symbols, arrays)

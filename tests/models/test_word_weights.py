"""Weight files of networks over words: round trips, copies, and files of strangers."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load, save

from data.text import words_of
from models import weights
from models.fingerprints import BloomFilter, Fingerprints, runs_of, sparse_runs_of
from models.networks.vocabulary import Vocabulary
from models.networks.words import WordVocabulary
from models.networks.words_and_characters import TEXTS as WORD_LISTS
from models.networks.words_and_characters import Shares, WordsAndCharacters
from models.serving.memory import return_free_memory
from models.serving.quantization import SMALLEST_MATRIX
from models.weights import (
    Trained,
    WeightsError,
    card_to_json,
    load_shipped,
    load_weights,
    read_weights,
    save_weights,
)
from tests.models.test_weights import at_little_cost
from tests.models.tiny import WITH_FEATURES, card, fast_lstm, word_lstm, words_and_characters

CARD = card(architecture="words")
LINE = "shall i compare thee to a summer's day?"
FURTHER = "in the beginning god created the heaven and the earth"
TEXTS = ["the rose of summer,\n'tis love the dawn\n\n"]

Array = NDArray[np.generic]


def wide() -> WordsAndCharacters:
    """A network with matrices that are large enough to be rounded."""
    small = words_and_characters(words=WITH_FEATURES)
    return replace(
        small,
        characters=fast_lstm(units=64),
        words=word_lstm(small.words.vocabulary, units=(128, 64)),
        shares=Shares(0.25, 0.125, 0.5),
        rare_words=("dawn", "o'erpast"),
    )


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "sonnets.safetensors"
    further = BloomFilter.of([*sparse_runs_of(words_of(FURTHER)), "let there be light"])
    known, runs = Fingerprints.of([LINE]), Fingerprints.of(runs_of(words_of(LINE)))
    save_weights(path, wide().arrays(), CARD, known, runs=runs, further=further)
    return path


def test_round_trip(path: Path) -> None:
    network = load_weights(path).network
    assert isinstance(network, WordsAndCharacters)
    assert network.words.vocabulary == wide().words.vocabulary
    assert network.shares == wide().shares
    assert network.rare_words == wide().rare_words
    np.testing.assert_allclose(network.losses(TEXTS), wide().losses(TEXTS), rtol=0.01)


def test_mapped_file_gives_the_same_network(path: Path, tmp_path: Path) -> None:
    """Also after its pages were given back, and when another file has taken its name."""
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    read, mapped = load_weights(copy), load_weights(copy, mapped=True)
    assert isinstance(read.network, WordsAndCharacters)
    assert isinstance(mapped.network, WordsAndCharacters)
    return_free_memory()
    other = tmp_path / "other"
    other.write_bytes(b"another file")
    other.replace(copy)
    np.testing.assert_array_equal(mapped.network.losses(TEXTS), read.network.losses(TEXTS))
    for name, array in read.network.arrays().items():
        np.testing.assert_array_equal(mapped.network.arrays()[name], array)
    assert mapped.digest == read.digest
    assert "let there be light" in mapped.further
    copy.write_bytes(b"")
    with pytest.raises(WeightsError, match="not a whole safetensors file"):
        load_weights(copy, mapped=True)


def test_only_large_matrices_have_8_bits(path: Path) -> None:
    arrays = wide().arrays()
    for name, stored in load(path.read_bytes()).items():
        if name in arrays and name not in WORD_LISTS:
            large = arrays[name].ndim == 2 and arrays[name].size >= SMALLEST_MATRIX
            assert stored.dtype == (np.int8 if large else np.float16), name
    assert load(path.read_bytes())["words/Wx0"].dtype == np.int8


def test_saving_again_changes_nothing(path: Path, tmp_path: Path) -> None:
    """The evaluation writes the same parameters with another card."""
    first = load_weights(path)
    digest = save_weights(
        tmp_path / "again.safetensors",
        first.network.arrays(),
        first.card,
        first.known,
        first.proper,
        runs=first.runs,
        words=first.words,
        further=first.further,
    )
    assert digest == first.digest


def test_network_without_features(tmp_path: Path) -> None:
    """As 0.7.0 stored them, with runs of five words."""
    path, plain = tmp_path / "old.safetensors", words_and_characters()
    further = BloomFilter.of(sparse_runs_of(words_of(FURTHER)))
    save_weights(path, plain.arrays(), CARD, Fingerprints.of([]), further=further)
    assert "features" not in load(path.read_bytes())
    trained = load_weights(path)
    assert isinstance(trained.network, WordsAndCharacters)
    assert trained.network.words.vocabulary == plain.words.vocabulary
    np.testing.assert_allclose(trained.network.losses(TEXTS), plain.losses(TEXTS), rtol=0.01)
    assert trained.copies("", "In the beginning God created a heaven")


def test_filter_of_the_shipped_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were trained from the base refer to its filter; others hold their own."""
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    network, nothing = wide(), Fingerprints.of([])
    further = BloomFilter.of(sparse_runs_of(words_of(FURTHER), 6, 2), 6)
    base, tuned = tmp_path / f"{weights.BASE}.safetensors", tmp_path / "tuned.safetensors"
    save_weights(base, network.arrays(), CARD, nothing, further=further)
    shipped = load_shipped(weights.BASE)
    of_tuned = replace(CARD, initial_digest=shipped.digest)
    save_weights(tuned, network.arrays(), of_tuned, nothing, further=shipped.further)
    assert "further" in load(base.read_bytes())
    assert "further" not in load(tuned.read_bytes())
    for trained in (shipped, load_weights(tuned)):
        assert trained.copies("", "In the beginning God created the heaven")
        assert not trained.copies("", "In the beginning God created a heaven")
    own = replace(shipped.further, is_shipped=False)
    save_weights(tuned, network.arrays(), of_tuned, nothing, further=own)
    base.unlink()
    assert load_weights(tuned).copies("", FURTHER)


@pytest.mark.parametrize(
    ("before", "written", "copied"),
    [
        ("", LINE, True),
        ("Shall I compare", " thee to a summer's day?", True),
        ("Shall I com", "pare thee to the summer's day?", False),
        ("Shall I com", "pare thee to a summer's", True),
        ("Shall I compare thee\nTo a", " summer's, and", True),
        ("Shall I compare thee to a summer's day?\n", "and thou art fair", False),
        ("", "In the beginning God created the heaven", True),
        ("the heaven and the", " earth is thine", False),
        ("God created the heaven\n", "And the earth", True),
        ("God created the heaven\nAnd ", "the earth", False),
        ("", "Let there be light!", True),
        ("", "let there be lights", False),
        (LINE, "?", False),
        (LINE, "", False),
    ],
)
def test_copies(path: Path, before: str, written: str, *, copied: bool) -> None:
    assert load_weights(path).copies(before, written) == copied
    assert not Trained(wide(), CARD, Fingerprints.of([]), "").copies(before, written)


@given(
    st.lists(st.sampled_from("ab"), max_size=9).map(" ".join),
    st.lists(st.sampled_from("ab"), max_size=9).map(" ".join),
)
def test_runs_need_a_new_word(before: str, written: str) -> None:
    """Seven times *a* is a run; only those count that have a word of the network in them."""
    run = " ".join("a" * 7)
    trained = Trained(wide(), CARD, Fingerprints.of([]), "", runs=Fingerprints.of([run]))
    text = f"{before}\n{written}".replace("\n", " ").strip()
    expected = any(
        text[i : i + len(run)] == run and i + len(run) > len(text) - len(written)
        for i in range(len(text))
    )
    assert trained.copies(before + "\n", written) == expected


def refusal(content: bytes) -> str:
    with at_little_cost(), pytest.raises(WeightsError) as refused:
        read_weights(content, "theirs")
    return str(refused.value)


def changed(path: Path, **changes: Array | None) -> bytes:
    arrays = load(path.read_bytes()) | changes
    kept = {name: array for name, array in arrays.items() if array is not None}
    return save(kept, {"format": "mangosaurus-1", "card": card_to_json(CARD)})


@pytest.mark.parametrize(
    ("name", "array", "sentence"),
    [
        ("words/Wx0:scales", None, "scales of shape"),
        ("words/Wx0:scales", np.ones(3, np.float16), "scales of shape"),
        ("words/Wx0:scales", np.full(128, np.nan, np.float16), "not finite"),
        ("words/Wx0:scales", np.full(128, np.inf, np.float16), "not finite"),
        ("words/Wx0:scales", np.ones(128, np.int8), "scales of shape"),
        ("words/Wx0", np.ones((128, 512), np.float16), "belongs to no matrix"),
        ("words/Wx0", np.ones(128, np.int8), "scales of shape"),
        ("words/b0", np.ones(512, np.int8), "scales of shape"),
        ("words/b0", np.ones(512, np.uint8), "no numbers of 16 or 8 bits"),
        ("more:scales", np.ones(2, np.float16), "belongs to no matrix"),
        ("tokens", np.ones(2, np.float16), "no text"),
        ("tokens", np.array([255], np.uint8), "does not describe a network"),
        ("tokens", np.frombuffer(b"a\n" * 2**17 + b"b", np.uint8), "different"),
        ("shares", np.array([np.nan, 0, 0], np.float16), "not finite"),
        ("further", np.ones((2, 2), np.uint8), "no list of uint8"),
        ("further", np.ones(2, np.float16), "no list of uint8"),
    ],
)
def test_invalid_arrays(path: Path, name: str, array: Array | None, sentence: str) -> None:
    assert sentence in refusal(changed(path, **{name: array}))


@pytest.mark.parametrize("name", sorted(set(wide().arrays()) | {"known", "proper"}))
def test_missing_arrays(path: Path, name: str) -> None:
    assert "does not describe a network" in refusal(changed(path, **{name: None}))
    every_bit_set = changed(path, further=np.full(9, 255, np.uint8))
    assert read_weights(every_bit_set, "theirs").copies("", "anything")


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8))
def test_changed_bytes(path: Path, changes: list[tuple[float, int]]) -> None:
    content = bytearray(path.read_bytes())
    for place, value in changes:
        content[int(place**4 * len(content))] = value  # most of them in the header
    with at_little_cost():
        try:
            trained = read_weights(bytes(content), "theirs")
        except WeightsError:
            return
        trained.copies("", LINE)


def test_other_alphabet(tmp_path: Path) -> None:
    characters = Vocabulary.of(["größe über любовь"])
    words = WordVocabulary.of(["größe", "über", "любовь"])
    facts = card("sonnets", characters, architecture="words")
    path = tmp_path / "eigene.safetensors"
    network = words_and_characters(characters, words)
    save_weights(path, network.arrays(), facts, Fingerprints.of(["grosse"]))
    loaded = load_weights(path).network
    assert isinstance(loaded, WordsAndCharacters)
    assert loaded.words.vocabulary == words
    assert load_weights(path).copies("", "Größe")

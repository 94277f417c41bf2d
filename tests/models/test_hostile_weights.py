"""Weight files of strangers: a sentence or a network, soon, and without much memory."""

import json
import re
import struct
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save

from models.fingerprints import Fingerprints
from models.names.generator import NamesRequest, generate_names
from models.networks.ngram import NGram
from models.serving.mixture import ParallelMixture
from models.tasks import TASKS
from models.weights import (
    LARGEST_FILE,
    LARGEST_HEADER,
    WeightsError,
    card_to_json,
    load_weights,
    read_weights,
    save_weights,
)
from tests.models.tiny import LETTERS, card, lstm

Array = NDArray[np.generic]

NAMES = ("mango", "papaya", "tomato")
FACTS = json.loads(card_to_json(card("names", LETTERS, architecture="mixture", recipe="list")))


def arrays() -> dict[str, Array]:
    """Of a namer in little."""
    ngram = NGram.fit([f"{name}\n" for name in NAMES], LETTERS, 3, 0.5)
    parameters = ParallelMixture((lstm(LETTERS), ngram), np.array([0.5, 0.5], np.float32)).arrays()
    stored: dict[str, Array] = {
        name: array.astype(np.float16) for name, array in parameters.items()
    }
    return stored | {
        "known": Fingerprints.of(NAMES).fingerprints,
        "proper": np.zeros(0, np.uint64),
        "runs": np.zeros(0, np.uint64),
        "words": np.frombuffer("\n".join(NAMES).encode(), np.uint8),
    }


def file(facts: object = FACTS, **changes: Array) -> bytes:
    text = facts if isinstance(facts, str) else json.dumps(facts)
    return save(arrays() | changes, {"format": "mangosaurus-1", "card": text})


WHOLE = file()


@contextmanager
def at_little_cost(seconds: float = 60, megabytes: float = 16) -> Iterator[None]:
    tracemalloc.start()
    began = time.thread_time()
    try:
        yield
    finally:
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert time.thread_time() - began < seconds
    assert most < megabytes * 2**20


def refusal(content: bytes) -> str:
    with at_little_cost(), pytest.raises(WeightsError) as refused:
        TASKS["names"].read(content, "theirs")
    sentence = str(refused.value)
    assert sentence.startswith("theirs ")
    assert sentence.endswith(".")
    assert len(sentence) < 600
    return sentence


def read_or_refuse(content: bytes) -> None:
    """Weights that are accepted can also generate text."""
    with at_little_cost():
        try:
            trained = TASKS["names"].read(content, "theirs")
        except WeightsError:
            return
        generate_names(trained, NamesRequest(2, 0), lambda _: True)


def test_bytes_and_files_are_equal(tmp_path: Path) -> None:
    path = tmp_path / "theirs"
    digest = save_weights(
        path, lstm(LETTERS).arrays(), card("names", LETTERS), Fingerprints.of(NAMES)
    )
    content = path.read_bytes()
    read, loaded = read_weights(content, "theirs", digest), load_weights(path)
    assert (read.card, read.digest, read.words) == (loaded.card, digest, loaded.words)
    with pytest.raises(WeightsError, match="digests"):
        read_weights(content, "theirs", "0" * 64)
    with pytest.raises(WeightsError, match="larger than 64 MiB"):
        read_weights(bytes(LARGEST_FILE + 1), "theirs")
    assert read_weights(WHOLE, "theirs").words == NAMES
    read_or_refuse(WHOLE)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=8))
def test_changed_bytes(changes: list[tuple[int, int]]) -> None:
    content = bytearray(WHOLE)
    for place, value in changes:
        content[place] = value
    read_or_refuse(bytes(content))


@settings(deadline=None)
@given(st.binary(max_size=300), st.integers(0, 2**64 - 1))
def test_random_bytes(content: bytes, size: int) -> None:
    refusal(content)
    refusal(struct.pack("<Q", size) + content)
    refusal(struct.pack("<Q", len(content)) + content)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(sorted(FACTS)), json_values, min_size=1, max_size=3))
def test_random_cards(changes: dict[str, object]) -> None:
    read_or_refuse(file(FACTS | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"symbols": "\n" + "".join(map(chr, range(0x4E00, 0x6000)))}, "expected \\(4609"),
        ({"symbols": LETTERS.symbols.replace("z", "\x07")}, "has control characters"),
        ({"symbols": LETTERS.symbols + "\ud800"}, "symbols is .*, which cannot be"),
        ({"symbols": LETTERS.symbols.replace("o", "é")}, "characters that its vocabulary lacks"),
        ({"validation": float("nan")}, "validation is nan, which cannot be"),
        ({"yardstick": float("inf")}, "yardstick is inf, which cannot be"),
        ({"updates": -1}, "updates is -1, which cannot be"),
        ({"seed": 10**400}, "seed is 1000.*…, which cannot be"),
        ({"corpus": "x" * 1_001}, "corpus is .*…, which cannot be"),
        ({"corpus": "x\u2028y"}, "corpus is .*, which cannot be"),
        ({"small_words": ["van"] * 65}, "small_words is .*…, which cannot be"),
        ({"small_words": [5]}, "small_words is .*, which cannot be"),
        ({"small_words": "van"}, "small_words is 'van', not tuple"),
        ({"versions": {"numpy": ["2"]}}, "versions is .*, which cannot be"),
        ({"measured": 1.5}, "measured is 1.5, not int or NoneType"),
        ({"validation": "x"}, "validation is 'x', not float or int or NoneType"),
        ({"seed": True}, "seed is True, not int or NoneType"),
        ({"updates": None}, "updates is None, not int"),
        ({"recipe": 5}, "recipe is 5, not str"),
        ({"versions": []}, "versions is \\[\\], not dict"),
        ({"reads_all": 1}, "reads_all is 1, not bool"),
    ],
)
def test_impossible_cards(changes: dict[str, object], sentence: str) -> None:
    assert re.search(sentence, refusal(file(FACTS | changes)))


@pytest.mark.parametrize(
    "words", ["mango\n\npapaya", "man\x07go", "x" * 65, "mango!", "mango\n" * 3, "иволга"]
)
def test_words_outside_the_vocabulary(words: str) -> None:
    assert "its list" in refusal(file(words=np.frombuffer(words.encode(), np.uint8)))


@pytest.mark.parametrize(
    "card",
    [
        *("", "{", "[]", "null", "{}", '{"kind": "names"}', '{"colour": "green"}'),
        *("[" * 100_000, '{"a":' * 100_000, "9" * 100_000, '"' + "x" * 900_000 + '"'),
    ],
    ids=lambda card: card[:20],
)
def test_invalid_cards(card: str) -> None:
    assert "does not describe a network" in refusal(file(card))


def test_huge_header() -> None:
    size = 100 * 10**6
    assert "its header claims to have 100,000,000 bytes" in refusal(struct.pack("<Q", size) + b"{}")
    long = json.dumps({"__metadata__": {"format": "x" * LARGEST_HEADER}}).encode()
    assert "its header claims" in refusal(struct.pack("<Q", len(long)) + long)
    deep = b"[" * 500_000
    assert "not a whole" in refusal(struct.pack("<Q", len(deep)) + deep)


@pytest.mark.parametrize("shape", [[2**40], [2**32, 2**32], [2**63, 2], [-1], [0, 2**60], [1] * 99])
def test_shapes_beyond_the_file(shape: list[int]) -> None:
    entry = {"dtype": "F16", "shape": shape, "data_offsets": [0, 2]}
    metadata = {"format": "mangosaurus-1", "card": json.dumps(FACTS)}
    header = json.dumps({"__metadata__": metadata, "0-lstm/Wy": entry}).encode()
    refusal(struct.pack("<Q", len(header)) + header + bytes(2))


@pytest.mark.parametrize("name", sorted(arrays()))
def test_other_numbers(name: str) -> None:
    array = arrays()[name].copy()
    for dtype in {np.uint8, np.uint64, np.float16} - {array.dtype.type}:
        refusal(file(**{name: np.ones(array.shape, dtype)}))
    for number in (np.nan, np.inf, -np.inf) if array.dtype == np.float16 else ():
        array.flat[0] = number
        assert "not finite" in refusal(file(**{name: array}))


def test_extra_arrays() -> None:
    many = {f"a{n}": np.zeros(1, np.float16) for n in range(1_000)}
    assert "no model card" in refusal(file(**many))
    again = {k.replace("1-", "2-"): a for k, a in arrays().items() if k.startswith("1-")}
    again["shares"] = np.array([0.5, 0.25, 0.25], np.float16)
    assert "more than one n-gram model" in refusal(file(**again))

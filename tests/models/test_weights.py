"""Weight files: round trips, and errors for invalid files."""

import json
import pickle
import re
import struct
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import save, save_file

from models import weights
from models.fingerprints import NOTHING, Fingerprints
from models.names.generator import NamesRequest, generate_names
from models.networks.network import Network
from models.networks.ngram import NGram
from models.serving.mixture import ParallelMixture
from models.tasks import TASKS
from models.verse.metrical import metrical_writer_of
from models.weights import (
    LARGEST_FILE,
    LARGEST_HEADER,
    SHIPPED,
    ModelCard,
    WeightsError,
    card_to_json,
    describe,
    load_shipped,
    load_weights,
    read_weights,
    save_weights,
)
from tests.models.tiny import LETTERS, card, lstm, lstm_arrays, rnn

Arrays = dict[str, NDArray[np.generic]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A whole weight file."""
    path = tmp_path / "sonnets.safetensors"
    save_weights(path, lstm_arrays(), card(), Fingerprints.of(["when forty winters"]))
    return path


def refusal(path: Path, digest: str | None = None) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(WeightsError) as refused:
        load_weights(path, digest)
    sentence = str(refused.value)
    assert sentence.endswith(".")
    assert path.name in sentence
    return sentence


def write(path: Path, arrays: Mapping[str, NDArray[np.generic]], **metadata: str) -> None:
    """Write a file in the format of ours, whatever it holds."""
    complete = {"format": "mangosaurus-1", "card": card_to_json(card())}
    save_file(dict(arrays), path, complete | metadata)


def float16_arrays() -> Arrays:
    arrays: Arrays = {name: array.astype(np.float16) for name, array in lstm_arrays().items()}
    texts: Arrays = {"known": np.zeros(3, np.uint64), "proper": np.zeros(2, np.uint64)}
    return arrays | texts | {"runs": np.zeros(0, np.uint64), "words": np.zeros(0, np.uint8)}


@pytest.mark.parametrize(
    ("network", "facts"),
    [
        (lstm(), card(pretraining="The plays", held_out=1.4)),
        (rnn(), card("names", LETTERS, architecture="rnn", validation=None, versions={})),
        (lstm(LETTERS), card("names", LETTERS, capitals="^-", small_words=("la", "sur"))),
    ],
    ids=["lstm", "rnn", "capitals"],
)
def test_round_trip(tmp_path: Path, network: Network, facts: ModelCard) -> None:
    path = tmp_path / "deep" / "down" / "saved.safetensors"
    known, proper = Fingerprints.of(["mango", "tango"]), Fingerprints.of(["helen"])
    runs, words = Fingerprints.of(["a b c d e f g"]), ("thou", "o'er", "éowyn")
    digest = save_weights(path, network.arrays(), facts, known, proper, runs=runs, words=words)
    trained = load_weights(path, digest)
    assert "a b c d e f g" in trained.runs
    assert trained.words == words
    assert trained.card == facts
    assert trained.digest == digest
    assert "mango" in trained.known
    assert "helen" not in trained.known
    assert "helen" in trained.proper
    assert "mango" not in trained.proper
    assert trained.network.vocabulary == network.vocabulary
    assert trained.network.arrays().keys() == network.arrays().keys()
    for name, array in trained.network.arrays().items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, network.arrays()[name])


def test_invalid_words_and_runs(path: Path) -> None:
    odd: list[tuple[str, NDArray[np.generic]]] = [
        ("words", np.array([[97, 98]], np.uint8)),
        ("words", np.array([97], np.uint64)),
        ("words", np.array([255], np.uint8)),
        ("runs", np.zeros((2, 2), np.uint64)),
        ("runs", np.zeros(2, np.uint8)),
    ]
    for name, array in odd:
        write(path, float16_arrays() | {name: array})
        assert "does not describe a network" in refusal(path)


def test_file_is_deterministic(tmp_path: Path) -> None:
    seeds = [0] * 5 + [1]  # the library writes the same metadata in one of two orders
    *same, other = (
        save_weights(tmp_path / "file", lstm_arrays(seed=seed), card(), Fingerprints.of([]))
        for seed in seeds
    )
    assert len(set(same)) == 1
    assert other not in same


def test_truncated_file(path: Path) -> None:
    whole = path.read_bytes()
    for kept in [*range(0, 64, 7), *range(64, len(whole), len(whole) // 40), len(whole) - 1]:
        path.write_bytes(whole[:kept])
        assert "not a whole safetensors file" in refusal(path)
    path.write_bytes(whole + b"more")
    assert "not a whole safetensors file" in refusal(path)


class Bomb:
    """Unpickled, it leaves a file behind."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self) -> tuple[Callable[[Path], None], tuple[Path]]:
        return Path.touch, (self.trace,)


def test_pickle_is_never_run(tmp_path: Path) -> None:
    trace = tmp_path / "it ran"
    bomb = pickle.dumps(Bomb(trace))
    pickle.loads(bomb)  # noqa: S301 (the bomb is live)
    assert trace.exists()
    trace.unlink()
    path = tmp_path / "pickle.safetensors"
    path.write_bytes(bomb)
    refusal(path)
    np.save(tmp_path / "object.npy", np.array([Bomb(trace)], dtype=object), allow_pickle=True)
    (tmp_path / "object.npy").rename(path)
    refusal(path)
    assert not trace.exists()


@pytest.mark.parametrize("metadata", [None, {"format": "pt"}, {"format": "mangosaurus-1"}])
def test_other_safetensors_file(path: Path, metadata: dict[str, str] | None) -> None:
    """Without a card, or of types that NumPy may lack."""
    if metadata != {"format": "mangosaurus-1"}:
        save_file(lstm_arrays(), path, metadata)
        assert "no model card of Mangosaurus" in refusal(path)
    for type_name, size in (("BF16", 2), ("F8_E4M3", 1), ("I64", 8)):
        entry = {"dtype": type_name, "shape": [1], "data_offsets": [0, size]}
        header = json.dumps({"__metadata__": metadata or {}, "Wy": entry}).encode()
        path.write_bytes(struct.pack("<Q", len(header)) + header + bytes(size))
        assert "no model card of Mangosaurus" in refusal(path)


def test_changed_shipped_file(path: Path) -> None:
    digest = load_weights(path).digest
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert load_weights(path).digest != digest
    assert "digests" in refusal(path, digest)


def test_files_that_are_not_read(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(LARGEST_FILE + 1)
    assert "64 MiB" in refusal(path)
    assert "No such file" in refusal(path.with_name("missing.safetensors"))
    assert "Cannot read" in refusal(path.parent)


def test_weights_of_another_task(path: Path) -> None:
    write(path, float16_arrays(), card=card_to_json(card("limericks")))
    with pytest.raises(WeightsError, match=r"sonnets\.safetensors writes limericks, not sonnets"):
        TASKS["sonnets"].load(path)


def test_card_keys_are_those_of_older_files(path: Path) -> None:
    """Renaming a key would change the digest of every file, and older files would not load."""
    facts = json.loads(card_to_json(card(reference_loss=1.5)))
    assert (facts["kind"], facts["yardstick"]) == ("sonnets", 1.5)
    assert facts.keys().isdisjoint({"task", "reference_loss"})
    write(path, float16_arrays(), card=json.dumps(facts | {"reference_loss": 1.5}))
    assert "its card has an unknown entry 'reference_loss'" in refusal(path)


def test_card_must_fit_the_parameters(path: Path) -> None:
    facts = json.loads(card_to_json(card()))
    changes: list[dict[str, object]] = [{"architecture": kind} for kind in ("transformer", "rnn")]
    for change in (*changes, *({"symbols": symbols} for symbols in ("abc", "\nabc", 5))):
        write(path, float16_arrays(), card=json.dumps(facts | change))
        assert "does not describe a network" in refusal(path)


@pytest.mark.parametrize("name", ["known", "proper", *lstm_arrays()])
def test_wrong_arrays(path: Path, name: str) -> None:
    arrays = float16_arrays()
    write(path, {other: array for other, array in arrays.items() if other != name})
    assert "does not describe a network" in refusal(path)
    for shape in ((), (2, 2, 2)):
        write(path, arrays | {name: np.zeros(shape, arrays[name].dtype)})
        assert "does not describe a network" in refusal(path)


STEMS = [path.relative_to(SHIPPED).with_suffix("") for path in SHIPPED.rglob("*.safetensors")]


@pytest.mark.parametrize("stem", sorted(stem.as_posix() for stem in STEMS))
def test_shipped_files(stem: str) -> None:
    trained = load_shipped(stem)
    page = (SHIPPED / f"{stem}.md").read_text()
    assert page == describe(trained.card, trained.digest)
    assert (metrical_writer_of(trained) is not None) == (stem in ("plays", "sonnets"))


def test_writing_a_shipped_file_lists_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    for stem in ("sonnets", "names", "names"):
        digest = save_weights(tmp_path / f"{stem}.safetensors", lstm_arrays(), card(), NOTHING)
        assert load_shipped(stem).digest == digest
    listed = (tmp_path / "SHA256SUMS").read_text().splitlines()
    assert [line.split()[1] for line in listed] == ["names.safetensors", "sonnets.safetensors"]


def test_shipped_files_are_small() -> None:
    """All together at most 100 MB: they are a part of every installation."""
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(sizes) < 100e6


def test_unlisted_shipped_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    save_weights(tmp_path / "names.safetensors", lstm_arrays(), card(), Fingerprints.of([]))
    (tmp_path / "SHA256SUMS").unlink()
    with pytest.raises(WeightsError, match=r"not listed in .*/SHA256SUMS"):
        load_shipped("names")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  names.safetensors\n")
    with pytest.raises(WeightsError, match="not the file that its list of digests describes"):
        load_shipped("names")


# Files of strangers: a sentence or a network, soon, and without much memory


Numbers = NDArray[np.generic]

NAMES = ("mango", "papaya", "tomato")
FACTS = json.loads(card_to_json(card("names", LETTERS, architecture="mixture", recipe="list")))


def arrays() -> dict[str, Numbers]:
    """Of a namer in little."""
    ngram = NGram.fit([f"{name}\n" for name in NAMES], LETTERS, 3, 0.5)
    parameters = ParallelMixture((lstm(LETTERS), ngram), np.array([0.5, 0.5], np.float32)).arrays()
    stored: dict[str, Numbers] = {
        name: array.astype(np.float16) for name, array in parameters.items()
    }
    return stored | {
        "known": Fingerprints.of(NAMES).fingerprints,
        "proper": np.zeros(0, np.uint64),
        "runs": np.zeros(0, np.uint64),
        "words": np.frombuffer("\n".join(NAMES).encode(), np.uint8),
    }


def file(facts: object = FACTS, **changes: Numbers) -> bytes:
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


def refusal_of(content: bytes) -> str:
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
    refusal_of(content)
    refusal_of(struct.pack("<Q", size) + content)
    refusal_of(struct.pack("<Q", len(content)) + content)


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
    assert re.search(sentence, refusal_of(file(FACTS | changes)))


@pytest.mark.parametrize(
    "words", ["mango\n\npapaya", "man\x07go", "x" * 65, "mango!", "mango\n" * 3, "иволга"]
)
def test_words_outside_the_vocabulary(words: str) -> None:
    assert "its list" in refusal_of(file(words=np.frombuffer(words.encode(), np.uint8)))


@pytest.mark.parametrize(
    "card",
    [
        *("", "{", "[]", "null", "{}", '{"kind": "names"}', '{"colour": "green"}'),
        *("[" * 100_000, '{"a":' * 100_000, "9" * 100_000, '"' + "x" * 900_000 + '"'),
    ],
    ids=lambda card: card[:20],
)
def test_invalid_cards(card: str) -> None:
    assert "does not describe a network" in refusal_of(file(card))


def test_huge_header() -> None:
    size = 100 * 10**6
    assert "its header claims to have 100,000,000 bytes" in refusal_of(
        struct.pack("<Q", size) + b"{}"
    )
    long = json.dumps({"__metadata__": {"format": "x" * LARGEST_HEADER}}).encode()
    assert "its header claims" in refusal_of(struct.pack("<Q", len(long)) + long)
    deep = b"[" * 500_000
    assert "not a whole" in refusal_of(struct.pack("<Q", len(deep)) + deep)


@pytest.mark.parametrize("shape", [[2**40], [2**32, 2**32], [2**63, 2], [-1], [0, 2**60], [1] * 99])
def test_shapes_beyond_the_file(shape: list[int]) -> None:
    entry = {"dtype": "F16", "shape": shape, "data_offsets": [0, 2]}
    metadata = {"format": "mangosaurus-1", "card": json.dumps(FACTS)}
    header = json.dumps({"__metadata__": metadata, "0-lstm/Wy": entry}).encode()
    refusal_of(struct.pack("<Q", len(header)) + header + bytes(2))


@pytest.mark.parametrize("name", sorted(arrays()))
def test_other_numbers(name: str) -> None:
    array = arrays()[name].copy()
    for dtype in {np.uint8, np.uint64, np.float16} - {array.dtype.type}:
        refusal_of(file(**{name: np.ones(array.shape, dtype)}))
    for number in (np.nan, np.inf, -np.inf) if array.dtype == np.float16 else ():
        array.flat[0] = number
        assert "not finite" in refusal_of(file(**{name: array}))


def test_extra_arrays() -> None:
    many = {f"a{n}": np.zeros(1, np.float16) for n in range(1_000)}
    assert "no model card" in refusal_of(file(**many))
    again = {k.replace("1-", "2-"): a for k, a in arrays().items() if k.startswith("1-")}
    again["shares"] = np.array([0.5, 0.25, 0.25], np.float16)
    assert "more than one n-gram model" in refusal_of(file(**again))

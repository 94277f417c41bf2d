"""Weight files: round trips, and errors for invalid files."""

import json
import pickle
import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import save_file

from models import weights
from models.fingerprints import NOTHING, Fingerprints
from models.networks.network import Network
from models.tasks import TASKS
from models.verse.metrical import metrical_writer_of
from models.weights import (
    LARGEST_FILE,
    SHIPPED,
    ModelCard,
    WeightsError,
    card_to_json,
    describe,
    load_shipped,
    load_weights,
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


@pytest.mark.parametrize("stem", sorted(path.stem for path in SHIPPED.glob("*.safetensors")))
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
    """All together at most 64 MB: they are a part of every installation."""
    sizes = [path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()]
    assert sum(sizes) < 64e6


def test_unlisted_shipped_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    save_weights(tmp_path / "names.safetensors", lstm_arrays(), card(), Fingerprints.of([]))
    (tmp_path / "SHA256SUMS").unlink()
    with pytest.raises(WeightsError, match=r"not listed in .*/SHA256SUMS"):
        load_shipped("names")
    (tmp_path / "SHA256SUMS").write_text(f"{'0' * 64}  names.safetensors\n")
    with pytest.raises(WeightsError, match="not the file that its list of digests describes"):
        load_shipped("names")

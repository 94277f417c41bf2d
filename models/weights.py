"""Weight files: save, load, verify.

A file is a safetensors archive of float16 parameters with a model card in its metadata; the large
matrices of word networks have 8 bits. Loading one parses numbers and JSON; no code in it can run.
What a network writes is no concern of this module: `models.tasks.Task.load` also checks that a file
suits its task.
"""

import dataclasses
import hashlib
import json
import mmap
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from data.files import write_atomically
from data.text import VERSE_SYMBOLS, fold, words_of
from models.fingerprints import (
    EMPTY_FILTER,
    LONGEST_RUN,
    NOTHING,
    SPARSE_RUN,
    BloomFilter,
    Fingerprints,
    has_sparse_run,
    runs_of,
)
from models.networks.lstm import LSTM
from models.networks.network import Network
from models.networks.rnn import RNN
from models.networks.words_and_characters import TEXTS
from models.serving.memory import map_file, resident_bytes
from models.serving.mixture import ParallelMixture
from models.serving.packed_texts import BREAK, unpacked
from models.serving.quantization import SMALLEST_MATRIX, Rounded, dequantize, quantize
from models.serving.sparse_ngram import read_ngram
from models.serving.words import FastWordsAndCharacters

# Model cards --------------------------------------------------------------------------------------

LONGEST_FACT, MOST_PARTS_OF_A_FACT = 1_000, 64
"""Maximum characters of a text on a card, and texts of a fact that consists of several."""


@dataclass(frozen=True)
class ModelCard:
    """Metadata of a network: its task, its training, its figures.

    Losses are cross-entropies in nats per character.
    """

    task: str
    """A name in `models.tasks.TASKS` when the file was written. In the file: `kind`."""
    architecture: str
    """`lstm`, `mixture`, `ngram`, `rnn` or `words`."""
    recipe: str
    corpus: str
    """The title of the corpus."""
    corpus_sha256: str
    seed: int | None
    """`None` for recipes that take no seed."""
    updates: int
    created: str
    """Date of the training, ISO 8601."""
    symbols: str = field(repr=False)
    """The vocabulary of characters."""
    pretraining: str | None = None
    """The title of the corpus that the initial weights were trained on."""
    initial_digest: str | None = None
    """Digest of the initial weights."""
    validation: float | None = None
    """Loss on the validation part of its corpus."""
    held_out: float | None = None
    """Loss on the held-out part, once `python -m bot.evaluate` has measured it."""
    reads_all: bool = False
    """Whether the network was trained on all of its corpus, including the held-out part."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries that trained it."""
    kneser_ney: float | None = None
    """Validation loss of the best Kneser-Ney model of order 1 to 8, fitted to the same names."""
    measured: int | None = None
    """Number of validation names behind `validation` and `kneser_ney`."""
    reference_loss: float | None = None
    """Loss on the validation part of the project's own corpus, by a fit that had not read it.
    `models.tasks` derives it for cards without one. In the file: `yardstick`."""
    capitals: str = "^"
    """Positions that are capitalized in names (`models.names.capitalization`)."""
    small_words: tuple[str, ...] = ()
    """Words that stay in lower case at those positions."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """SHA-256 of further texts that it was trained on, by their names; on few cards."""


_KEYS: Mapping[str, str] = {
    "task": "kind",
    "reference_loss": "yardstick",
    "initial_digest": "begun_with",
}
"""Fields of `ModelCard` with another key in the file: renaming a key would change every digest."""
_FIELDS: Mapping[str, str] = {key: name for name, key in _KEYS.items()}
_JSON_TYPES: Mapping[Any, tuple[type, ...]] = {float: (float, int), Mapping: (dict,)}
"""Types in a file that differ from those of `ModelCard`."""


def _types_of(hint: Any) -> tuple[type, ...]:  # noqa: ANN401
    """The types of a fact in a file, from its annotation."""
    kinds = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    origins = [get_origin(kind) or kind for kind in kinds]
    return tuple(each for kind in origins for each in _JSON_TYPES.get(kind, (kind,)))


_FACTS = {
    _KEYS.get(name, name): _types_of(hint) for name, hint in get_type_hints(ModelCard).items()
}
"""Keys of a card in a file, and the types of their values, which a foreign file may violate."""


def card_to_json(card: ModelCard) -> str:
    """The JSON of a card, as weight files hold it."""
    facts = {_KEYS.get(name, name): fact for name, fact in dataclasses.asdict(card).items()}
    if not facts["sources"]:  # as on the cards of files before it
        del facts["sources"]
    return json.dumps(facts, sort_keys=True)


def card_from_json(text: str) -> ModelCard:
    """Parse the JSON of a card. Raises `TypeError` or `ValueError` for an invalid one."""
    try:
        facts = json.loads(text)
    except RecursionError as error:
        raise ValueError("its card is no table of facts") from error
    if not isinstance(facts, dict):
        raise ValueError("its card is no table of facts")
    if isinstance(facts.get("small_words"), list):  # JSON has no tuples
        facts["small_words"] = tuple(facts["small_words"])
    for key, fact in facts.items():
        if key not in _FACTS:
            raise ValueError(f"its card has an unknown entry {_abbreviated(key)}")
        types = _FACTS[key]
        if type(fact) not in types:
            expected = " or ".join(t.__name__ for t in types)
            raise ValueError(f"on its card, {key} is {_abbreviated(fact)}, not {expected}")
        if not _is_sane(key, fact):
            raise ValueError(f"on its card, {key} is {_abbreviated(fact)}, which cannot be")
    return ModelCard(**{_FIELDS.get(key, key): fact for key, fact in facts.items()})


def _abbreviated(fact: object) -> str:
    return shortened if len(shortened := repr(fact)) <= 100 else f"{shortened[:99]}…"


def _is_sane(name: str, fact: object) -> bool:
    """Whether a fact of the right type can be shown and calculated with."""
    match fact:
        case str():
            if name == "symbols":
                return not any("\ud800" <= character <= "\udfff" for character in fact)
            return len(fact) <= LONGEST_FACT and not has_controls(fact)
        case bool():
            return True
        case int() | float():
            return abs(fact) < 2**128 and (name == "seed" or fact >= 0)  # False for NaN
        case dict() | tuple():
            parts = [*fact, *fact.values()] if isinstance(fact, dict) else fact
            return len(fact) <= MOST_PARTS_OF_A_FACT and all(map(_is_short, parts))
    return fact is None


def _is_short(part: object) -> bool:
    return isinstance(part, str) and len(part) <= LONGEST_FACT and not has_controls(part)


def has_controls(text: Iterable[str]) -> bool:
    """Whether a text holds control characters, surrogates or line separators."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


ABOUT_SOURCES = """
The digest of the corpus is that of the plays, which the character network has read. The word
network has read the further texts, as `python -m tools.verse.long_training prepare` made them of
packed corpora. The corpora of the shipped weights are not quite what
`python -m tools.verse.sources` makes: the spelling of early books was brought up to date, and eight
plain-text books are in them.
"""


def describe(card: ModelCard, digest: str) -> str:
    """Render a model card as Markdown, for the page beside the weight file."""
    seed = "" if card.seed is None else f"seed {card.seed}, "
    rows = {
        "Writes": card.task,
        "Architecture": card.architecture,
        "Recipe": f"`{card.recipe}`, {seed}{card.updates:,} updates",
        "Corpus": f"{card.corpus} (SHA-256 of its cleaned items `{card.corpus_sha256}`)",
        "Further texts": ", ".join(
            f"{name} `{each}`" for name, each in sorted(card.sources.items())
        ),
        "Pretraining": card.pretraining,
        "Begun with": card.initial_digest and f"`{card.initial_digest}`",
        "Validation": _nats(card.validation),
        "Reference loss": _nats(card.reference_loss),
        "Kneser-Ney": _nats(card.kneser_ney),
        "Measured": card.measured and f"{card.measured:,} names",
        "Held out": _nats(card.held_out),
        "Has read": "all of its corpus, the held-out part too" if card.reads_all else None,
        "Vocabulary": f"{len(card.symbols)} characters",
        "Trained": card.created,
        "With": ", ".join(f"{name} {version}" for name, version in card.versions.items()),
        "SHA-256": f"`{digest}`",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items() if value)
    page = f"# Weights for {card.task}: {card.recipe}\n\n| | |\n| --- | --- |\n{table}\n"
    return page + (ABOUT_SOURCES if card.sources else "")


def _nats(loss: float | None) -> str | None:
    return None if loss is None else f"{loss:.4f} nats per character"


# Weight files -------------------------------------------------------------------------------------

SHIPPED = Path(__file__).parent / "weights"
BASE = "plays"
"""The shipped file that networks for sonnets are trained from. Its filter of further reading is
large, and is also that of files whose metadata says `further: plays`."""
LARGEST_FILE = 64 * 2**20
"""Bytes of the largest weight file."""
LARGEST_HEADER = 2**20
"""Bytes of the header, which describes the arrays and holds the model card."""
MOST_ARRAYS = 1_000
BYTES_PER_TEXT = 64
"""Memory for a short text in a tuple, beside its characters."""
_FORMAT = "mangosaurus-1"
_TYPES: Mapping[str, type[np.generic]] = {
    "F16": np.float16,
    "I8": np.int8,
    "U64": np.uint64,
    "U8": np.uint8,
}
"""Types of the parameters, large matrices, fingerprints and text in a file."""
_ROUNDED = ("words/", "characters/", "vectors")
"""Beginnings of the names of large matrices that stay in 8 bits: those of verse."""
_SCALES = ":scales"
"""Suffix of the scales of a matrix of 8 bits."""
_ARCHITECTURES: dict[str, Callable[[str, dict[str, NDArray[Any]]], Network]] = {
    "lstm": LSTM.from_arrays,
    "mixture": ParallelMixture.from_arrays,
    "ngram": read_ngram,
    "rnn": RNN.from_arrays,
    "words": FastWordsAndCharacters.from_arrays,
}


T = TypeVar("T")
Integer = TypeVar("Integer", bound=np.unsignedinteger[Any])


class WeightsError(Exception):
    """A weight file cannot be used. The message is a sentence for an operator."""


class TooLarge(WeightsError):  # noqa: N818 (it says what is wrong)
    """Loaded weights would take more memory than the caller allows."""

    def __init__(self, name: str, most_bytes: int) -> None:
        """`most_bytes` is the limit."""
        super().__init__(f"{name} needs more than {most_bytes // 2**20} MiB of memory when loaded.")


@dataclass(frozen=True, eq=False)
class Trained:
    """A loaded network with its model card, and fingerprints of texts that it must not copy."""

    network: Network
    card: ModelCard
    known: Fingerprints
    """The names, or the lines, of its corpus."""
    digest: str
    """SHA-256 of its file: the identity of the weights."""
    proper: Fingerprints = NOTHING
    """The words that its corpus capitalizes."""
    runs: Fingerprints = NOTHING
    """Runs of words of its corpus that are too long to be copied (`fingerprints.runs_of`)."""
    words: Sequence[str] = ()
    """The names of its corpus, sorted; or the words of its verse, most frequent first, followed by
    those of its pretraining corpus."""
    further: BloomFilter = EMPTY_FILTER
    """Short lines and runs of words of its further reading, which it must not copy either
    (`fingerprints.sparse_runs_of`)."""
    derived: dict[str, Any] = field(init=False, default_factory=dict, repr=False)
    """Values that were computed from the weights, by function (`cached_with_weights`)."""

    @property
    def resident_bytes(self) -> int:
        """Memory that it takes now, with everything that has been computed from it."""
        return resident_bytes(self)

    @property
    def is_simplified(self) -> bool:
        """Whether it writes simplified English, in lower case and without accents, which gets its
        capitals when it is shown; else, it writes in the alphabet of its corpus."""
        return VERSE_SYMBOLS.issuperset(self.card.symbols)

    def copies(self, before: str, written: str) -> bool:
        """Whether verse copies a line, or a run of 7 words, of any text that was trained on.

        `before`: the poem so far, including the beginning of this line that the member typed.
        `written`: what the network adds to the line; it may begin in the middle of a word. Only
        runs with a word of it count. Of further reading, only stored runs of 5 or 6 words are known
        (`fingerprints.STRIDE`): one counts if it has a word of it, whatever follows.
        """
        new = len(words_of(fold(written)))
        if not new:
            return False
        text = fold(before + written)
        line, words = text.rsplit("\n", 1)[-1].strip(), words_of(text)
        return (
            line in self.known
            or any(run in self.runs for run in runs_of(words[-new - LONGEST_RUN :]))
            or " ".join(words_of(line)) in self.further
            or has_sparse_run(words[-new - self.further.run + 1 :], self.further)
        )


def cached_with_weights(function: Callable[[Trained], T]) -> Callable[[Trained], T]:
    """Cache what a function computes from weights, for as long as they are loaded."""

    name = f"{function.__module__}.{function.__qualname__}"  # the same in every process

    @wraps(function)
    def cached(trained: Trained) -> T:
        if name not in trained.derived:
            trained.derived[name] = function(trained)
        result: T = trained.derived[name]
        return result

    return cached


def save_weights(
    path: Path,
    arrays: Mapping[str, NDArray[Any]],
    card: ModelCard,
    known: Fingerprints,
    proper: Fingerprints = NOTHING,
    *,
    runs: Fingerprints = NOTHING,
    words: Iterable[str] = (),
    further: BloomFilter = EMPTY_FILTER,
) -> str:
    """Write a weight file atomically and return its digest (SHA-256, hexadecimal).

    A file in `SHIPPED` is also listed in its SHA256SUMS.
    """
    stored: dict[str, NDArray[np.generic]] = {}
    for name, array in arrays.items():
        stored |= _stored(name, array, rounded=card.architecture == "words")
    stored |= {"known": known.fingerprints, "proper": proper.fingerprints}
    stored |= {"runs": runs.fingerprints}
    stored |= {"words": np.frombuffer(BREAK.join(words).encode(), np.uint8)}
    metadata = {"format": _FORMAT, "card": card_to_json(card)}
    if further.is_shipped and card.initial_digest is not None:
        metadata["further"] = BASE
    elif len(further.bits):
        stored["further"] = further.bits
        metadata |= {} if further.run == SPARSE_RUN else {"run": str(further.run)}
    # The library writes the memory of an array as it is, whatever its order.
    stored = {name: np.ascontiguousarray(array) for name, array in stored.items()}
    content = _with_sorted_header(save(stored, metadata))
    write_atomically(path, content)
    digest = hashlib.sha256(content).hexdigest()
    if SHIPPED.resolve() in path.resolve().parents:
        _list_digest(path.resolve().relative_to(SHIPPED.resolve()).as_posix(), digest)
    return digest


def load_weights(path: Path, digest: str | None = None, *, mapped: bool = False) -> Trained:
    """Load a weight file, and check it against `digest` if one is given.

    If it is `mapped`, which needs a digest, the large matrices of verse stay in it. Raises
    `WeightsError` if it is missing, too large, truncated, foreign or changed, or if its parameters
    do not form a network.
    """
    return read_weights(_content(path, mapped=mapped), path.name, digest)


def _content(path: Path, *, mapped: bool) -> bytes | mmap.mmap:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WeightsError(f"{path.name} is larger than {LARGEST_FILE // 2**20} MiB.")
        with path.open("rb") as file:
            return map_file(file) if mapped else file.read()
    except OSError as error:
        raise WeightsError(f"Cannot read the weights {path}: {error.strerror or error}.") from error


def read_weights(
    content: bytes | mmap.mmap,
    name: str,
    digest: str | None = None,
    *,
    most_bytes: int | None = None,
) -> Trained:
    """Load the content of a weight file; messages call it `name`. Raises as `load_weights` does.


    Safe for uploads: nothing in them is executed, and the memory allocated is a small multiple of
    their size, except for an n-gram model, which is bounded by
    `models.serving.sparse_ngram.MAX_BYTES`. Raises `TooLarge` if more than `most_bytes` would be
    needed, before they are allocated.
    """
    if len(content) > LARGEST_FILE:
        raise WeightsError(f"{name} is larger than {LARGEST_FILE // 2**20} MiB.")
    actual = _verified(content, name, digest)
    metadata, arrays = _read(content, name)
    if most_bytes is not None and _estimated_bytes(arrays) > most_bytes:
        raise TooLarge(name, most_bytes)
    return _trained(name, metadata, arrays, actual)


def _verified(content: bytes | mmap.mmap, name: str, digest: str | None) -> str:
    """The digest of a file. Raises `WeightsError` if another one is given."""
    actual = hashlib.sha256(content).hexdigest()
    if digest is not None and actual != digest:
        raise WeightsError(
            f"{name} is not the file that its list of digests describes; restore both."
        )
    return actual


def read_card(path: Path) -> ModelCard:
    """Read the model card of a weight file, but not its parameters. Raises `WeightsError`."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, LARGEST_HEADER)))
        return card_from_json(header["__metadata__"]["card"])
    except OSError as error:
        raise WeightsError(f"Cannot read the weights {path}: {error.strerror or error}.") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path.name} holds no model card of Mangosaurus.") from error


def load_shipped(stem: str, folder: Path | None = None) -> Trained:
    """Load `stem`.safetensors of a folder (default: `SHIPPED`), checked against its SHA256SUMS.

    Raises `WeightsError` as `load_weights` does, and if the file is not listed.
    """
    trained = load_weights(*_listed(stem, folder or SHIPPED), mapped=True)
    if stem != BASE:
        return trained
    return replace(trained, further=replace(trained.further, is_shipped=True))


def _base_filter() -> BloomFilter:
    """The Bloom filter of the shipped base, without its networks. Raises `WeightsError`."""
    path, digest = _listed(BASE, SHIPPED)
    content = _content(path, mapped=True)
    _verified(content, path.name, digest)
    return replace(_further(*_read(content, path.name)), is_shipped=True)


def _listed(stem: str, folder: Path) -> tuple[Path, str]:
    """A file of a folder, and its digest. Raises `WeightsError` if the file is not listed."""
    path = folder / f"{stem}.safetensors"
    digest = _listed_digests(folder).get(path.relative_to(folder).as_posix())
    if digest is None:
        raise WeightsError(f"{path.name} is not listed in {folder.name}/SHA256SUMS; restore both.")
    return path, digest


def _listed_digests(folder: Path) -> dict[str, str]:
    """Digests by file name, in the format of sha256sum."""
    digests = folder / "SHA256SUMS"
    lines = digests.read_text().splitlines() if digests.exists() else ()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _list_digest(name: str, digest: str) -> None:
    listed = sorted((_listed_digests(SHIPPED) | {name: digest}).items())
    content = "".join(f"{digest}  {name}\n" for name, digest in listed)
    write_atomically(SHIPPED / "SHA256SUMS", content.encode())


def _with_sorted_header(content: bytes) -> bytes:
    """The file with its header sorted, as the library writes metadata in any order."""
    size = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:size]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)  # so that the arrays stay aligned
    return len(header).to_bytes(8, "little") + header + content[size:]


def _read(
    content: bytes | mmap.mmap, name: str
) -> tuple[Mapping[str, str], dict[str, NDArray[np.generic]]]:
    """Metadata and arrays of a file. A foreign one may hold types that NumPy lacks."""
    size = int.from_bytes(content[:8], "little")
    try:
        if size > LARGEST_HEADER:
            raise ValueError(f"its header claims to have {size:,} bytes")
        if not isinstance(content, mmap.mmap):  # those have the right digests
            deserialize(content)  # type: ignore[no-untyped-call]
        header = json.loads(content[8 : 8 + size])
        metadata = header.pop("__metadata__", None) or {}
    except (SafetensorError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{name} is not a whole safetensors file ({error}); "
            "train it again with python -m bot.train, or restore it."
        ) from error
    types = {array["dtype"] for array in header.values()}
    if metadata.get("format") != _FORMAT or not types <= _TYPES.keys() or len(header) > MOST_ARRAYS:
        raise WeightsError(
            f"{name} holds no model card of Mangosaurus; "
            "a file written by python -m bot.train is needed."
        )
    data = memoryview(content)[8 + size :]
    parts: dict[str, memoryview | bytes] = {
        k: data[slice(*a["data_offsets"])] for k, a in header.items()
    }
    if not isinstance(content, mmap.mmap):  # views would keep all of it in memory
        parts = {key: bytes(part) for key, part in parts.items()}
    try:
        return metadata, {
            key: np.frombuffer(parts[key], _TYPES[array["dtype"]]).reshape(array["shape"])
            for key, array in header.items()
        }
    except ValueError as error:  # more axes, or longer ones, than NumPy has
        raise WeightsError(f"{name} does not describe a network: {error}.") from error


def _estimated_bytes(arrays: Mapping[str, NDArray[np.generic]]) -> int:
    """Memory for the parameters, four bytes each, and for the texts, each a string."""
    texts = arrays.get("words", NOTHING.fingerprints).tobytes()
    of_texts = len(texts) + (texts.count(b"\n") + 1) * BYTES_PER_TEXT
    return of_texts + sum(4 * a.size for n, a in arrays.items() if n != "words")


def _trained(
    name: str, metadata: Mapping[str, str], arrays: dict[str, NDArray[np.generic]], digest: str
) -> Trained:
    try:
        card = card_from_json(metadata["card"])
        known, proper, runs = (
            Fingerprints(_list(arrays.pop(key), np.uint64).copy())
            for key in ("known", "proper", "runs")
        )
        words = unpacked(_list(arrays.pop("words"), np.uint8).tobytes())
        further = _further(metadata, arrays)
        network = _ARCHITECTURES[card.architecture](card.symbols, _parameters(arrays))
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{name} does not describe a network: {error}.") from error
    return Trained(network, card, known, digest, proper, runs, words, further)


def _further(metadata: Mapping[str, str], arrays: dict[str, NDArray[np.generic]]) -> BloomFilter:
    """The filter of a file, which is taken from its arrays, or that of the shipped base."""
    bits = _list(arrays.pop("further", EMPTY_FILTER.bits), np.uint8)
    if metadata.get("further") == BASE:
        return _base_filter()
    run = int(metadata.get("run", SPARSE_RUN))
    if not 1 <= run <= LONGEST_RUN:
        raise ValueError(f"its filter has runs of {run} words")
    return BloomFilter(bits, run)


def _stored(name: str, array: NDArray[Any], *, rounded: bool) -> dict[str, NDArray[np.generic]]:
    """A parameter as stored: text as it is, numbers in 16 bits, `rounded` large matrices in 8."""
    if name in TEXTS:
        return {name: array}
    if rounded and array.ndim == 2 and array.size >= SMALLEST_MATRIX and np.isfinite(array).all():
        integers, scales = quantize(array)
        return {name: integers, name + _SCALES: scales}
    return {name: array.astype(np.float16)}


def _parameters(stored: Mapping[str, NDArray[np.generic]]) -> dict[str, Any]:
    """The inverse of `_stored`, for all parameters. Raises `ValueError` for others."""
    scales = {n: a for n, a in stored.items() if n.endswith(_SCALES) and a.dtype == np.float16}
    parameters: dict[str, Any] = {}
    for name, array in stored.items():
        if name.endswith(_SCALES) and array.dtype == np.float16:
            continue
        if array.dtype == np.int8:
            of_rows = scales.pop(name + _SCALES, np.zeros(0, np.float16)).astype(np.float16)
            restore = Rounded if name.startswith(_ROUNDED) else dequantize
            parameters[name] = restore(array.astype(np.int8, copy=False), of_rows)
        elif array.dtype == np.float16:
            parameters[name] = array.astype(np.float32)
        elif name in TEXTS:
            parameters[name] = array
        else:
            raise ValueError("its parameters are no numbers of 16 or 8 bits")
    if scales:
        raise ValueError(f"the parameter {min(scales)} belongs to no matrix of 8 bits")
    if not all(isinstance(a, Rounded) or np.isfinite(a).all() for a in parameters.values()):
        raise ValueError("it holds numbers that are not finite")
    return parameters


def _list(array: NDArray[np.generic], dtype: type[Integer]) -> NDArray[Integer]:
    """Fingerprints, a filter or a text. Raises `ValueError` for an array of another kind."""
    if array.ndim != 1 or array.dtype != dtype:
        raise ValueError(f"its texts or fingerprints are no list of {dtype.__name__}")
    return array.astype(dtype, copy=False)

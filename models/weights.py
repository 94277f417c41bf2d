"""Weight files: written, read, verified, described.

A file is a safetensors archive of float16 parameters with a model card in its metadata. Loading one
parses numbers and JSON; no code in it can run.
"""

import dataclasses
import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize
from safetensors.numpy import save

from data.corpora import LONGEST_NAME
from data.files import write_atomically
from models.fingerprints import NOTHING, Fingerprints
from models.names.shape import Shape
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.rnn import RNN
from models.networks.vocabulary import END

Kind = Literal["names", "sonnets"]
KINDS: tuple[Kind, ...] = ("names", "sonnets")

LIST_RECIPE = "list"
"""The recipe of names that are no dinosaurs."""

SHIPPED = Path(__file__).parent / "weights"
LARGEST_FILE = 64 * 2**20
LARGEST_HEADER = 2**20
"""Bytes that describe the arrays of a file and hold its card."""
MOST_ARRAYS = 1_000
MOST_SYMBOLS = 256
"""Characters of names; lists have up to 200."""
LONGEST_FACT, MOST_WORDS_OF_A_FACT = 1_000, 64
"""Characters of a text on a card, and texts of a fact that has several."""
_FORMAT = "mangosaurus-1"
_TYPES: Mapping[str, type[np.generic]] = {"F16": np.float16, "U64": np.uint64, "U8": np.uint8}
"""What the parameters, the fingerprints and the words are stored as."""
_ARCHITECTURES: dict[str, Callable[[str, dict[str, NDArray[np.float32]]], Network]] = {
    "lstm": LSTM.from_arrays,
    "mixture": Mixture.from_arrays,
    "ngram": NGram.from_arrays,
    "rnn": RNN.from_arrays,
}


class WeightsError(Exception):
    """A weight file cannot be used. The message is a sentence for an operator."""


@dataclass(frozen=True)
class ModelCard:
    """Where a network comes from and how good it is."""

    kind: Kind
    architecture: str
    """`lstm`, `mixture`, `ngram` or `rnn`."""
    recipe: str
    corpus: str
    """The corpus' title."""
    corpus_sha256: str
    seed: int | None
    """`None` where the recipe lets nobody choose it."""
    updates: int
    created: str
    """Date, ISO 8601."""
    symbols: str = field(repr=False)
    """The vocabulary."""
    pretraining: str | None = None
    """The title of what it had read before its corpus."""
    begun_with: str | None = None
    """Digest of the weights that it went on from."""
    validation: float | None = None
    """Cross-entropy of the validation part in nats per character."""
    held_out: float | None = None
    """The same of the held-out part, once `python -m bot.evaluate` has measured it."""
    reads_all: bool = False
    """Whether it was trained on all of its corpus, the held-out part too."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """The libraries that trained it."""
    kneser_ney: float | None = None
    """The same of the best Kneser-Ney model of order 1 to 8, of the same names and fit."""
    measured: int | None = None
    """Names of the validation part behind both figures."""
    yardstick: float | None = None
    """The same of the validation part of the project's own corpus, by a fit that had not read it.
    See `models.reference_loss.reference_loss_of` for cards that do not say so."""
    capitals: str = "^"
    """Where names are written with a capital (`models.names.capitalization`)."""
    small_words: tuple[str, ...] = ()
    """Words in names that are written small nevertheless."""

    @property
    def of_a_list(self) -> bool:
        """Whether it writes names of a member's own list, and no dinosaurs."""
        return self.kind == "names" and self.recipe == LIST_RECIPE


_FACTS: Mapping[str, tuple[type, ...]] = {
    **dict.fromkeys(("kind", "architecture", "recipe", "corpus", "corpus_sha256"), (str,)),
    **dict.fromkeys(("created", "symbols"), (str,)),
    **dict.fromkeys(("pretraining", "begun_with"), (str, type(None))),
    **dict.fromkeys(
        ("validation", "held_out", "kneser_ney", "yardstick"), (float, int, type(None))
    ),
    **dict.fromkeys(("seed", "measured"), (int, type(None))),
    "updates": (int,),
    "reads_all": (bool,),
    "versions": (dict,),
    "capitals": (str,),
    "small_words": (tuple,),
}
"""What the facts on a card may be. A file from elsewhere may say anything."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A network ready to serve, and what is known of it."""

    network: Network
    card: ModelCard
    known: Fingerprints
    """The names or lines of its corpus."""
    digest: str
    """SHA-256 of its file: the identity of the weights."""
    proper: Fingerprints = NOTHING
    """The words that its corpus writes with a capital."""
    runs: Fingerprints = NOTHING
    """Runs of words of its corpus that are too long to be told again (`fingerprints.runs_of`)."""
    words: tuple[str, ...] = ()
    """The names of its list, sorted; or the words of its verse, the commonest first, and then those
    of what it was pretrained on."""

    @cached_property
    def shape(self) -> Shape:
        """What reads as a name of its list."""
        return Shape.of(self.card.symbols, self.words)


def save_weights(
    path: Path,
    arrays: Mapping[str, NDArray[np.float32]],
    card: ModelCard,
    known: Fingerprints,
    proper: Fingerprints = NOTHING,
    *,
    runs: Fingerprints = NOTHING,
    words: Iterable[str] = (),
) -> str:
    """Write a weight file atomically, and return its digest.

    That of a shipped file is entered in the list beside it.
    """
    stored: dict[str, NDArray[np.generic]] = {k: a.astype(np.float16) for k, a in arrays.items()}
    stored |= {"known": known.fingerprints, "proper": proper.fingerprints}
    stored |= {"runs": runs.fingerprints, "words": _joined(words)}
    metadata = {"format": _FORMAT, "card": json.dumps(dataclasses.asdict(card), sort_keys=True)}
    content = _with_sorted_header(save(stored, metadata))
    write_atomically(path, content)
    digest = hashlib.sha256(content).hexdigest()
    if path.resolve().parent == SHIPPED.resolve():
        _list_digest(path.name, digest)
    return digest


def load_weights(path: Path, digest: str | None = None) -> Trained:
    """Read a weight file, and check it against `digest` if one is given.

    Raises `WeightsError` for a file that is missing, too large, truncated, foreign, changed, or of
    parameters that do not make a network.
    """
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise WeightsError(f"{path.name} is larger than {LARGEST_FILE // 2**20} MiB.")
        content = path.read_bytes()
    except OSError as error:
        raise WeightsError(f"Cannot read the weights {path}: {error.strerror or error}.") from error
    return read_weights(content, path.name, digest)


def read_weights(content: bytes, name: str, digest: str | None = None) -> Trained:
    """The same of the bytes of a file, wherever it was kept; `name` is what messages call it.

    They may come from anybody: nothing in them is run, and what is allocated is a small multiple of
    their size, but for the table of an n-gram model (`models.networks.ngram.MOST_PROBABILITIES`).
    """
    if len(content) > LARGEST_FILE:
        raise WeightsError(f"{name} is larger than {LARGEST_FILE // 2**20} MiB.")
    actual = hashlib.sha256(content).hexdigest()
    if digest is not None and actual != digest:
        raise WeightsError(
            f"{name} is not the file that its list of digests describes; restore both."
        )
    metadata, arrays = _read(content, name)
    return _trained(name, metadata, arrays, actual)


def read_card(path: Path) -> ModelCard:
    """The card of a weight file, without its parameters. Raises `WeightsError`."""
    try:
        with path.open("rb") as file:
            size = int.from_bytes(file.read(8), "little")
            header = json.loads(file.read(min(size, LARGEST_HEADER)))
        return _card(header["__metadata__"]["card"])
    except OSError as error:
        raise WeightsError(f"Cannot read the weights {path}: {error.strerror or error}.") from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise WeightsError(f"{path.name} holds no model card of Mangosaurus.") from error


def describe(card: ModelCard, digest: str) -> str:
    """The model card as Markdown, to lie beside the weight file."""
    seed = "" if card.seed is None else f"seed {card.seed}, "
    rows = {
        "Writes": card.kind,
        "Architecture": card.architecture,
        "Recipe": f"`{card.recipe}`, {seed}{card.updates:,} updates",
        "Corpus": f"{card.corpus} (SHA-256 of its cleaned items `{card.corpus_sha256}`)",
        "Pretraining": card.pretraining,
        "Begun with": card.begun_with and f"`{card.begun_with}`",
        "Validation": _nats(card.validation),
        "Yardstick": _nats(card.yardstick),
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
    return f"# Weights for {card.kind}: {card.recipe}\n\n| | |\n| --- | --- |\n{table}\n"


def _nats(loss: float | None) -> str | None:
    return None if loss is None else f"{loss:.4f} nats per character"


def load_shipped(stem: str) -> Trained:
    """Shipped weights (`names`, `sonnets` or `plays`), checked against the list beside them."""
    name = f"{stem}.safetensors"
    digest = _listed_digests().get(name)
    if digest is None:
        raise WeightsError(f"{name} is not listed in models/weights/SHA256SUMS; restore both.")
    return load_weights(SHIPPED / name, digest)


def _listed_digests() -> dict[str, str]:
    """Digests by file name, in the format of sha256sum."""
    digests = SHIPPED / "SHA256SUMS"
    lines = digests.read_text().splitlines() if digests.exists() else ()
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}


def _list_digest(name: str, digest: str) -> None:
    listed = sorted((_listed_digests() | {name: digest}).items())
    content = "".join(f"{digest}  {name}\n" for name, digest in listed)
    write_atomically(SHIPPED / "SHA256SUMS", content.encode())


def _with_sorted_header(content: bytes) -> bytes:
    """The same safetensors file for the same arrays: the library shuffles the metadata."""
    size = 8 + int.from_bytes(content[:8], "little")
    header = json.dumps(json.loads(content[8:size]), sort_keys=True).encode()
    header += b" " * (-len(header) % 8)  # so that the arrays stay aligned
    return len(header).to_bytes(8, "little") + header + content[size:]


def _read(content: bytes, name: str) -> tuple[Mapping[str, str], dict[str, NDArray[np.generic]]]:
    """Metadata and arrays of a file of ours. A foreign one may hold types that NumPy lacks."""
    size = int.from_bytes(content[:8], "little")
    try:
        if size > LARGEST_HEADER:
            raise ValueError(f"its header claims to have {size:,} bytes")
        stored = deserialize(content)  # type: ignore[no-untyped-call]
        metadata = json.loads(content[8 : 8 + size]).get("__metadata__") or {}
    except (SafetensorError, ValueError, RecursionError) as error:
        raise WeightsError(
            f"{name} is not a whole safetensors file ({error}); "
            "train it again with python -m bot.train, or restore it."
        ) from error
    types = {array["dtype"] for _, array in stored}
    if metadata.get("format") != _FORMAT or not types <= _TYPES.keys() or len(stored) > MOST_ARRAYS:
        raise WeightsError(
            f"{name} holds no model card of Mangosaurus; "
            "a file written by python -m bot.train is needed."
        )
    try:
        return metadata, {
            key: np.frombuffer(array["data"], _TYPES[array["dtype"]]).reshape(array["shape"])
            for key, array in stored
        }
    except ValueError as error:  # more axes, or longer ones, than NumPy has
        raise WeightsError(f"{name} does not describe a network: {error}.") from error


def _card(text: str) -> ModelCard:
    """The card of its JSON. Raises `TypeError` or `ValueError` for one that is none."""
    try:
        facts = json.loads(text)
    except RecursionError as error:
        raise ValueError("its card is no table of facts") from error
    if not isinstance(facts, dict):
        raise ValueError("its card is no table of facts")
    if isinstance(facts.get("small_words"), list):  # JSON knows no tuples
        facts["small_words"] = tuple(facts["small_words"])
    card = ModelCard(**facts)
    for name, types in _FACTS.items():
        fact = getattr(card, name)
        if type(fact) not in types:
            expected = " or ".join(t.__name__ for t in types)
            raise ValueError(f"on its card, {name} is {_shown(fact)}, not {expected}")
        if not _is_sane(name, fact):
            raise ValueError(f"on its card, {name} is {_shown(fact)}, which cannot be")
    if card.kind not in KINDS:
        raise ValueError(f"on its card, kind is {_shown(card.kind)}, not {' or '.join(KINDS)}")
    return card


def _shown(fact: object) -> str:
    return shortened if len(shortened := repr(fact)) <= 100 else f"{shortened[:99]}…"


def _is_sane(name: str, fact: object) -> bool:
    """Whether a fact of the right type can be shown, and calculated with."""
    match fact:
        case str():
            if name == "symbols":
                return not any("\ud800" <= character <= "\udfff" for character in fact)
            return len(fact) <= LONGEST_FACT and not _controls(fact)
        case bool():
            return True
        case int() | float():
            return abs(fact) < 2**128 and (name == "seed" or fact >= 0)  # not so of a NaN
        case dict():
            parts = [*fact, *fact.values()]
            return len(fact) <= MOST_WORDS_OF_A_FACT and all(map(_is_short, parts))
        case tuple():
            return len(fact) <= MOST_WORDS_OF_A_FACT and all(map(_is_short, fact))
    return fact is None


def _is_short(part: object) -> bool:
    return isinstance(part, str) and len(part) <= LONGEST_FACT and not _controls(part)


def _controls(text: Iterable[str]) -> bool:
    """Whether a text holds characters that are none: controls and line separators."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def _check_names(card: ModelCard, words: tuple[str, ...]) -> None:
    """Raise `ValueError` for a vocabulary or a list that no names can be made of.

    The notebook's network knows its file as it is, and not as it was cleaned.
    """
    symbols, is_notebook = card.symbols.replace(END, "", 1), card.architecture == "rnn"
    if len(symbols) > MOST_SYMBOLS and not is_notebook:
        raise ValueError(f"its vocabulary has {len(symbols):,} characters, at most {MOST_SYMBOLS}")
    if _controls(symbols.replace("\t", "") if is_notebook else symbols):
        raise ValueError("its vocabulary holds characters that cannot be written")
    characters = set("".join(words))
    if _controls(characters) or any(not 0 < len(word) <= LONGEST_NAME for word in words):
        raise ValueError("on its list are words that are no names")
    if not is_notebook and not characters.issubset(symbols):
        raise ValueError("its list has characters that its vocabulary lacks")


def _trained(
    name: str, metadata: Mapping[str, str], arrays: dict[str, NDArray[np.generic]], digest: str
) -> Trained:
    try:
        card = _card(metadata["card"])
        known, proper = (_fingerprints(arrays.pop(n)) for n in ("known", "proper"))
        # Files of the first version hold neither.
        runs = _fingerprints(arrays.pop("runs", NOTHING.fingerprints))
        words = _split(arrays.pop("words", _joined(())))
        if card.kind == "names":
            _check_names(card, words)
        if any(array.dtype != np.float16 for array in arrays.values()):
            raise ValueError("its parameters are no numbers of 16 bits")
        parameters = {key: array.astype(np.float32) for key, array in arrays.items()}
        if not all(np.isfinite(array).all() for array in parameters.values()):
            raise ValueError("it holds numbers that are not finite")
        network = _ARCHITECTURES[card.architecture](card.symbols, parameters)
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{name} does not describe a network: {error}.") from error
    return Trained(network, card, known, digest, proper, runs, words)


def _fingerprints(array: NDArray[np.generic]) -> Fingerprints:
    if array.ndim != 1 or array.dtype != np.uint64:
        raise ValueError("its fingerprints of texts are no list")
    return Fingerprints(array.astype(np.uint64))


def _joined(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(words).encode(), np.uint8)


def _split(array: NDArray[np.generic]) -> tuple[str, ...]:
    """The inverse of `_joined`. Raises `ValueError` (`UnicodeDecodeError` is one) for others."""
    if array.ndim != 1 or array.dtype != np.uint8:
        raise ValueError("its words are no text")
    return tuple(array.tobytes().decode().split("\n")) if array.size else ()

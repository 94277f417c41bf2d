"""Model cards: what a weight file says about its network, as JSON and as Markdown."""

import dataclasses
import json
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
    """Date, ISO 8601."""
    symbols: str = field(repr=False)
    """The vocabulary."""
    pretraining: str | None = None
    """The title of the corpus that the initial weights were trained on."""
    initial_digest: str | None = None
    """Digest of the initial weights."""
    validation: float | None = None
    """Loss on the validation part of its corpus."""
    held_out: float | None = None
    """Loss on the held-out part, once `python -m bot.evaluate` has measured it."""
    reads_all: bool = False
    """Whether it was trained on all of its corpus, including the held-out part."""
    versions: Mapping[str, str] = field(default_factory=dict)
    """Versions of the libraries that trained it."""
    kneser_ney: float | None = None
    """Validation loss of the best Kneser-Ney model of order 1 to 8, fitted to the same names."""
    measured: int | None = None
    """Number of validation names behind `validation` and `kneser_ney`."""
    reference_loss: float | None = None
    """Loss on the validation part of the project's own corpus, by a fit that had not read it.
    `models.reference_loss` derives it for cards without one. In the file: `yardstick`."""
    capitals: str = "^"
    """Positions that are capitalized in names (`models.names.capitalization`)."""
    small_words: tuple[str, ...] = ()
    """Words that stay in lower case at those positions."""


_KEYS: Mapping[str, str] = {
    "task": "kind",
    "reference_loss": "yardstick",
    "initial_digest": "begun_with",
}
"""Fields of `ModelCard` with another key in the file: renaming a key would change every digest."""
_FIELDS: Mapping[str, str] = {key: name for name, key in _KEYS.items()}
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
"""Keys of a card in a file, and the types of their values, which a foreign file may violate."""


def card_to_json(card: ModelCard) -> str:
    """The JSON of a card, as weight files hold it."""
    facts = {_KEYS.get(name, name): fact for name, fact in dataclasses.asdict(card).items()}
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
            raise ValueError(f"its card has an unknown entry {_shown(key)}")
        types = _FACTS[key]
        if type(fact) not in types:
            expected = " or ".join(t.__name__ for t in types)
            raise ValueError(f"on its card, {key} is {_shown(fact)}, not {expected}")
        if not _is_sane(key, fact):
            raise ValueError(f"on its card, {key} is {_shown(fact)}, which cannot be")
    return ModelCard(**{_FIELDS.get(key, key): fact for key, fact in facts.items()})


def _shown(fact: object) -> str:
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
        case dict():
            parts = [*fact, *fact.values()]
            return len(fact) <= MOST_PARTS_OF_A_FACT and all(map(_is_short, parts))
        case tuple():
            return len(fact) <= MOST_PARTS_OF_A_FACT and all(map(_is_short, fact))
    return fact is None


def _is_short(part: object) -> bool:
    return isinstance(part, str) and len(part) <= LONGEST_FACT and not has_controls(part)


def has_controls(text: Iterable[str]) -> bool:
    """Whether a text holds control characters, surrogates or line separators."""
    return any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text)


def describe(card: ModelCard, digest: str) -> str:
    """Render a model card as Markdown, for the page beside the weight file."""
    seed = "" if card.seed is None else f"seed {card.seed}, "
    rows = {
        "Writes": card.task,
        "Architecture": card.architecture,
        "Recipe": f"`{card.recipe}`, {seed}{card.updates:,} updates",
        "Corpus": f"{card.corpus} (SHA-256 of its cleaned items `{card.corpus_sha256}`)",
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
    return f"# Weights for {card.task}: {card.recipe}\n\n| | |\n| --- | --- |\n{table}\n"


def _nats(loss: float | None) -> str | None:
    return None if loss is None else f"{loss:.4f} nats per character"

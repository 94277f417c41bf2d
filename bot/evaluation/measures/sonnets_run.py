"""Evaluation of sonnets and their baselines."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.measures.baselines import (
    ShowStatus,
    kneser_ney,
    notebook_sonnets,
    pretrained,
    previous_weights,
)
from bot.evaluation.measures.held_out import HeldOutLosses
from bot.evaluation.measures.options import ScoreboardOptions
from bot.evaluation.measures.pronunciation import dictionary
from bot.evaluation.measures.sampling import sample_verse
from bot.evaluation.measures.timed import generate_poems
from bot.evaluation.measures.verse import LINES, Poem, VerseEvaluator, VerseQuality
from bot.evaluation.results.board import ScoreboardError
from data.corpora import Corpus
from data.text import VERSE_SYMBOLS
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary
from models.text_generator import Accept
from models.training.losses import losses_of
from models.verse.poem import SonnetRequest
from models.weights import Trained

OPENINGS = Path(__file__).parent / "openings.txt"
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))
TEMPERATURE = 0.8
NOTEBOOK_CHARACTERS = 400
LIKELIHOOD_ORDER = 5
"""Order of the Kneser-Ney model for measuring likelihood."""
TIMED = 50
"""Number of poems for the response times."""


@dataclass(frozen=True)
class Likelihood:
    """Mean −ln p of a system's characters, in nats per character; lower is more likely."""

    network: float
    """Under the evaluated network, at temperature 1."""
    ngram: float
    """Under a Kneser-Ney model of the sonnets."""


@dataclass(frozen=True)
class SystemVerse:
    """Quality and likelihood of a system's verse."""

    system: str
    form: VerseQuality
    sense: Likelihood | None
    """`None` for the corpus itself, which was trained on."""


@dataclass(frozen=True)
class SonnetsFindings:
    """Results of an evaluation."""

    losses: HeldOutLosses
    verse: tuple[SystemVerse, ...]
    """Mangosaurus, then plain sampling of its network, then others."""
    first_line: tuple[float, ...]
    """Seconds from the request to the first line, of each timed poem."""
    whole_poem: tuple[float, ...]
    poems: tuple[str, ...]
    """All poems of Mangosaurus."""
    openings: int
    """Number of distinct openings."""
    missing: str
    """Why poems of the notebook are missing; empty if they exist."""


def measure_sonnets(
    trained: Trained,
    corpus: Corpus,
    held_out: Sequence[str],
    plays: Corpus,
    accept: Accept,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> SonnetsFindings:
    """Run all measures. held_out: the held-out poems of the corpus."""
    wanted = read_openings(options.openings or OPENINGS)  # an error now, not in minutes
    losses = HeldOutLosses(held_out)
    losses.measure(f"Mangosaurus ({trained.card.recipe})", trained.network)
    judging = _baselines(trained, corpus, losses, options, show_status)
    openings = [wanted[i % len(wanted)] for i in range(options.count)]
    requests = [
        SonnetRequest(opening, options.seed + i, TEMPERATURE) for i, opening in enumerate(openings)
    ]
    written = generate_poems(trained, requests, accept, show_status)
    show_status("plain sampling")
    evaluator = VerseEvaluator(dictionary(), corpus.items, plays.items)
    rng = np.random.default_rng(options.seed)
    plain = _sample(trained.network, openings, rng, TEMPERATURE, _has_all_lines)
    verse = [
        _evaluate("Mangosaurus", [w.poem for w in written], evaluator, trained.network, judging),
        _evaluate("plain sampling", plain, evaluator, trained.network, judging),
    ]
    notebook = notebook_sonnets()
    if notebook.network is not None:
        show_status("the notebook's poems")
        poems = _sample(notebook.network, openings, rng, 1.0, _has_all_characters)
        verse.append(_evaluate("the notebook", poems, evaluator, trained.network, judging))
    show_status("Shakespeare")
    shakespeare = evaluator.measure(list(map(Poem, corpus.items)), copies=False)
    verse.append(SystemVerse("Shakespeare", shakespeare, None))
    timed = written[:TIMED]
    return SonnetsFindings(
        losses,
        tuple(verse),
        tuple(w.first_line for w in timed),
        tuple(w.whole for w in timed),
        tuple(w.poem.text for w in written),
        len(set(openings)),
        notebook.missing,
    )


def read_openings(path: Path) -> tuple[str, ...]:
    """Read openings from a file, one per line. Raises `ScoreboardError` if there are none."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ScoreboardError(f"Cannot read the openings in {path}: {error}.") from error
    openings = tuple(line for line in lines if line.strip())
    if not openings:
        raise ScoreboardError(
            f"{path} has no openings. Write one per line, for example: Shall I compare thee"
        )
    return openings


def _baselines(
    trained: Trained,
    corpus: Corpus,
    losses: HeldOutLosses,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> NGram:
    """Measure the baselines on the held-out poems; returns the n-gram model for likelihoods."""
    models = list(kneser_ney(corpus.training, corpus.validation, VERSE, show_status))
    for model in models:
        name = f"Kneser-Ney, order {model.order} (discount {model.discount:.2f})"
        losses.measure(name, model)
    previous = previous_weights(trained, options.previous)
    for other in (pretrained(trained), notebook_sonnets(), previous):
        if other.network is None:
            losses.missing[other.name] = other.missing
        else:
            losses.measure(other.name, other.network)
    return next(model for model in models if model.order == LIKELIHOOD_ORDER)


def _sample(
    network: Network,
    openings: Sequence[str],
    rng: np.random.Generator,
    temperature: float,
    is_whole: Callable[[str], bool],
) -> list[Poem]:
    given = [len(network.vocabulary.fold(opening)) for opening in openings]
    texts = sample_verse(network, openings, rng, temperature=temperature, is_whole=is_whole)
    return [Poem(text.rstrip("\n"), size) for text, size in zip(texts, given, strict=True)]


def _has_all_lines(text: str) -> bool:
    return text.count("\n") >= LINES


def _has_all_characters(text: str) -> bool:
    return len(text) >= NOTEBOOK_CHARACTERS


def _evaluate(
    system: str, poems: Sequence[Poem], evaluator: VerseEvaluator, network: Network, ngram: NGram
) -> SystemVerse:
    sense = Likelihood(mean_nats(network, poems), mean_nats(ngram, poems))
    return SystemVerse(system, evaluator.measure(poems), sense)


def mean_nats(network: Network, poems: Sequence[Poem]) -> float:
    """Mean −ln p of the generated characters, given the openings."""
    vocabulary = network.vocabulary
    given = [vocabulary.fold(poem.text[: poem.given]) for poem in poems]
    whole = [
        before + vocabulary.fold(poem.text[poem.given :])
        for before, poem in zip(given, poems, strict=True)
    ]
    nats: NDArray[np.float64] = losses_of(network, whole).nats - losses_of(network, given).nats
    return float(nats.sum() / (sum(map(len, whole)) - sum(map(len, given))))

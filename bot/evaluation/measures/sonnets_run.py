"""Evaluation of sonnets and their baselines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.measures.baselines import (
    ShowStatus,
    kneser_ney,
    notebook_sonnets,
    pretrained,
)
from bot.evaluation.measures.held_out import HeldOutLosses
from bot.evaluation.measures.options import ScoreboardOptions
from bot.evaluation.measures.previous import PreviousWeights, previous_poems, previous_weights
from bot.evaluation.measures.pronunciation import dictionary
from bot.evaluation.measures.sampling import sample_verse
from bot.evaluation.measures.sense.comparisons import poems_of_plays, trigram_poems
from bot.evaluation.measures.sense.measure import Sense, SenseReference, measure_sense
from bot.evaluation.measures.sense.word_trigram import WordTrigram
from bot.evaluation.measures.timed import generate_poems
from bot.evaluation.measures.verse import LINES, Poem, VerseEvaluator, VerseQuality
from bot.evaluation.results.board import ScoreboardError
from data.corpora import Corpus
from data.text import VERSE_SYMBOLS
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary
from models.networks.words_and_characters import WordsAndCharacters
from models.text_generator import Accept
from models.training.losses import losses_of
from models.verse.poem import SonnetRequest
from models.weights import Trained, WeightsError

OPENINGS = Path(__file__).parent / "openings.txt"
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))
TEMPERATURE = SonnetRequest().temperature
"""The default."""
FREE_FORM = "free"
NOTEBOOK_CHARACTERS = 400
LIKELIHOOD_ORDER = 5
"""Order of the Kneser-Ney model for measuring likelihood."""
TIMED = 50
"""Number of poems for the response times."""
SAMPLES, OPENED = 10, 20
"""Number of poems to show without an opening, and at most of those with one."""

OURS, PLAIN, SHAKESPEARE = "Mangosaurus", "plain sampling", "Shakespeare"


@dataclass(frozen=True)
class Texts:
    """The texts of an evaluation, beside the corpus."""

    plays: Corpus
    poems: tuple[str, ...]
    """By others; passages of normalised verse."""
    bible: tuple[str, ...]


@dataclass(frozen=True)
class Likelihood:
    """Mean −ln p of a system's characters, in nats per character; lower is more likely."""

    network: float
    """Under the evaluated network, at temperature 1."""
    ngram: float
    """Under a Kneser-Ney model of the sonnets."""


@dataclass(frozen=True)
class SystemVerse:
    """Quality of a system's verse."""

    system: str
    form: VerseQuality
    likelihood: Likelihood | None
    """`None` for texts that were trained on."""
    sense: Sense


@dataclass(frozen=True)
class SonnetsFindings:
    """Results of an evaluation."""

    losses: HeldOutLosses
    verse: tuple[SystemVerse, ...]
    """Mangosaurus first, Shakespeare last."""
    first_line: tuple[float, ...]
    """Seconds from the request to the first line, of each timed poem."""
    whole_poem: tuple[float, ...]
    samples: tuple[str, ...]
    """Poems of Mangosaurus, first without an opening, then one for each of the first openings, both
    with consecutive seeds from the first."""
    openings: int
    """Number of distinct openings."""
    missing: Mapping[str, str]
    """By system, why it has no poems."""

    def of(self, system: str) -> SystemVerse:
        """The verse of a system."""
        return next(verse for verse in self.verse if verse.system == system)


@dataclass(frozen=True, eq=False)
class _Measures:
    """Everything that measures poems."""

    form: VerseEvaluator
    sense: SenseReference
    network: Network
    ngram: NGram

    def measure(self, system: str, poems: Sequence[Poem]) -> SystemVerse:
        """Measure generated poems."""
        likelihood = Likelihood(mean_nats(self.network, poems), mean_nats(self.ngram, poems))
        form = self.form.measure(poems)
        return SystemVerse(system, form, likelihood, measure_sense(poems, self.sense))

    def measure_plays(self, poems: Sequence[Poem]) -> SystemVerse:
        """Measure pieces of the plays, without what is measured by models of the plays."""
        form = self.form.measure(poems, copies=False)
        told_apart = measure_sense(poems, self.sense).told_apart
        return SystemVerse("his plays", form, None, Sense(told_apart, None, None, None))

    def measure_sonnets(self, poems: Sequence[Poem]) -> SystemVerse:
        """Measure the sonnets, without comparing them with themselves."""
        form = self.form.measure(poems, copies=False)
        sense = measure_sense(self.sense.real, self.sense, draws=0)
        return SystemVerse(SHAKESPEARE, form, None, sense)


def measure_sonnets(
    trained: Trained,
    corpus: Corpus,
    held_out: Sequence[str],
    texts: Texts,
    accept: Accept,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> SonnetsFindings:
    """Run all measures. held_out: the held-out poems of the corpus."""
    wanted = read_openings(options.openings or OPENINGS)  # an error now, not in minutes
    losses = HeldOutLosses(held_out)
    losses.measure(f"{OURS} ({trained.card.recipe})", trained.network)
    if isinstance(trained.network, WordsAndCharacters):
        losses.measure_members(trained.network)
    previous = previous_weights(trained, options.previous)
    ngram = _baselines(trained, corpus, losses, previous, show_status)
    show_status("word vectors and trigrams")
    plays = texts.plays.items
    measures = _Measures(
        VerseEvaluator(dictionary(), corpus.items, (*plays, *texts.poems, *texts.bible)),
        SenseReference.fit(corpus.items, plays, texts.poems),
        trained.network,
        ngram,
    )
    openings = [wanted[i % len(wanted)] for i in range(options.count)]
    requests = [SonnetRequest(opening, seed) for seed, opening in enumerate(openings, options.seed)]
    written = generate_poems(trained, requests, accept, show_status)
    samples = [SonnetRequest(seed=options.seed + i) for i in range(SAMPLES)]
    shown = generate_poems(trained, samples, accept, show_status)

    def generate(form: str) -> list[Poem]:
        others = [replace(request, form=form) for request in requests]
        return [w.poem for w in generate_poems(trained, others, accept, show_status)]

    systems: dict[str, Callable[[], list[Poem]]] = {
        OURS: lambda: [w.poem for w in written],
        "the previous weights": lambda: previous_poems(previous, requests, accept, show_status),
        "the form free": lambda: generate(FREE_FORM),
        PLAIN: lambda: _sample(trained.network, openings, options.seed, TEMPERATURE),
        "the notebook": lambda: _sample_notebook(openings, options.seed),
        "a word trigram": lambda: _sample_trigram(corpus, plays, openings, options.seed),
    }
    verse, missing = list[SystemVerse](), dict[str, str]()
    for system, poems in systems.items():
        show_status(system)
        try:
            verse.append(measures.measure(system, poems()))
        except WeightsError as error:
            missing[system] = str(error)
    show_status(SHAKESPEARE)
    rng = np.random.default_rng(options.seed)
    pieces = poems_of_plays(plays, measures.form.readings, options.count, rng)
    if pieces:
        verse.append(measures.measure_plays(pieces))
    verse.append(measures.measure_sonnets(list(map(Poem, corpus.items))))
    timed = written[:TIMED]
    return SonnetsFindings(
        losses,
        tuple(verse),
        tuple(w.first_line for w in timed),
        tuple(w.whole for w in timed),
        tuple(w.poem.text for w in (*shown, *written[: min(OPENED, len(wanted))])),
        len(set(openings)),
        missing,
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
    previous: PreviousWeights,
    show_status: ShowStatus,
) -> NGram:
    """Measure the baselines on the held-out poems; returns the n-gram model for likelihoods."""
    models = list(kneser_ney(corpus.training, corpus.validation, VERSE, show_status))
    for model in models:
        name = f"Kneser-Ney, order {model.order} (discount {model.discount:.2f})"
        losses.measure(name, model)
    for other in (pretrained(trained), notebook_sonnets(), previous):
        if other.network is None:
            losses.missing[other.name] = other.missing
        else:
            losses.measure(other.name, other.network)
    return next(model for model in models if model.order == LIKELIHOOD_ORDER)


def _sample(network: Network, openings: Sequence[str], seed: int, temperature: float) -> list[Poem]:
    """Plain samples of fourteen lines."""
    return _sample_until(_has_all_lines, network, openings, seed, temperature)


def _sample_notebook(openings: Sequence[str], seed: int) -> list[Poem]:
    """Raises `WeightsError` if the network is missing."""
    notebook = notebook_sonnets()
    if notebook.network is None:
        raise WeightsError(notebook.missing)
    return _sample_until(_has_all_characters, notebook.network, openings, seed, 1.0)


def _sample_trigram(
    corpus: Corpus, plays: Sequence[str], openings: Sequence[str], seed: int
) -> list[Poem]:
    trigram = WordTrigram.fit((*corpus.training, *corpus.validation, *plays))
    return trigram_poems(trigram, openings, np.random.default_rng(seed))


def _sample_until(
    is_whole: Callable[[str], bool],
    network: Network,
    openings: Sequence[str],
    seed: int,
    temperature: float,
) -> list[Poem]:
    rng = np.random.default_rng(seed)
    given = [len(network.vocabulary.fold(opening)) for opening in openings]
    texts = sample_verse(network, openings, rng, temperature=temperature, is_whole=is_whole)
    return [Poem(text.rstrip("\n"), size) for text, size in zip(texts, given, strict=True)]


def _has_all_lines(text: str) -> bool:
    return text.count("\n") >= LINES


def _has_all_characters(text: str) -> bool:
    return len(text) >= NOTEBOOK_CHARACTERS


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

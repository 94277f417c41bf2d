"""Measuring sonnets: everything, and everything beside it, in one run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.measures.baselines import (
    Tell,
    kneser_ney,
    notebook_sonnets,
    pretrained,
    previous_weights,
)
from bot.evaluation.measures.held_out import HeldOut
from bot.evaluation.measures.sampling import sample_verse
from bot.evaluation.measures.sounds import dictionary
from bot.evaluation.measures.timed import write_poems
from bot.evaluation.measures.verse import (
    LINES,
    Form,
    Judge,
    Poem,
)
from bot.evaluation.report.board import ScoreboardError
from data.corpora import Corpus
from data.text import VERSE_SYMBOLS
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary
from models.training.losses import losses_of
from models.verse.poem import SonnetRequest
from models.weights import Trained

OPENINGS = Path(__file__).parent / "openings.txt"
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))
TEMPERATURE = 0.8
NOTEBOOK_CHARACTERS = 400
JUDGING_ORDER = 5
"""The order of Kneser-Ney that says how likely a text is."""
TIMED = 50
"""Poems whose time is taken."""

Accept = Callable[[str], bool]


@dataclass(frozen=True)
class SonnetsOptions:
    """What may be chosen of a run."""

    poems: int = 100
    seed: int = 0
    """Of the first poem; the others count on from it."""
    openings: tuple[str, ...] = ()
    """What the poems begin with, in turn; the scoreboard's own if there are none."""
    previous: Path | None = None
    """The weights to compare with, if not the last shipped ones."""


@dataclass(frozen=True)
class Sense:
    """How likely the characters are that a system wrote, in nats per character: low is likely."""

    network: float
    """By the network that is measured, at temperature 1."""
    ngram: float
    """By Kneser-Ney, fitted on the sonnets alone."""


@dataclass(frozen=True)
class Verse:
    """What a system wrote: how well it keeps the form, and how likely it is."""

    system: str
    form: Form
    sense: Sense | None
    """`None` for what was learnt by heart, so that its likelihood says nothing."""


@dataclass(frozen=True)
class SonnetsFindings:
    """What a run found."""

    losses: HeldOut
    verse: tuple[Verse, ...]
    """Ours, then plain sampling of the same network, then the others."""
    first_line: tuple[float, ...]
    """Seconds from a request to its first line, of each poem whose time was taken."""
    whole_poem: tuple[float, ...]
    poems: tuple[str, ...]
    """All that ours wrote."""
    openings: int
    """With how many different ones they begin."""
    missing: str
    """Why the notebook wrote nothing, if so."""


def measure_sonnets(
    trained: Trained,
    corpus: Corpus,
    held_out: Sequence[str],
    plays: Corpus,
    accept: Accept,
    options: SonnetsOptions,
    tell: Tell,
) -> SonnetsFindings:
    """Run every measure. `held_out` are the poems of that part of the corpus."""
    losses = HeldOut(held_out)
    losses.measure(f"Mangosaurus ({trained.card.recipe})", trained.network)
    judging = _baselines(trained, corpus, losses, options, tell)

    wanted = options.openings or read_openings(OPENINGS)
    openings = [wanted[i % len(wanted)] for i in range(options.poems)]
    requests = [
        SonnetRequest(opening, options.seed + i, TEMPERATURE) for i, opening in enumerate(openings)
    ]
    written = write_poems(trained, requests, accept, tell)
    tell("the same openings, sampled plainly")
    judge = Judge(dictionary(), corpus.items, plays.items)
    rng = np.random.default_rng(options.seed)
    plain = _sample(trained.network, openings, rng, TEMPERATURE, _has_all_lines)
    verse = [
        _judge("Mangosaurus", [w.poem for w in written], judge, trained.network, judging),
        _judge("sampled plainly", plain, judge, trained.network, judging),
    ]
    notebook = notebook_sonnets()
    if notebook.network is not None:
        tell("what the notebook would write")
        poems = _sample(notebook.network, openings, rng, 1.0, _has_all_characters)
        verse.append(_judge("the notebook", poems, judge, trained.network, judging))
    tell("Shakespeare")
    shakespeare = judge.measure(list(map(Poem, corpus.items)), copies=False)
    verse.append(Verse("Shakespeare", shakespeare, None))
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
    """A file of openings, one a line. Raises `ScoreboardError` if it has none."""
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ScoreboardError(f"Cannot read the openings in {path}: {error}.") from error
    openings = tuple(line for line in lines if line.strip())
    if not openings:
        raise ScoreboardError(
            f"{path} holds no opening; it needs one a line, for example: Shall I compare thee"
        )
    return openings


def _baselines(
    trained: Trained, corpus: Corpus, losses: HeldOut, options: SonnetsOptions, tell: Tell
) -> NGram:
    """Measure the others on the held-out poems; the n-gram model that judges sense."""
    models = list(kneser_ney(corpus.training, corpus.validation, VERSE, tell))
    for model in models:
        name = f"Kneser-Ney, order {model.order} (discount {model.discount:.2f})"
        losses.measure(name, model)
    previous = previous_weights(trained, options.previous)
    for other in (pretrained(trained), notebook_sonnets(), previous):
        if other.network is None:
            losses.missing[other.name] = other.missing
        else:
            losses.measure(other.name, other.network)
    return next(model for model in models if model.order == JUDGING_ORDER)


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


def _judge(
    system: str, poems: Sequence[Poem], judge: Judge, network: Network, ngram: NGram
) -> Verse:
    sense = Sense(mean_nats(network, poems), mean_nats(ngram, poems))
    return Verse(system, judge.measure(poems), sense)


def mean_nats(network: Network, poems: Sequence[Poem]) -> float:
    """Mean −ln p of the characters that were written, behind those that were given."""
    vocabulary = network.vocabulary
    given = [vocabulary.fold(poem.text[: poem.given]) for poem in poems]
    whole = [
        before + vocabulary.fold(poem.text[poem.given :])
        for before, poem in zip(given, poems, strict=True)
    ]
    nats: NDArray[np.float64] = losses_of(network, whole).nats - losses_of(network, given).nats
    return float(nats.sum() / (sum(map(len, whole)) - sum(map(len, given))))

"""Sonnets: how good they are, the systems they are compared with, and their board."""

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.evaluation.baselines import kneser_ney, notebook_sonnets, pretrained
from bot.evaluation.headline import Figure
from bot.evaluation.held_out import HeldOutLosses
from bot.evaluation.options import Evaluation
from bot.evaluation.plots import by_line, training_plots
from bot.evaluation.poems import generate_poems, poems_of_plays, sampled_poems, trigram_poems
from bot.evaluation.previous import PreviousWeights, previous_poems, previous_weights
from bot.evaluation.scoreboard import Board, Pictures, Plot, QualityTarget, ScoreboardError, Table
from bot.evaluation.sense import Sense, SenseReference, ToldApart, measure_sense
from bot.evaluation.verse import (
    LINES,
    POEMS_FOR_VARIETY,
    MeasuredPoem,
    VerseEvaluator,
    VerseQuality,
    dictionary,
)
from bot.evaluation.word_trigram import WordTrigram
from data import corpora, further_reading
from data.text import VERSE_SYMBOLS
from models.networks.network import Network
from models.networks.ngram import NGram
from models.networks.vocabulary import Vocabulary
from models.networks.words_and_characters import WordsAndCharacters
from models.training.losses import losses_of
from models.verse.poem import DEFAULT_TEMPERATURE, SonnetRequest
from models.weights import WeightsError

OPENINGS = Path(__file__).parent / "openings.txt"
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))
NOTEBOOK_CHARACTERS = 400
LIKELIHOOD_ORDER = "Kneser-Ney, order 5"
"""The Kneser-Ney model for measuring likelihood."""
TIMED = 50
"""Number of poems for the response times."""
SAMPLES, OPENED = 10, 20
"""Number of poems to show without an opening, and at most of those with one."""
LARGEST_FILE = 25_000_000
"""Target for the weight file, in bytes."""

OURS, PLAIN, SHAKESPEARE = "Mangosaurus", "plain sampling", "Shakespeare"

FORM = (
    "{count} poems from {openings} openings, at the default temperature of {temperature}. *The "
    "previous weights* are run by the code that they were shipped with, as many poems from the "
    "same openings. *The form free* is Mangosaurus without rhyme and metre. *Plain sampling* is "
    "its character network alone, with the same openings and temperature; *the notebook* draws 400 "
    "characters at temperature 1; *a word trigram* is a Kneser-Ney model of the sonnets and the "
    "plays. *His plays* are pieces of fourteen lines of verse. Words and sounds are looked up in "
    "the CMU Pronouncing Dictionary itself, not in the bot's lexicon. The characters of the "
    "opening are excluded, and so are rhymes with an end word of the opening. Copies are searched "
    "for in all texts of the training: the sonnets, the plays, poems by others, the Bible. The "
    "likelihood is the mean −ln p of the generated characters, under the network and under a "
    "Kneser-Ney model of order 5."
)
SENSE = (
    "The measures hold together, since noise can pass any one of them. *Told apart*: a logistic "
    "regression on TF-IDF of words (1–3-grams), of parts of speech (1–4-grams) or of both tells "
    "single generated lines from lines of the regular sonnets; area under the ROC curve in "
    "five-fold cross-validation, fitted anew on each run with equal numbers of lines, where the "
    "lines of a poem stay together; 0.5 means that it cannot. *Nats per word*: the mean −ln p of "
    "words, marks and line ends under a word trigram Kneser-Ney model of the plays and of poems by "
    "others, none of them Shakespeare's; below the sonnets' figure verse is commonplace, far above "
    "it word salad. *Keeps to its subject*: how often the second half of a poem is nearer to its "
    "own first half than to that of another poem. *Keeps to its opening*: how often the lines "
    "after the first are nearer to the poem's opening, or else its first line, than to another "
    "opening. Nearer: by the cosine of centred mean vectors of words, from a positive pointwise "
    "mutual information matrix of the plays and of poems by others (window 8, without the 100 most "
    "frequent words, reduced to 100 dimensions). Lines with words of the opening are excluded from "
    "the first two."
)
SPEED = "Time from the request to the first and to the last line, {count} poems, on one core."
RHYME_AND_METRE = (
    "Share of poems in which a line rhymes with its partner, and in which it is iambic. Lines with "
    "given words are excluded from the latter."
)


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


def sonnets_board(evaluation: Evaluation) -> tuple[Board, Pictures]:
    """Run all measures; the part of sonnets on the scoreboard, and its plots."""
    found = _findings(evaluation)
    pictures = training_plots("sonnets", found.losses) | _rhyme_and_metre(found)
    board = Board(
        task="sonnets",
        weights=evaluation.trained.digest,
        facts=evaluation.facts(),
        targets=_targets(found, evaluation.path.stat().st_size),
        tables=(found.losses.table(), _sense_table(found), _form_table(found), _speed_table(found)),
        samples_title=f"{SAMPLES} poems without an opening, then one for each opening, with the "
        "first seeds, not selected",
        samples=found.samples,
        plots=tuple(pictures),
        headline=_headline(found),
        figures={
            "held_out": found.losses.figures(),
            "verse": [dataclasses.asdict(verse) for verse in found.verse],
            "first_line_seconds": found.first_line,
            "whole_poem_seconds": found.whole_poem,
        },
    )
    return board, pictures


# Measures


def _findings(evaluation: Evaluation) -> SonnetsFindings:
    trained, corpus, options = evaluation.trained, evaluation.corpus, evaluation.options
    accept, show_status, seed = evaluation.accept, evaluation.show_status, options.seed
    wanted = read_openings(options.openings or OPENINGS)  # an error now, not in minutes
    plays, others = corpora.load_plays().items, further_reading.load_poems()
    losses = _held_out_losses(evaluation)
    previous = previous_weights(trained, options.previous)
    ngram = _baselines(evaluation, losses, previous)
    show_status("word vectors and trigrams")
    texts = (*plays, *others, *further_reading.load_bible())
    form = VerseEvaluator(dictionary(), corpus.items, texts)
    reference = SenseReference.fit(corpus.items, plays, others)

    openings = [wanted[i % len(wanted)] for i in range(evaluation.count)]
    requests = [SonnetRequest(opening, number) for number, opening in enumerate(openings, seed)]
    written = generate_poems(trained, requests, accept, show_status)
    samples = [SonnetRequest(seed=seed + i) for i in range(SAMPLES)]
    shown = generate_poems(trained, samples, accept, show_status)
    free = [replace(request, form="free") for request in requests]
    plain = partial(sampled_poems, openings=openings, seed=seed)
    systems: dict[str, Callable[[], Sequence[MeasuredPoem]]] = {
        OURS: lambda: [w.poem for w in written],
        "the previous weights": lambda: previous_poems(previous, requests, accept, show_status),
        "the form free": lambda: [
            w.poem for w in generate_poems(trained, free, accept, show_status)
        ],
        PLAIN: lambda: plain(
            trained.network,
            temperature=DEFAULT_TEMPERATURE,
            is_whole=lambda text: text.count("\n") >= LINES,
        ),
        "the notebook": lambda: plain(
            _notebook(), temperature=1.0, is_whole=lambda text: len(text) >= NOTEBOOK_CHARACTERS
        ),
        "a word trigram": lambda: trigram_poems(
            WordTrigram.fit((*corpus.training, *corpus.validation, *plays)), openings, seed
        ),
    }
    verse, missing = list[SystemVerse](), dict[str, str]()
    for system, poems_of in systems.items():
        show_status(system)
        try:
            poems = poems_of()
        except WeightsError as error:
            missing[system] = str(error)
            continue
        likelihood = Likelihood(mean_nats(trained.network, poems), mean_nats(ngram, poems))
        sense = measure_sense(poems, reference)
        verse.append(SystemVerse(system, form.measure(poems), likelihood, sense))
    verse += _shakespeare(evaluation, plays, form, reference)
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


def _held_out_losses(evaluation: Evaluation) -> HeldOutLosses:
    trained, losses = evaluation.trained, HeldOutLosses(evaluation.corpus.held_out)
    losses.measure(f"{OURS} ({trained.card.recipe})", trained.network)
    if isinstance(trained.network, WordsAndCharacters):
        losses.measure_members(trained.network)
    return losses


def _shakespeare(
    evaluation: Evaluation, plays: Sequence[str], form: VerseEvaluator, reference: SenseReference
) -> Iterator[SystemVerse]:
    """The measures of his own texts, which are not measured by models of themselves."""
    evaluation.show_status(SHAKESPEARE)
    seed = evaluation.options.seed
    if pieces := poems_of_plays(plays, form.readings, evaluation.count, seed):
        told_apart = measure_sense(pieces, reference).told_apart
        quality = form.measure(pieces, copies=False)
        yield SystemVerse("his plays", quality, None, Sense(told_apart, None, None, None))
    quality = form.measure(list(map(MeasuredPoem, evaluation.corpus.items)), copies=False)
    sense = measure_sense(reference.real, reference, draws=0)
    yield SystemVerse(SHAKESPEARE, quality, None, sense)


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


def _baselines(evaluation: Evaluation, losses: HeldOutLosses, previous: PreviousWeights) -> NGram:
    """Measure the baselines on the held-out poems; returns the n-gram model for likelihoods."""
    corpus = evaluation.corpus
    models = dict(kneser_ney(corpus.training, corpus.validation, VERSE, evaluation.show_status))
    for name, model in models.items():
        losses.measure(name, model)
    for other in (pretrained(evaluation.trained), notebook_sonnets(), previous):
        losses.measure_baseline(other)
    return next(model for name, model in models.items() if name.startswith(LIKELIHOOD_ORDER))


def _notebook() -> Network:
    """The network of the notebook's recipe. Raises `WeightsError` if it is missing."""
    notebook = notebook_sonnets()
    if notebook.network is None:
        raise WeightsError(notebook.missing)
    return notebook.network


def mean_nats(network: Network, poems: Sequence[MeasuredPoem]) -> float:
    """Mean −ln p of the generated characters, given the openings."""
    vocabulary = network.vocabulary
    given = [vocabulary.fold(poem.text[: poem.given]) for poem in poems]
    whole = [
        before + vocabulary.fold(poem.text[poem.given :])
        for before, poem in zip(given, poems, strict=True)
    ]
    nats: NDArray[np.float64] = losses_of(network, whole).nats - losses_of(network, given).nats
    return float(nats.sum() / (sum(map(len, whole)) - sum(map(len, given))))


# Board


def _rhyme_and_metre(found: SonnetsFindings) -> dict[Plot, bytes]:
    """Plot of rhyme and metre by line: Mangosaurus, plain sampling and Shakespeare."""
    shown = [found.of(system) for system in (OURS, PLAIN, SHAKESPEARE)]
    measures = {
        "rhymes": {v.system: v.form.rhyming_by_line for v in shown},
        "iambic": {v.system: v.form.iambic_by_line for v in shown},
    }
    plot = Plot("sonnets-lines.png", "Rhyme and metre by line", RHYME_AND_METRE)
    return {plot: by_line(measures)}


def _targets(found: SonnetsFindings, size: int) -> tuple[QualityTarget, ...]:
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    ours, plain = found.verse[0], found.of(PLAIN)
    form = ours.form
    targets = [
        at_most("held-out nats/char", 1.17, found.losses.ours.nats_per_character, ".3f"),
        at_most("megabytes of weights", LARGEST_FILE / 1e6, size / 1e6, ".1f"),
        at_least("poems of fourteen lines", 1, form.fourteen_lines, ".0%"),
        at_least("real words", 0.999, form.real_words, ".2%"),
        at_least("rhyming pairs", 0.97, form.rhyming_pairs, ".1%"),
        at_least("poems with a complete rhyme scheme", 0.8, form.whole_schemes, ".0%"),
        at_least("lines of ten or eleven syllables", 0.98, form.syllables, ".1%"),
        at_least("iambic lines", 0.95, form.iambic, ".1%"),
        at_most("lines copied from a corpus", 0, form.copied_lines or 0, "d"),
        at_most("longest word sequence shared with a corpus", 6, form.longest_run or 0, "d"),
        at_most("poems in which a line occurs twice", 0, form.lines_twice, "d"),
        at_most("poems in which a rhyme word occurs twice", 0, form.rhyme_words_twice, "d"),
    ]
    if form.poems >= POEMS_FOR_VARIETY:
        targets.append(at_least("different end words", 600, form.end_words, "d"))
    targets += _sense_targets(ours.sense)
    if ours.likelihood and plain.likelihood:
        network = ours.likelihood.network - plain.likelihood.network
        ngram = ours.likelihood.ngram - plain.likelihood.ngram
        above = "nats/char above plain sampling, under"
        targets += [
            at_most(f"{above} the network", 0.15, network, "+.3f"),
            at_most(f"{above} Kneser-Ney", 0.15, ngram, "+.3f"),
        ]
    first, whole = np.median(found.first_line), np.median(found.whole_poem)
    targets += [
        at_most("seconds to the first line, median", 0.1, float(first), ".3f"),
        at_most("seconds to the whole poem, median", 0.25, float(whole), ".3f"),
    ]
    return tuple(targets)


def _sense_targets(sense: Sense) -> Iterator[QualityTarget]:
    """Targets of what could be measured."""
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    if sense.told_apart is not None:
        name = "AUC of the classifier by words and parts of speech"
        yield at_most(name, 0.7, sense.told_apart.both, ".2f")
    if sense.nats_per_word is not None:
        name = "nats per word under a word trigram"
        yield QualityTarget.between(name, 5.3, 5.6, sense.nats_per_word, ".2f")
    if sense.subject is not None:
        yield at_least("keeps to its subject", 0.8, sense.subject, ".2f")
    if sense.opening is not None:
        yield at_least("keeps to its opening", 0.78, sense.opening, ".2f")


def _sense_table(found: SonnetsFindings) -> Table:
    def row(name: str, of: Callable[[Sense], float | None]) -> tuple[str, ...]:
        values = (of(verse.sense) for verse in found.verse)
        return (name, *("–" if value is None else f"{value:.2f}" for value in values))

    def told_apart(name: str, of: Callable[[ToldApart], float]) -> tuple[str, ...]:
        return row(name, lambda sense: of(sense.told_apart) if sense.told_apart else None)

    rows = (
        told_apart("told apart by words", lambda areas: areas.words),
        told_apart("… by parts of speech", lambda areas: areas.parts_of_speech),
        told_apart("… by both", lambda areas: areas.both),
        row("nats per word", lambda s: s.nats_per_word),
        row("keeps to its subject", lambda s: s.subject),
        row("keeps to its opening", lambda s: s.opening),
    )
    return Table("Sense", SENSE, ("", *(verse.system for verse in found.verse)), rows)


def _form_table(found: SonnetsFindings) -> Table:
    def row(name: str, cell: Callable[[SystemVerse], str]) -> tuple[str, ...]:
        return (name, *map(cell, found.verse))

    def likelihood(of: Callable[[Likelihood], float]) -> Callable[[SystemVerse], str]:
        return lambda v: f"{of(v.likelihood):.3f}" if v.likelihood else "–"

    rows: tuple[tuple[str, ...], ...] = (
        row("fourteen lines", lambda v: f"{v.form.fourteen_lines:.0%}"),
        row("real words", lambda v: f"{v.form.real_words:.2%}"),
        row("… in the dictionary", lambda v: f"{v.form.dictionary_words:.2%}"),
        row("rhyming pairs", lambda v: f"{v.form.rhyming_pairs:.1%}"),
        row("complete rhyme scheme", lambda v: f"{v.form.whole_schemes:.0%}"),
        row("ten or eleven syllables", lambda v: f"{v.form.syllables:.1%}"),
        row("iambic", lambda v: f"{v.form.iambic:.1%}"),
        row("lines copied from a corpus", lambda v: _count(v.form.copied_lines)),
        row("longest word sequence shared with a corpus", lambda v: _count(v.form.longest_run)),
        row("poems with a line twice", lambda v: f"{v.form.lines_twice}"),
        row("poems with a rhyme word twice", lambda v: f"{v.form.rhyme_words_twice}"),
        row("different end words", lambda v: f"{v.form.end_words:,}"),
        row("−ln p under the network", likelihood(lambda s: s.network)),
        row("−ln p under Kneser-Ney", likelihood(lambda s: s.ngram)),
        row("poems", lambda v: f"{v.form.poems}"),
    )
    blank = [""] * (len(found.verse) - 1)
    rows += tuple((system, reason, *blank) for system, reason in found.missing.items())
    note = FORM.format(
        count=found.verse[0].form.poems, openings=found.openings, temperature=DEFAULT_TEMPERATURE
    )
    systems = [verse.system for verse in found.verse]
    return Table("Quality", note, ("", *systems), rows)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number}"


def _speed_table(found: SonnetsFindings) -> Table:
    measured = {"the first line": found.first_line, "the whole poem": found.whole_poem}
    rows = tuple(
        (name, *(f"{np.quantile(seconds, q):.2f} s" for q in (0.5, 0.95)))
        for name, seconds in measured.items()
    )
    note = SPEED.format(count=min(TIMED, len(found.first_line)))
    return Table("Response times", note, ("", "median", "95th percentile"), rows)


def _headline(found: SonnetsFindings) -> tuple[Figure, ...]:
    ours, shakespeare = found.verse[0].form, found.verse[-1].form
    rhyming, iambic = f"{ours.rhyming_pairs:.0%}", f"{ours.iambic:.0%}"
    return (
        Figure("Pairs that rhyme", rhyming, f"Shakespeare {shakespeare.rhyming_pairs:.0%}"),
        Figure("Iambic lines", iambic, f"Shakespeare {shakespeare.iambic:.0%}"),
    )

"""Sonnets: how good they are, the systems they are compared with, and their board."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from bot.help.headline import Figure
from data import corpora, further_reading
from data.errors import Sentence
from data.text import VERSE_SYMBOLS
from models.networks.network import Network
from models.networks.vocabulary import Vocabulary
from models.verse.forms import FORMS
from models.verse.poem import DEFAULT_TEMPERATURE, SonnetRequest
from models.weights import SHIPPED
from tools.evaluation.baselines import kneser_ney, notebook_sonnets, pretrained
from tools.evaluation.held_out import HeldOutLosses
from tools.evaluation.options import Evaluation
from tools.evaluation.poems import generate_poems, poems_of_plays, sampled_poems
from tools.evaluation.readings import understood_table
from tools.evaluation.samples import today
from tools.evaluation.scoreboard import Board, QualityTarget, ScoreboardError, Table
from tools.evaluation.sense import Sense, SenseReference, measure_sense
from tools.evaluation.texts_read import FREQUENT, TextsRead, packed_sources
from tools.evaluation.verse import (
    LINES,
    LONGEST_RUN,
    POEMS_FOR_VARIETY,
    MeasuredPoem,
    VerseEvaluator,
    VerseQuality,
    dictionary,
)

OPENINGS = Path(__file__).parent / "openings.txt"
VERSE = Vocabulary("".join(sorted(VERSE_SYMBOLS)))
NOTEBOOK_CHARACTERS = 400
LARGEST_WEIGHTS = 100_000_000
"""Target for all shipped weight files together, in bytes."""

LONG_RUN = f"more than {LONGEST_RUN} words in a row of a text"

OURS, SHAKESPEARE = "Mangosaurus", "Shakespeare"

FORM = (
    "{count} poems from {openings} openings, at the default temperature of {temperature}. *The "
    "form free* is Mangosaurus without rhyme and metre. *Plain sampling* is its character network "
    "alone, with the same openings and temperature; *the notebook* draws 400 characters at "
    "temperature 1. *His plays* are pieces of fourteen lines of verse. Words and sounds are looked "
    "up in the CMU Pronouncing Dictionary itself, not in the bot's lexicon. The characters of the "
    "opening are excluded, and so are rhymes with an end word of the opening. *Real words* are in "
    "the dictionary, or at least {frequent} times in the texts that *read* lists above; copies are "
    "searched for in all of these."
)
SENSE = (
    "*Told apart*: a logistic regression on TF-IDF of words (1–3-grams) and of parts of speech "
    "(1–4-grams) tells single generated lines from lines of the regular sonnets; area under the "
    "ROC curve in five-fold cross-validation, fitted anew on each run with equal numbers of lines, "
    "where the lines of a poem stay together; 0.5 means that it cannot. Lines with words of the "
    "opening are excluded. *Keeps to its subject*: how often the second half of a poem is nearer "
    "to its own first half than to that of another poem, by the cosine of centred mean vectors of "
    "words, from a positive pointwise mutual information matrix of the plays and of poems by "
    "others (window 8, without the 100 most frequent words, reduced to 100 dimensions)."
)
SHORT = (
    "The same measures of forms of fewer than fourteen lines: {count} poems each, about subjects."
)


@dataclass(frozen=True)
class SystemVerse:
    """Quality of a system's verse."""

    system: str
    form: VerseQuality
    sense: Sense


@dataclass(frozen=True)
class SonnetsFindings:
    """Results of an evaluation."""

    losses: HeldOutLosses
    verse: tuple[SystemVerse, ...]
    """Mangosaurus first, Shakespeare last."""
    short: Mapping[str, VerseQuality]
    """Quality of Mangosaurus' poems in forms of fewer lines than a sonnet, by the form."""
    read: str
    """The texts in which words are counted and copies searched."""
    openings: int
    """Number of distinct openings."""


def sonnets_board(evaluation: Evaluation) -> Board:
    """Run all measures; the part of sonnets on the scoreboard."""
    found = _findings(evaluation)
    return Board(
        task="sonnets",
        facts=(*evaluation.facts(), ("read", found.read)),
        targets=_targets(found, sum(p.stat().st_size for p in SHIPPED.rglob("*.safetensors"))),
        tables=(
            understood_table(),
            found.losses.table(),
            _sense_table(found),
            _form_table(found),
            *_short_table(found),
        ),
        samples_title="",
        samples=(),
        headline=_headline(found),
    )


# Measures


def _findings(evaluation: Evaluation) -> SonnetsFindings:
    trained, corpus, options = evaluation.trained, evaluation.corpus, evaluation.options
    accept, show_status, seed = evaluation.accept, evaluation.show_status, options.seed
    wanted = read_openings(options.openings or OPENINGS)  # an error now, not in minutes
    plays, others = corpora.load_plays().items, further_reading.load_poems()
    texts, read = _texts_read(evaluation, plays, others)
    notebook = notebook_sonnets()
    losses = _held_out_losses(evaluation, notebook)
    show_status("word vectors")
    form = VerseEvaluator(dictionary(), texts)
    reference = SenseReference.fit(corpus.items, plays, others)

    openings = [wanted[i % len(wanted)] for i in range(evaluation.count)]
    requests = [SonnetRequest(opening, number) for number, opening in enumerate(openings, seed)]
    written = generate_poems(trained, requests, accept, show_status)
    free = [replace(request, form="free") for request in requests]
    plain = partial(sampled_poems, openings=openings, seed=seed)
    systems: dict[str, Callable[[], Sequence[MeasuredPoem]]] = {
        OURS: lambda: written,
        "the form free": lambda: generate_poems(trained, free, accept, show_status),
        "plain sampling": lambda: plain(
            trained.network,
            temperature=DEFAULT_TEMPERATURE,
            is_whole=lambda text: text.count("\n") >= LINES,
        ),
        "the notebook": lambda: plain(
            notebook, temperature=1.0, is_whole=lambda text: len(text) >= NOTEBOOK_CHARACTERS
        ),
    }
    verse = list[SystemVerse]()
    for system, poems_of in systems.items():
        show_status(system)
        poems = poems_of()
        verse.append(SystemVerse(system, form.measure(poems), measure_sense(poems, reference)))
    verse += _shakespeare(evaluation, plays, form, reference)
    return SonnetsFindings(
        losses,
        tuple(verse),
        dict(_short_forms(evaluation, form)),
        read,
        len(set(openings)),
    )


def _texts_read(
    evaluation: Evaluation, plays: Sequence[str], others: Sequence[str]
) -> tuple[TextsRead, str]:
    """The texts of the training, and a description of them."""
    folder, packed = evaluation.options.corpora, list[str]()

    def sources() -> Iterator[Iterable[str]]:
        yield from (evaluation.corpus.items, plays, others, further_reading.load_bible())
        for name, works in packed_sources(folder) if folder else ():
            evaluation.show_status(f"reading {name}")
            packed.append(name)
            yield works

    texts = TextsRead(sources())
    packed = packed or ["but no packed corpora (`--corpora`)"]
    titles = [evaluation.corpus.title, "the plays", "poems by others", "the Bible", *packed]
    return texts, f"{texts.size / 1e6:.1f} million words: {', '.join(titles)}"


def _short_forms(
    evaluation: Evaluation, evaluator: VerseEvaluator
) -> Iterator[tuple[str, VerseQuality]]:
    """The quality of each form with metre that has fewer lines than a sonnet."""
    seed, subjects = evaluation.options.seed, today()["subjects"]
    short = [name for name, form in FORMS.items() if form.metres and len(form.scheme) < LINES]
    for name in short:
        requests = [
            SonnetRequest(seed=seed + i, form=name, about=subjects[i % len(subjects)])
            for i in range(evaluation.count)
        ]
        written = generate_poems(
            evaluation.trained, requests, evaluation.accept, evaluation.show_status
        )
        yield name, evaluator.measure(written, scheme=FORMS[name].scheme)


def _held_out_losses(evaluation: Evaluation, notebook: Network) -> HeldOutLosses:
    """The losses on the held-out poems: ours first, then those of the baselines."""
    trained, corpus = evaluation.trained, evaluation.corpus
    losses = HeldOutLosses(corpus.held_out)
    losses.measure(f"{OURS} ({trained.card.recipe})", trained.network)
    read = corpus.training, corpus.validation
    for name, model in kneser_ney(*read, VERSE, evaluation.show_status):
        losses.measure(name, model)
    losses.measure(*pretrained(trained))
    losses.measure("the notebook's recipe", notebook)
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
        yield SystemVerse("his plays", quality, Sense(told_apart, None))
    quality = form.measure(list(map(MeasuredPoem, evaluation.corpus.items)), copies=False)
    sense = measure_sense(reference.real, reference, draws=0)
    yield SystemVerse(SHAKESPEARE, quality, sense)


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


# Board


def _targets(found: SonnetsFindings, size: int) -> tuple[QualityTarget, ...]:
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    ours = found.verse[0]
    form = ours.form
    targets = [
        at_most("held-out nats/char", 1.09, found.losses.ours.nats_per_character, ".3f"),
        at_most("megabytes of shipped weights", LARGEST_WEIGHTS / 1e6, size / 1e6, ".1f"),
        at_least("poems of fourteen lines", 1, form.complete, ".0%"),
        at_least("real words", 0.999, form.real_words, ".2%"),
        at_least("rhyming pairs", 0.97, form.rhyming_pairs, ".1%"),
        at_least("poems with a complete rhyme scheme", 0.8, form.whole_schemes, ".0%"),
        at_least("lines of ten or eleven syllables", 0.98, form.syllables, ".1%"),
        at_least("iambic lines", 0.95, form.iambic, ".1%"),
        at_most("lines copied from a text", 0, form.copied_lines or 0, "d"),
        at_most(f"poems with {LONG_RUN}", 0.01, form.long_runs or 0, ".1%"),
        at_most("poems in which a line occurs twice", 0, form.lines_twice, "d"),
        at_most("poems in which a rhyme word occurs twice", 0, form.rhyme_words_twice, "d"),
    ]
    for name, short in found.short.items():
        targets += [
            at_least(f"{name}: real words", 0.999, short.real_words, ".2%"),
            at_least(f"{name}: rhyming pairs", 0.97, short.rhyming_pairs, ".1%"),
            at_most(f"{name}: lines copied from a text", 0, short.copied_lines or 0, "d"),
            at_most(f"{name}: poems with {LONG_RUN}", 0.01, short.long_runs or 0, ".1%"),
        ]
    if form.poems >= POEMS_FOR_VARIETY:
        targets.append(at_least("different end words", 400, form.end_words, "d"))
    targets += _sense_targets(ours.sense)
    return tuple(targets)


def _sense_targets(sense: Sense) -> Iterator[QualityTarget]:
    """Targets of what could be measured."""
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    if sense.told_apart is not None:
        name = "AUC of the classifier by words and parts of speech"
        yield at_most(name, 0.75, sense.told_apart, ".2f")
    if sense.subject is not None:
        yield at_least("keeps to its subject", 0.75, sense.subject, ".2f")


def _sense_table(found: SonnetsFindings) -> Table:
    def row(name: str, of: Callable[[Sense], float | None]) -> tuple[str, ...]:
        values = (of(verse.sense) for verse in found.verse)
        return (name, *("–" if value is None else f"{value:.2f}" for value in values))

    rows = (
        row("told apart by words and parts of speech", lambda s: s.told_apart),
        row("keeps to its subject", lambda s: s.subject),
    )
    return Table("Sense", SENSE, ("", *(verse.system for verse in found.verse)), rows)


def _form_table(found: SonnetsFindings) -> Table:
    def row(name: str, cell: Callable[[SystemVerse], str]) -> tuple[str, ...]:
        return (name, *map(cell, found.verse))

    rows: tuple[tuple[str, ...], ...] = (
        row("fourteen lines", lambda v: f"{v.form.complete:.0%}"),
        *_quality_rows([verse.form for verse in found.verse]),
        row("ten or eleven syllables", lambda v: f"{v.form.syllables:.1%}"),
        row("iambic", lambda v: f"{v.form.iambic:.1%}"),
        row("poems", lambda v: f"{v.form.poems}"),
    )
    note = FORM.format(
        count=found.verse[0].form.poems,
        openings=found.openings,
        temperature=DEFAULT_TEMPERATURE,
        frequent=FREQUENT,
    )
    systems = [verse.system for verse in found.verse]
    return Table("Quality", note, ("", *systems), rows)


def _short_table(found: SonnetsFindings) -> Iterator[Table]:
    if found.short:
        qualities = list(found.short.values())
        note = SHORT.format(count=qualities[0].poems)
        yield Table("Short forms", note, ("", *found.short), _quality_rows(qualities))


def _quality_rows(qualities: Sequence[VerseQuality]) -> tuple[tuple[str, ...], ...]:
    """The measures of any form with rhyme, a column for each quality."""

    def row(name: str, cell: Callable[[VerseQuality], float | None], form: str) -> tuple[str, ...]:
        values = map(cell, qualities)
        return (name, *("–" if value is None else f"{value:{form}}" for value in values))

    return (
        row("real words", lambda q: q.real_words, ".2%"),
        row("… in the dictionary", lambda q: q.dictionary_words, ".2%"),
        row("rhyming pairs", lambda q: q.rhyming_pairs, ".1%"),
        row("complete rhyme scheme", lambda q: q.whole_schemes, ".0%"),
        row("lines copied from a text", lambda q: q.copied_lines, "d"),
        row(f"poems with {LONG_RUN}", lambda q: q.long_runs, ".1%"),
        row("longest word sequence of a text", lambda q: q.longest_run, "d"),
        row("poems with a line twice", lambda q: q.lines_twice, "d"),
        row("poems with a rhyme word twice", lambda q: q.rhyme_words_twice, "d"),
        row("different end words", lambda q: q.end_words, ",d"),
    )


def _headline(found: SonnetsFindings) -> tuple[Figure, ...]:
    ours, shakespeare = found.verse[0].form, found.verse[-1].form
    beside = "Shakespeare {share:.0%}"
    rhyming, iambic = shakespeare.rhyming_pairs, shakespeare.iambic
    return (
        Figure("Rhyming pairs", ours.rhyming_pairs, Sentence(beside, {"share": rhyming})),
        Figure("Iambic lines", ours.iambic, Sentence(beside, {"share": iambic})),
    )

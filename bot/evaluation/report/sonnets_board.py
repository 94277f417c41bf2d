"""Results for sonnets as tables and targets."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.evaluation.measures.sense.measure import Sense
from bot.evaluation.measures.sense.told_apart import ToldApart
from bot.evaluation.measures.sonnets_run import (
    PLAIN,
    SAMPLES,
    TEMPERATURE,
    TIMED,
    Likelihood,
    SonnetsFindings,
    SystemVerse,
)
from bot.evaluation.measures.verse import POEMS_FOR_VARIETY
from bot.evaluation.results.board import (
    Board,
    Plot,
    Table,
    Target,
)
from bot.evaluation.results.headline import Figure
from models.weights import Trained

LARGEST_FILE = 25_000_000
"""Target for the weight file, in bytes."""

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


def sonnets_board(
    trained: Trained,
    weights: Path,
    findings: SonnetsFindings,
    facts: Sequence[tuple[str, str]],
    plots: Sequence[Plot],
) -> Board:
    """The part of sonnets on the scoreboard. weights: the measured file."""
    return Board(
        task="sonnets",
        weights=trained.digest,
        facts=tuple(facts),
        targets=_targets(findings, weights.stat().st_size),
        tables=(findings.losses.table(), _sense(findings), _form(findings), _speed(findings)),
        samples_title=f"{SAMPLES} poems without an opening, then one for each opening, with the "
        "first seeds, not selected",
        samples=findings.samples,
        plots=tuple(plots),
        headline=_headline(findings),
        figures=_figures(findings),
    )


def _targets(findings: SonnetsFindings, size: int) -> tuple[Target, ...]:
    at_most, at_least = Target.at_most, Target.at_least
    ours, plain = findings.verse[0], findings.of(PLAIN)
    form = ours.form
    targets = [
        at_most("held-out nats/char", 1.17, findings.losses.ours.nats_per_character, ".3f"),
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
    first, whole = np.median(findings.first_line), np.median(findings.whole_poem)
    targets += [
        at_most("seconds to the first line, median", 0.1, float(first), ".3f"),
        at_most("seconds to the whole poem, median", 0.25, float(whole), ".3f"),
    ]
    return tuple(targets)


def _sense_targets(sense: Sense) -> list[Target]:
    """Targets of what could be measured."""
    targets = []
    if sense.told_apart is not None:
        name = "AUC of the classifier by words and parts of speech"
        targets.append(Target.at_most(name, 0.7, sense.told_apart.both, ".2f"))
    if sense.nats_per_word is not None:
        name = "nats per word under a word trigram"
        targets.append(Target.between(name, 5.3, 5.6, sense.nats_per_word, ".2f"))
    if sense.subject is not None:
        targets.append(Target.at_least("keeps to its subject", 0.8, sense.subject, ".2f"))
    if sense.opening is not None:
        targets.append(Target.at_least("keeps to its opening", 0.78, sense.opening, ".2f"))
    return targets


def _sense(findings: SonnetsFindings) -> Table:
    def row(name: str, of: Callable[[Sense], float | None]) -> tuple[str, ...]:
        found = (of(verse.sense) for verse in findings.verse)
        return (name, *("–" if value is None else f"{value:.2f}" for value in found))

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
    return Table("Sense", SENSE, ("", *(verse.system for verse in findings.verse)), rows)


def _form(findings: SonnetsFindings) -> Table:
    def row(name: str, cell: Callable[[SystemVerse], str]) -> tuple[str, ...]:
        return (name, *map(cell, findings.verse))

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
    blank = [""] * (len(findings.verse) - 1)
    rows += tuple((system, reason, *blank) for system, reason in findings.missing.items())
    note = FORM.format(
        count=findings.verse[0].form.poems,
        openings=findings.openings,
        temperature=TEMPERATURE,
    )
    systems = [verse.system for verse in findings.verse]
    return Table("Quality", note, ("", *systems), rows)


def _count(number: int | None) -> str:
    return "–" if number is None else f"{number}"


def _speed(findings: SonnetsFindings) -> Table:
    rows = [
        (name, *(f"{np.quantile(seconds, q):.2f} s" for q in (0.5, 0.95)))
        for name, seconds in (
            ("the first line", findings.first_line),
            ("the whole poem", findings.whole_poem),
        )
    ]
    note = SPEED.format(count=min(TIMED, len(findings.first_line)))
    return Table("Response times", note, ("", "median", "95th percentile"), tuple(rows))


def _headline(findings: SonnetsFindings) -> tuple[Figure, ...]:
    _, table = findings.losses.best("Kneser-Ney")
    ours, *_, shakespeare = (verse.form for verse in findings.verse)
    return (
        Figure(
            "Held-out sonnets",
            f"{findings.losses.ours.nats_per_character:.3f} nats/char",
            f"Kneser-Ney {table.nats_per_character:.3f}",
        ),
        Figure(
            "Pairs that rhyme",
            f"{ours.rhyming_pairs:.0%}",
            f"Shakespeare {shakespeare.rhyming_pairs:.0%}",
        ),
        Figure("Iambic lines", f"{ours.iambic:.0%}", f"Shakespeare {shakespeare.iambic:.0%}"),
    )


def _figures(findings: SonnetsFindings) -> dict[str, object]:
    return {
        "held_out": findings.losses.figures(),
        "verse": [dataclasses.asdict(verse) for verse in findings.verse],
        "first_line_seconds": findings.first_line,
        "whole_poem_seconds": findings.whole_poem,
    }

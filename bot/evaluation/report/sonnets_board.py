"""Results for sonnets as tables and targets."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from bot.evaluation.measures.sonnets_run import (
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

SAMPLES = 10
LARGEST_FILE = 10_000_000
"""Target for the weight file, in bytes."""

FORM = (
    "{count} poems from {openings} openings, at temperature {temperature}. *Plain sampling* is the "
    "same network with the same openings and temperature, without form, nucleus, reranking; *the "
    "notebook* draws 400 characters at temperature 1. Words and sounds are looked up in the CMU "
    "Pronouncing Dictionary itself, not in the bot's lexicon. The characters of the opening are "
    "excluded, and so are rhymes with an end word of the opening. The likelihood is the mean −ln p "
    "of the generated characters, under the network and under a Kneser-Ney model of order 5."
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
        tables=(findings.losses.table(), _form(findings), _speed(findings)),
        samples_title=f"The first {SAMPLES} poems",
        samples=findings.poems[:SAMPLES],
        plots=tuple(plots),
        headline=_headline(findings),
        figures=_figures(findings),
    )


def _targets(findings: SonnetsFindings, size: int) -> tuple[Target, ...]:
    at_most, at_least = Target.at_most, Target.at_least
    ours, plain, *_ = findings.verse
    form = ours.form
    targets = [
        at_most("held-out nats/char", 1.33, findings.losses.ours.nats_per_character, ".3f"),
        at_most("megabytes of weights", LARGEST_FILE / 1e6, size / 1e6, ".1f"),
        at_least("poems of fourteen lines", 1, form.fourteen_lines, ".0%"),
        at_least("real words", 0.995, form.real_words, ".2%"),
        at_least("rhyming pairs", 0.97, form.rhyming_pairs, ".1%"),
        at_least("poems with a complete rhyme scheme", 0.8, form.whole_schemes, ".0%"),
        at_least("lines of ten or eleven syllables", 0.98, form.syllables, ".1%"),
        at_least("iambic lines", 0.95, form.iambic, ".1%"),
        at_most("lines copied from a corpus", 0, form.copied_lines or 0, "d"),
        at_most("longest word sequence shared with the sonnets", 6, form.longest_run or 0, "d"),
        at_most("poems in which a line occurs twice", 0, form.lines_twice, "d"),
        at_most("poems in which a rhyme word occurs twice", 0, form.rhyme_words_twice, "d"),
    ]
    if form.poems >= POEMS_FOR_VARIETY:
        targets.append(at_least("different end words", 600, form.end_words, "d"))
    if ours.sense and plain.sense:
        network = ours.sense.network - plain.sense.network
        ngram = ours.sense.ngram - plain.sense.ngram
        above = "nats/char above plain sampling, under"
        targets += [
            at_most(f"{above} the network", 0.15, network, "+.3f"),
            at_most(f"{above} Kneser-Ney", 0.15, ngram, "+.3f"),
        ]
    first, whole = np.median(findings.first_line), np.median(findings.whole_poem)
    targets += [
        at_most("seconds to the first line, median", 0.3, float(first), ".2f"),
        at_most("seconds to the whole poem, median", 1.5, float(whole), ".2f"),
    ]
    return tuple(targets)


def _form(findings: SonnetsFindings) -> Table:
    def row(name: str, cell: Callable[[SystemVerse], str]) -> tuple[str, ...]:
        return (name, *map(cell, findings.verse))

    def sense(of: Callable[[Likelihood], float]) -> Callable[[SystemVerse], str]:
        return lambda v: f"{of(v.sense):.3f}" if v.sense else "–"

    rows: tuple[tuple[str, ...], ...] = (
        row("fourteen lines", lambda v: f"{v.form.fourteen_lines:.0%}"),
        row("real words", lambda v: f"{v.form.real_words:.2%}"),
        row("… in the dictionary", lambda v: f"{v.form.dictionary_words:.2%}"),
        row("rhyming pairs", lambda v: f"{v.form.rhyming_pairs:.1%}"),
        row("complete rhyme scheme", lambda v: f"{v.form.whole_schemes:.0%}"),
        row("ten or eleven syllables", lambda v: f"{v.form.syllables:.1%}"),
        row("iambic", lambda v: f"{v.form.iambic:.1%}"),
        row("lines copied from a corpus", lambda v: _count(v.form.copied_lines)),
        row("longest word sequence shared with the sonnets", lambda v: _count(v.form.longest_run)),
        row("poems with a line twice", lambda v: f"{v.form.lines_twice}"),
        row("poems with a rhyme word twice", lambda v: f"{v.form.rhyme_words_twice}"),
        row("different end words", lambda v: f"{v.form.end_words:,}"),
        row("−ln p under the network", sense(lambda s: s.network)),
        row("−ln p under Kneser-Ney", sense(lambda s: s.ngram)),
        row("poems", lambda v: f"{v.form.poems}"),
    )
    if findings.missing:
        rows += (("the notebook", findings.missing, *[""] * (len(findings.verse) - 1)),)
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

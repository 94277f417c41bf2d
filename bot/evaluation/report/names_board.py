"""What was found about names, as tables and targets."""

import dataclasses
from collections.abc import Sequence

from bot.evaluation.measures.names import Wish
from bot.evaluation.names_run import NamesFindings, Written
from bot.evaluation.report.board import (
    Board,
    Plot,
    Table,
    Target,
)
from bot.evaluation.report.headline import Figure
from models.weights import Trained

SAMPLES = 100
SAMPLES_IN_ROW = 5

WRITING = (
    "Ours is what the bot would have shown, {count:,} names in requests of ten; of what it wrote "
    "on the way, the shares that were not shown are given with their reasons. The bot takes common "
    "names, which copies are, as rarely as others, so that how much the network copies is seen "
    "where it is drawn plainly, as the others are: as many of each, and nothing thrown away. The "
    "classifier is a logistic regression "
    "on character 1–4-grams (TF-IDF), which is to tell new names from as many held-out real ones: "
    "the area under its ROC curve in five-fold cross-validation, the mean of {draws} draws ± their "
    "standard deviation. At 0.5 it cannot."
)
REASONS = {
    "known": "in the corpus",
    "near": "within edit distance 1 of a genus",
    "unreadable": "not well-formed",
    "unfit": "refused by the word filter",
    "repeated": "repetitions within a request",
}
"""Why a name is thrown away, by the words of `models.names.generator`."""
WISHES = "Names that were asked for with one control each."


def names_board(
    trained: Trained,
    findings: NamesFindings,
    facts: Sequence[tuple[str, str]],
    plots: Sequence[Plot],
    draws: int,
) -> Board:
    """The part of names."""
    return Board(
        task="names",
        weights=trained.digest,
        facts=tuple(facts),
        targets=_targets(findings),
        tables=(
            findings.losses.table(),
            _writing(findings, draws),
            _wishes(findings.wishes),
        ),
        samples_title=f"The first {SAMPLES} names, unpicked",
        samples=_rows([name.capitalize() for name in findings.names[:SAMPLES]]),
        plots=tuple(plots),
        headline=_headline(findings),
        figures=_figures(findings),
    )


def _targets(findings: NamesFindings) -> tuple[Target, ...]:
    ours = findings.losses.ours
    quick = findings.losses.losses[findings.quick]
    first = findings.written[0]
    writing = first.writing
    copies = round(writing.in_corpus * writing.written)
    targets = [
        Target.at_most("held-out nats/char", 1.50, ours.nats_per_character, ".3f"),
        Target.at_most(
            "held-out nats/char of the recipe quick", 1.60, quick.nats_per_character, ".3f"
        ),
        Target.at_most("seconds that the recipe quick takes", 30, findings.quick_seconds, ".0f"),
        Target.at_most("names that are in the corpus", 0, copies, "d"),
        Target.at_most("names within edit distance 1 of a genus", 0.02, writing.near, ".2%"),
        Target.at_least("distinct names", 0.99, writing.distinct, ".2%"),
        Target.at_least("well-formed names", 0.995, writing.well_formed, ".2%"),
    ]
    if first.auc is not None:
        name = "area under the curve of the classifier"
        targets.append(Target.at_most(name, 0.58, first.auc.mean, ".3f"))
    targets += [
        Target(
            wish.name,
            f"{wish.asked} given, all obeying, all new",
            f"{wish.given} given, {wish.obeying} obeying, {wish.new} new",
            wish.fulfilled,
        )
        for wish in findings.wishes
    ]
    return tuple(targets)


def _writing(findings: NamesFindings, draws: int) -> Table:
    written = findings.written
    systems = [w.writing.system for w in written]
    rows = [
        ("in the corpus", *(f"{w.writing.in_corpus:.1%}" for w in written), ""),
        ("within edit distance 1 of a genus", *(f"{w.writing.near:.1%}" for w in written), ""),
        ("distinct", *(f"{w.writing.distinct:.1%}" for w in written), ""),
        ("well-formed", *(f"{w.writing.well_formed:.1%}" for w in written), ""),
        ("told from real names", *map(_auc, written), _auc_of(findings)),
    ]
    thrown_away = written[0].writing.thrown_away
    rows += [
        (f"thrown away: {REASONS.get(why, why)}", f"{share:.1%}", *[""] * len(written))
        for why, share in thrown_away.items()
    ]
    note = WRITING.format(count=written[0].writing.written, draws=draws)
    return Table("What it writes", note, ("", *systems, "real names that trained"), tuple(rows))


def _auc(written: Written) -> str:
    return f"{written.auc.mean:.2f} ± {written.auc.deviation:.2f}" if written.auc else "–"


def _auc_of(findings: NamesFindings) -> str:
    return f"{findings.real.mean:.2f} ± {findings.real.deviation:.2f}" if findings.real else "–"


def _wishes(wishes: Sequence[Wish]) -> Table:
    rows = [(w.name, *map(str, (w.asked, w.given, w.obeying, w.new))) for w in wishes]
    columns = ("control", "asked for", "given", "obeying", "new")
    return Table("What can be wished for", WISHES, columns, tuple(rows))


def _rows(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        ", ".join(names[i : i + SAMPLES_IN_ROW]) for i in range(0, len(names), SAMPLES_IN_ROW)
    )


def _headline(findings: NamesFindings) -> tuple[Figure, ...]:
    beside = {
        "Kneser-Ney": findings.losses.best("Kneser-Ney"),
        "the notebook": findings.losses.best("the notebook"),
    }
    first = findings.written[0]
    figures = [
        Figure(
            "Held-out names",
            f"{findings.losses.ours.nats_per_character:.3f} nats/char",
            ", ".join(f"{name} {x.nats_per_character:.3f}" for name, (_, x) in beside.items()),
        )
    ]
    others = [w for w in findings.written if w.writing.system == "the notebook's recipe"]
    if first.auc is not None and others[0].auc is not None:
        figures.append(
            Figure(
                "Told from real names by a classifier",
                f"AUC {first.auc.mean:.2f} (0.5: not at all)",
                f"the notebook {others[0].auc.mean:.2f}",
            )
        )
    return tuple(figures)


def _figures(findings: NamesFindings) -> dict[str, object]:
    return {
        "held_out": findings.losses.figures(),
        "quick_seconds": findings.quick_seconds,
        "writing": [dataclasses.asdict(written) for written in findings.written],
        "auc_of_real_names": findings.real and dataclasses.asdict(findings.real),
        "wishes": [dataclasses.asdict(wish) for wish in findings.wishes],
    }

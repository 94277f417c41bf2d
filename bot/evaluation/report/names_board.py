"""Results for names as tables and targets."""

import dataclasses
from collections.abc import Sequence

from bot.evaluation.measures.classifier import DRAWS
from bot.evaluation.measures.names import ConstraintResult
from bot.evaluation.measures.names_run import NamesFindings, SystemNames
from bot.evaluation.results.board import (
    Board,
    Plot,
    Table,
    Target,
)
from bot.evaluation.results.headline import Figure
from models.weights import Trained

SAMPLES = 100
SAMPLES_IN_ROW = 5

WRITING = (
    "Mangosaurus: {count:,} names in requests of ten, as the bot shows them. The shares of names "
    "that it rejected are listed by reason. The other systems are sampled plainly, as many names "
    "each and none rejected. How much the network copies is seen in its plain samples. New "
    "cluster: a run of consonants at the start or the end of a name, or of three and more inside, "
    "that no name of the training part has; the real names are those held out. AUC: area under the "
    "ROC curve of a logistic regression on character 1–4-grams (TF-IDF) that separates new names "
    "from as many held-out real ones, in five-fold cross-validation, as mean ± standard deviation "
    "of {draws} draws; the real names are those of the training part. 0.5 means that it cannot "
    "tell them apart."
)
REASONS = {
    "known": "in the corpus",
    "near": "within edit distance 1 of a genus",
    "unreadable": "not well-formed",
    "unsayable": "a consonant cluster that no name of the list has",
    "unfit": "rejected by the word filter",
    "repeated": "repetitions within a request",
}
"""Descriptions of the reasons for rejection in `models.names.generator`."""
CONSTRAINTS = "Names that were requested with one constraint each."


def names_board(
    trained: Trained,
    findings: NamesFindings,
    facts: Sequence[tuple[str, str]],
    plots: Sequence[Plot],
) -> Board:
    """The part of names on the scoreboard."""
    return Board(
        task="names",
        weights=trained.digest,
        facts=tuple(facts),
        targets=_targets(findings),
        tables=(
            findings.losses.table(),
            _quality(findings),
            _constraints(findings.constraints),
        ),
        samples_title=f"The first {SAMPLES} names",
        samples=_rows([name.capitalize() for name in findings.names[:SAMPLES]]),
        plots=tuple(plots),
        headline=_headline(findings),
        figures=_figures(findings),
    )


def _targets(findings: NamesFindings) -> tuple[Target, ...]:
    ours = findings.losses.ours
    quick = findings.losses.losses[findings.quick]
    first = findings.systems[0]
    quality = first.quality
    copies = round(quality.in_corpus * quality.count)
    targets = [
        Target.at_most("held-out nats/char", 1.45, ours.nats_per_character, ".3f"),
        Target.at_most(
            "held-out nats/char of the recipe quick", 1.50, quick.nats_per_character, ".3f"
        ),
        Target.at_most("seconds to train the recipe quick", 15, findings.quick_seconds, ".0f"),
        Target.at_most("names in the corpus", 0, copies, "d"),
        Target.at_most("names within edit distance 1 of a genus", 0.02, quality.near, ".2%"),
        Target.at_least("distinct names", 0.99, quality.distinct, ".2%"),
        Target.at_least("well-formed names", 0.995, quality.well_formed, ".2%"),
        Target.at_most("names with a new cluster", 0.025, quality.new_cluster, ".2%"),
    ]
    if first.auc is not None:
        name = "AUC of the classifier"
        targets.append(Target.at_most(name, 0.55, first.auc.mean, ".3f"))
    targets += [
        Target(
            result.name,
            f"{result.asked} names, all valid, all new",
            f"{result.given} names, {result.obeying} valid, {result.new} new",
            result.fulfilled,
        )
        for result in findings.constraints
    ]
    return tuple(targets)


def _quality(findings: NamesFindings) -> Table:
    systems = findings.systems
    titles = [w.quality.system for w in systems]
    rows = [
        ("in the corpus", *(f"{w.quality.in_corpus:.1%}" for w in systems), ""),
        ("within edit distance 1 of a genus", *(f"{w.quality.near:.1%}" for w in systems), ""),
        ("distinct", *(f"{w.quality.distinct:.1%}" for w in systems), ""),
        ("well-formed", *(f"{w.quality.well_formed:.1%}" for w in systems), ""),
        (
            "new cluster",
            *(f"{w.quality.new_cluster:.1%}" for w in systems),
            f"{findings.real_new_cluster:.1%}",
        ),
        ("AUC of the classifier", *map(_auc, systems), _auc_of(findings)),
    ]
    rejected = systems[0].quality.rejected
    rows += [
        (f"rejected: {REASONS.get(why, why)}", f"{share:.1%}", *[""] * len(systems))
        for why, share in rejected.items()
    ]
    note = WRITING.format(count=systems[0].quality.count, draws=DRAWS)
    return Table("Quality", note, ("", *titles, "real names"), tuple(rows))


def _auc(system: SystemNames) -> str:
    return f"{system.auc.mean:.2f} ± {system.auc.deviation:.2f}" if system.auc else "–"


def _auc_of(findings: NamesFindings) -> str:
    return f"{findings.real.mean:.2f} ± {findings.real.deviation:.2f}" if findings.real else "–"


def _constraints(constraints: Sequence[ConstraintResult]) -> Table:
    rows = [(w.name, *map(str, (w.asked, w.given, w.obeying, w.new))) for w in constraints]
    columns = ("constraint", "requested", "generated", "valid", "new")
    return Table("Constraints", CONSTRAINTS, columns, tuple(rows))


def _rows(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(
        ", ".join(names[i : i + SAMPLES_IN_ROW]) for i in range(0, len(names), SAMPLES_IN_ROW)
    )


def _headline(findings: NamesFindings) -> tuple[Figure, ...]:
    beside = {
        "Kneser-Ney": findings.losses.best("Kneser-Ney"),
        "the notebook": findings.losses.best("the notebook"),
    }
    first = findings.systems[0]
    figures = [
        Figure(
            "Held-out names",
            f"{findings.losses.ours.nats_per_character:.3f} nats/char",
            ", ".join(f"{name} {x.nats_per_character:.3f}" for name, (_, x) in beside.items()),
        )
    ]
    others = [w for w in findings.systems if w.quality.system == "the notebook's recipe"]
    if first.auc is not None and others[0].auc is not None:
        figures.append(
            Figure(
                "Classifier against real names",
                f"AUC {first.auc.mean:.2f} (0.5 is ideal)",
                f"the notebook {others[0].auc.mean:.2f}",
            )
        )
    return tuple(figures)


def _figures(findings: NamesFindings) -> dict[str, object]:
    return {
        "held_out": findings.losses.figures(),
        "quick_seconds": findings.quick_seconds,
        "writing": [dataclasses.asdict(system) for system in findings.systems],
        "new_cluster_of_real_names": findings.real_new_cluster,
        "auc_of_real_names": findings.real and dataclasses.asdict(findings.real),
        "wishes": [dataclasses.asdict(result) for result in findings.constraints],
    }

"""Names: how good they are, the systems they are compared with, and their board."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from bot.help.headline import Figure
from data.corpora import Corpus
from data.errors import Sentence
from models.names.constraints import DINOSAURS
from models.names.filters import clusters_of, known_clusters
from models.names.generator import NamesRequest, generate_names
from models.networks.network import Network
from models.networks.vocabulary import END
from models.training.numpy_lstm import LETTERS
from tools.evaluation.baselines import kneser_ney, notebook_names, quick_names, sample_names
from tools.evaluation.held_out import HeldOutLosses
from tools.evaluation.options import Evaluation
from tools.evaluation.scoreboard import Board, QualityTarget, Table

NAMES_PER_REQUEST = 10
CLASSIFIED_ORDER = "Kneser-Ney, order 6"
"""The Kneser-Ney model whose names are classified as well."""
FOLDS, LONGEST_NGRAM, DRAWS = 5, 4, 20
"""Settings of the classifier."""
SAMPLES, SAMPLES_IN_ROW = 100, 5

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


Auc = tuple[float, float]
"""Mean and standard deviation of the area under the ROC curve, over several draws."""


@dataclass(frozen=True)
class NamesQuality:
    """Quality of the names of a system. Shares are from 0 to 1."""

    system: str
    count: int
    in_corpus: float
    """Share of names that are in the corpus."""
    near: float
    """Share within edit distance 1 of a real genus, or equal to one."""
    distinct: float
    well_formed: float
    """Share that is well-formed (`models.names.constraints.DINOSAURS`)."""
    new_cluster: float
    """Share with a consonant cluster that no training name has (`models.names.filters`)."""
    rejected: Mapping[str, float]
    """Shares of all generated names that were rejected, by reason."""
    auc: Auc | None = None
    """AUC of a classifier between them and real names; `None` if there are too few names."""


@dataclass(frozen=True)
class NamesFindings:
    """Results of an evaluation."""

    losses: HeldOutLosses
    quick: str
    """Name of the recipe `quick` among the losses."""
    quick_seconds: float
    systems: tuple[NamesQuality, ...]
    """Systems that were measured, Mangosaurus first."""
    real: Auc | None
    """AUC of real names of the training part."""
    real_new_cluster: float
    """Share of held-out names with a consonant cluster that no training name has."""
    names: tuple[str, ...]
    """All names of Mangosaurus."""


def names_board(evaluation: Evaluation) -> Board:
    """Run all measures; the part of names on the scoreboard."""
    found = _findings(evaluation)
    names = [name.capitalize() for name in found.names[:SAMPLES]]
    starts = range(0, len(names), SAMPLES_IN_ROW)
    return Board(
        task="names",
        facts=evaluation.facts(),
        targets=_targets(found),
        tables=(found.losses.table(), _quality_table(found)),
        samples_title=f"The first {SAMPLES} names",
        samples=tuple(", ".join(names[i : i + SAMPLES_IN_ROW]) for i in starts),
        headline=_headline(found),
    )


# Measures


def _findings(evaluation: Evaluation) -> NamesFindings:
    trained, corpus, options = evaluation.trained, evaluation.corpus, evaluation.options
    ours = f"Mangosaurus ({trained.card.recipe})"
    losses = HeldOutLosses([name + END for name in corpus.held_out])
    losses.measure(ours, trained.network)
    classified = {"the same network, plain sampling": trained.network}
    classified |= _baselines(evaluation, losses)
    quick_network, seconds = quick_names(options.corpus, evaluation.show_status)
    quick = f"the recipe quick, trained in {seconds:.0f} s"
    losses.measure(quick, quick_network)

    names, rejected = _generate(evaluation)
    systems = [_measure(ours, names, corpus, rejected)]
    for system, network in classified.items():
        evaluation.show_status(f"names by {system}")
        drawn = sample_names(network, len(names), np.random.default_rng(options.seed))
        systems.append(_measure(system, drawn, corpus))
    return NamesFindings(
        losses,
        quick,
        seconds,
        tuple(systems),
        auc(corpus.training, corpus.held_out),
        new_cluster_share(corpus.held_out, known_clusters(corpus.training)),
        tuple(names),
    )


def _baselines(evaluation: Evaluation, losses: HeldOutLosses) -> dict[str, Network]:
    """Measure the baselines on the held-out names; returns those to classify as well."""
    classified: dict[str, Network] = {}
    corpus, show_status = evaluation.corpus, evaluation.show_status
    training, validation = (
        [name + END for name in part] for part in (corpus.training, corpus.validation)
    )
    for name, model in kneser_ney(training, validation, LETTERS, show_status):
        losses.measure(name, model)
        if name.startswith(CLASSIFIED_ORDER):
            classified[CLASSIFIED_ORDER] = model
    classified["the notebook's recipe"] = notebook_names(corpus, show_status)
    losses.measure("the notebook's recipe", classified["the notebook's recipe"])
    return classified


def _generate(evaluation: Evaluation) -> tuple[list[str], Mapping[str, float]]:
    """Run all requests with consecutive seeds; the names, and the rejected shares by reason."""
    names: list[str] = []
    refused = Counter[str]()
    for number in range(evaluation.count):
        if number % 50 == 0:
            total = NAMES_PER_REQUEST * evaluation.count
            evaluation.show_status(f"{len(names):,} of {total:,} names")
        request = NamesRequest(NAMES_PER_REQUEST, evaluation.options.seed + number)
        result = generate_names(evaluation.trained, request, evaluation.accept)
        names += result.names
        refused.update(result.rejected)
    total = len(names) + refused.total()
    return names, {why: count / total for why, count in refused.most_common()}


def _measure(
    system: str, names: Sequence[str], corpus: Corpus, rejected: Mapping[str, float] | None = None
) -> NamesQuality:
    quality = quality_of(system, names, corpus.items, known_clusters(corpus.training), rejected)
    new = sorted(set(filter(None, names)).difference(corpus.items))
    return replace(quality, auc=auc(new, corpus.held_out))


def quality_of(
    system: str,
    names: Sequence[str],
    genera: Collection[str],
    clusters: Collection[str],
    rejected: Mapping[str, float] | None = None,
) -> NamesQuality:
    """Measure lower-case names, at least one, against the genera of the corpus.

    clusters: those of the training names.
    """
    count, real = len(names), set(genera)
    patterns = {pattern for genus in real for pattern in neighbourhood(genus)}
    return NamesQuality(
        system=system,
        count=count,
        in_corpus=sum(name in real for name in names) / count,
        near=sum(not patterns.isdisjoint(neighbourhood(name)) for name in names) / count,
        distinct=len(set(names)) / count,
        well_formed=sum(map(DINOSAURS.admits, names)) / count,
        new_cluster=new_cluster_share(names, clusters),
        rejected=rejected or {},
    )


def new_cluster_share(names: Sequence[str], clusters: Collection[str]) -> float:
    """The share of names, at least one, with a consonant cluster that is not among `clusters`."""
    return sum(not clusters_of(name).issubset(clusters) for name in names) / len(names)


def neighbourhood(name: str) -> set[str]:
    """Patterns that two texts share if and only if they are within edit distance 1.

    Each has a `?` in place of a letter, or between two letters.
    """
    return {f"{name[:i]}?{name[i + j :]}" for i in range(len(name) + 1) for j in (0, 1)}


def auc(written: Sequence[str], real: Sequence[str], draws: int = DRAWS) -> Auc | None:
    """AUC of a logistic regression on character 1–4-grams (TF-IDF), by 5-fold cross-validation.

    written: distinct generated names that are not in the corpus.
    real: held-out names; each draw takes as many of `written`.

    `None` if there are too few names.
    """
    if len(written) < len(real) or len(real) < FOLDS:
        return None
    areas = [_area(written, real, draw) for draw in range(draws)]
    return float(np.mean(areas)), float(np.std(areas))


def _area(written: Sequence[str], real: Sequence[str], draw: int) -> float:
    # Imported here since it takes a second, and only the full scoreboard needs it.
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.pipeline import make_pipeline

    chosen = np.random.default_rng(draw).choice(len(written), len(real), replace=False)
    names = [*real, *(written[i] for i in chosen)]
    labels = np.repeat([0, 1], len(real))
    model = make_pipeline(
        TfidfVectorizer(analyzer="char", ngram_range=(1, LONGEST_NGRAM)),
        LogisticRegression(max_iter=1_000),
    )
    folds = StratifiedKFold(FOLDS, shuffle=True, random_state=draw)
    return float(cross_val_score(model, names, labels, cv=folds, scoring="roc_auc").mean())


# Board


def _targets(found: NamesFindings) -> tuple[QualityTarget, ...]:
    at_most, at_least = QualityTarget.at_most, QualityTarget.at_least
    ours, quick = found.losses.ours, found.losses.losses[found.quick]
    quality = found.systems[0]
    copies = round(quality.in_corpus * quality.count)
    targets = [
        at_most("held-out nats/char", 1.45, ours.nats_per_character, ".3f"),
        at_most("held-out nats/char of the recipe quick", 1.50, quick.nats_per_character, ".3f"),
        at_most("seconds to train the recipe quick", 15, found.quick_seconds, ".0f"),
        at_most("names in the corpus", 0, copies, "d"),
        at_most("names within edit distance 1 of a genus", 0.02, quality.near, ".2%"),
        at_least("distinct names", 0.99, quality.distinct, ".2%"),
        at_least("well-formed names", 0.995, quality.well_formed, ".2%"),
        at_most("names with a new cluster", 0.025, quality.new_cluster, ".2%"),
    ]
    if quality.auc is not None:
        targets.append(at_most("AUC of the classifier", 0.55, quality.auc[0], ".3f"))
    return tuple(targets)


def _quality_table(found: NamesFindings) -> Table:
    def row(title: str, cell: Callable[[NamesQuality], str], real: str = "") -> tuple[str, ...]:
        return (title, *(cell(system) for system in found.systems), real)

    areas = [system.auc for system in found.systems] + [found.real]
    rejected = found.systems[0].rejected
    blank = [""] * len(found.systems)
    rows = (
        row("in the corpus", lambda q: f"{q.in_corpus:.1%}"),
        row("within edit distance 1 of a genus", lambda q: f"{q.near:.1%}"),
        row("distinct", lambda q: f"{q.distinct:.1%}"),
        row("well-formed", lambda q: f"{q.well_formed:.1%}"),
        row("new cluster", lambda q: f"{q.new_cluster:.1%}", f"{found.real_new_cluster:.1%}"),
        (
            "AUC of the classifier",
            *("{:.2f} ± {:.2f}".format(*area) if area else "–" for area in areas),
        ),
        *(
            (f"rejected: {REASONS.get(why, why)}", f"{share:.1%}", *blank)
            for why, share in rejected.items()
        ),
    )
    note = WRITING.format(count=found.systems[0].count, draws=DRAWS)
    columns = ("", *(system.system for system in found.systems), "real names")
    return Table("Quality", note, columns, rows)


def _headline(found: NamesFindings) -> tuple[Figure, ...]:
    areas = {system.system: system.auc for system in found.systems}
    first, notebook = found.systems[0].auc, areas["the notebook's recipe"]
    if first is None or notebook is None:
        return ()
    # The AUC is the share of pairs, a real name and a new one, of which a classifier can tell which
    # is which.
    beside = Sentence(
        "the founding notebook's names: {notebook:.0%}, guessing: {guessing:.0%}",
        {"notebook": notebook[0], "guessing": 0.5},
    )
    return (Figure("How often a program can tell them from real names", first[0], beside),)

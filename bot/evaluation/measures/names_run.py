"""Evaluation of names and their baselines."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.evaluation.measures.baselines import (
    ShowStatus,
    kneser_ney,
    notebook_names,
    quick_names,
)
from bot.evaluation.measures.classifier import FOLDS, Auc, auc
from bot.evaluation.measures.held_out import HeldOutLosses
from bot.evaluation.measures.names import (
    ConstraintResult,
    NamesQuality,
    new_cluster_share,
    quality_of,
)
from bot.evaluation.measures.options import ScoreboardOptions
from bot.evaluation.measures.previous import previous_weights
from bot.evaluation.measures.sampling import sample_names
from data.corpora import Corpus
from models.names.filters import known_clusters
from models.names.generator import (
    NamesRequest,
    generate_names,
)
from models.names.problems import NamesError
from models.networks.network import Network
from models.networks.vocabulary import END
from models.text_generator import Accept
from models.training.numpy_lstm import LETTERS
from models.weights import Trained

NAMES_PER_REQUEST = 10
NAMES_PER_CONSTRAINT = 100
"""Names to request with each constraint."""
CLASSIFIED_ORDER = 6
"""Order of the Kneser-Ney model whose names are classified as well."""


@dataclass(frozen=True)
class SystemNames:
    """Quality of a system's names, and how well a classifier distinguishes them from real ones."""

    quality: NamesQuality
    auc: Auc | None
    """`None` if there are too few names."""


@dataclass(frozen=True)
class NamesFindings:
    """Results of an evaluation."""

    losses: HeldOutLosses
    quick: str
    """Name of the recipe `quick` among the losses."""
    quick_seconds: float
    systems: tuple[SystemNames, ...]
    """Mangosaurus first."""
    real: Auc | None
    """AUC of real names of the training part."""
    real_new_cluster: float
    """Share of held-out names with a consonant cluster that no training name has."""
    constraints: tuple[ConstraintResult, ...]
    names: tuple[str, ...]
    """All names of Mangosaurus."""


def measure_names(
    trained: Trained,
    corpus: Corpus,
    held_out: Sequence[str],
    accept: Accept,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> NamesFindings:
    """Run all measures. held_out: the held-out names of the corpus."""
    ours = f"Mangosaurus ({trained.card.recipe})"
    losses = HeldOutLosses([name + END for name in held_out])
    losses.measure(ours, trained.network)
    classified: dict[str, Network] = {"the same network, plain sampling": trained.network}
    classified |= _baselines(trained, corpus, losses, options, show_status)
    quick_network, seconds = quick_names(options.corpus, show_status)
    quick = f"the recipe quick, trained in {seconds:.0f} s"
    losses.measure(quick, quick_network)

    names, rejected = _generate(trained, accept, options, show_status)
    systems = [_evaluate(ours, names, corpus, held_out, rejected)]
    for system, network in classified.items():
        show_status(f"names by {system}")
        drawn = sample_names(network, len(names), np.random.default_rng(options.seed))
        systems.append(_evaluate(system, drawn, corpus, held_out))
    show_status("constraints")
    return NamesFindings(
        losses,
        quick,
        seconds,
        tuple(systems),
        _auc(corpus.training, held_out),
        new_cluster_share(held_out, known_clusters(corpus.training)),
        tuple(
            measure_constraint(trained, corpus, accept, options.seed, each) for each in CONSTRAINTS
        ),
        tuple(names),
    )


def _baselines(
    trained: Trained,
    corpus: Corpus,
    losses: HeldOutLosses,
    options: ScoreboardOptions,
    show_status: ShowStatus,
) -> dict[str, Network]:
    """Measure the baselines on the held-out names; returns those to classify as well."""
    classified: dict[str, Network] = {}
    training, validation = (
        [name + END for name in part] for part in (corpus.training, corpus.validation)
    )
    for model in kneser_ney(training, validation, LETTERS, show_status):
        name = f"Kneser-Ney, order {model.order}"
        losses.measure(f"{name} (discount {model.discount:.2f})", model)
        if model.order == CLASSIFIED_ORDER:
            classified[name] = model
    classified["the notebook's recipe"] = notebook_names(corpus, show_status)
    losses.measure("the notebook's recipe", classified["the notebook's recipe"])
    previous = previous_weights(trained, options.previous)
    if previous.network is None:
        losses.missing[previous.name] = previous.missing
    else:
        classified["the previous weights"] = previous.network
        losses.measure(previous.name, previous.network)
    return classified


def _generate(
    trained: Trained, accept: Accept, options: ScoreboardOptions, show_status: ShowStatus
) -> tuple[list[str], Mapping[str, float]]:
    """Run all requests with consecutive seeds; the names, and the rejected shares by reason."""
    names: list[str] = []
    refused = Counter[str]()
    for number in range(options.count):
        if number % 50 == 0:
            show_status(f"{len(names):,} of {NAMES_PER_REQUEST * options.count:,} names")
        request = NamesRequest(NAMES_PER_REQUEST, options.seed + number)
        result = generate_names(trained, request, accept)
        names += result.names
        refused.update(result.rejected)
    total = len(names) + refused.total()
    return names, {why: count / total for why, count in refused.most_common()}


def _evaluate(
    system: str,
    names: Sequence[str],
    corpus: Corpus,
    held_out: Sequence[str],
    rejected: Mapping[str, float] | None = None,
) -> SystemNames:
    clusters = known_clusters(corpus.training)
    quality = quality_of(system, names, corpus.items, clusters, rejected)
    new = sorted(set(filter(None, names)).difference(corpus.items))
    return SystemNames(quality, _auc(new, held_out))


def _auc(names: Sequence[str], held_out: Sequence[str]) -> Auc | None:
    if len(held_out) < FOLDS or len(names) < len(held_out):
        return None
    return auc(names, held_out)


@dataclass(frozen=True)
class Constraint:
    """A constraint, and how to check it."""

    title: str
    request: Callable[[int, int], NamesRequest]
    """The request, given a number of names and a seed."""
    is_obeyed: Callable[[str], bool]


CONSTRAINTS = (
    Constraint(
        "ends_with: raptor",
        lambda count, seed: NamesRequest(count, seed, ends_with="raptor"),
        lambda name: name.endswith("raptor"),
    ),
    Constraint(
        "contains: mango",
        lambda count, seed: NamesRequest(count, seed, contains="mango"),
        lambda name: "mango" in name,
    ),
    Constraint(
        "length: 5",
        lambda count, seed: NamesRequest(count, seed, length=5),
        lambda name: len(name) == 5,
    ),
    Constraint(
        "length: 20",
        lambda count, seed: NamesRequest(count, seed, length=20),
        lambda name: len(name) == 20,
    ),
)


def measure_constraint(
    trained: Trained, corpus: Corpus, accept: Accept, seed: int, constraint: Constraint
) -> ConstraintResult:
    """Request names with a constraint, and count the results."""
    try:
        names = generate_names(
            trained, constraint.request(NAMES_PER_CONSTRAINT, seed), accept
        ).names
    except NamesError:
        names = ()
    known = set(corpus.items)
    return ConstraintResult(
        constraint.title,
        asked=NAMES_PER_CONSTRAINT,
        given=len(names),
        obeying=sum(map(constraint.is_obeyed, names)),
        new=sum(name not in known for name in names),
    )

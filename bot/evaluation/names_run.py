"""Measuring names: everything, and everything beside it, in one run."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.evaluation.measures.baselines import (
    Tell,
    kneser_ney,
    notebook_names,
    previous_weights,
    quick_names,
)
from bot.evaluation.measures.classifier import (
    DRAWS,
    FOLDS,
    Auc,
    auc,
)
from bot.evaluation.measures.held_out import HeldOut
from bot.evaluation.measures.names import Wish, Writing, measure_writing
from bot.evaluation.measures.sampling import sample_names
from data.corpora import Corpus
from models.names.generator import NamesError, NamesRequest, generate_names
from models.networks.network import Network
from models.networks.vocabulary import END
from models.training.numpy_lstm import LETTERS
from models.weights import Trained

NAMES_OF_REQUEST = 10
WISHED_FOR = 100
"""Names that are asked for with each control."""
JUDGED_ORDER = 6
"""The order of Kneser-Ney whose names are judged too."""

Accept = Callable[[str], bool]


@dataclass(frozen=True)
class NamesOptions:
    """What may be chosen of a run."""

    requests: int = 1_000
    """Requests of ten names."""
    seed: int = 0
    """Of the first request; the others count on from it."""
    corpus_file: Path | None = None
    """Where the corpus comes from, if it is not the project's."""
    previous: Path | None = None
    """The weights to compare with, if not the last shipped ones."""
    draws: int = DRAWS
    """Over which the area under the classifier's curve is averaged."""


@dataclass(frozen=True)
class Written:
    """What a system wrote: how good it is, and how well it can be told from real names."""

    writing: Writing
    auc: Auc | None
    """`None` if there are too few names to tell."""


@dataclass(frozen=True)
class NamesFindings:
    """What a run found."""

    losses: HeldOut
    quick: str
    """What the recipe `quick` is called among the losses."""
    quick_seconds: float
    written: tuple[Written, ...]
    """Ours first."""
    real: Auc | None
    """The same classifier on real names that are not held out."""
    wishes: tuple[Wish, ...]
    names: tuple[str, ...]
    """All that ours wrote."""


def measure_names(
    trained: Trained,
    corpus: Corpus,
    held_out: Sequence[str],
    accept: Accept,
    options: NamesOptions,
    tell: Tell,
) -> NamesFindings:
    """Run every measure. `held_out` are the names of that part of the corpus."""
    ours = f"Mangosaurus ({trained.card.recipe})"
    losses = HeldOut([name + END for name in held_out])
    losses.measure(ours, trained.network)
    judged: dict[str, Network] = {"the same network, drawn plainly": trained.network}
    judged |= _baselines(trained, corpus, losses, options, tell)
    quick_network, seconds = quick_names(options.corpus_file, tell)
    quick = f"the recipe quick, trained in {seconds:.0f} s"
    losses.measure(quick, quick_network)

    names, thrown_away = _write(trained, accept, options, tell)
    written = [_judge(ours, names, corpus, held_out, options, thrown_away)]
    for system, network in judged.items():
        tell(f"names by {system}")
        drawn = sample_names(network, len(names), np.random.default_rng(options.seed))
        written.append(_judge(system, drawn, corpus, held_out, options))
    tell("what can be wished for")
    return NamesFindings(
        losses,
        quick,
        seconds,
        tuple(written),
        _auc(corpus.training, held_out, options),
        tuple(grant(trained, corpus, accept, options.seed, wish) for wish in WISHES),
        tuple(names),
    )


def _baselines(
    trained: Trained, corpus: Corpus, losses: HeldOut, options: NamesOptions, tell: Tell
) -> dict[str, Network]:
    """Measure the others on the held-out names; those whose names are judged too."""
    judged: dict[str, Network] = {}
    training, validation = (
        [name + END for name in part] for part in (corpus.training, corpus.validation)
    )
    for model in kneser_ney(training, validation, LETTERS, tell):
        name = f"Kneser-Ney, order {model.order}"
        losses.measure(f"{name} (discount {model.discount:.2f})", model)
        if model.order == JUDGED_ORDER:
            judged[name] = model
    judged["the notebook's recipe"] = notebook_names(corpus, tell)
    losses.measure("the notebook's recipe", judged["the notebook's recipe"])
    previous = previous_weights(trained, options.previous)
    if previous.network is None:
        losses.missing[previous.name] = previous.missing
    else:
        judged["the previous weights"] = previous.network
        losses.measure(previous.name, previous.network)
    return judged


def _write(
    trained: Trained, accept: Accept, options: NamesOptions, tell: Tell
) -> tuple[list[str], Mapping[str, float]]:
    """All requests, each with a seed of its own; of what was written, the shares thrown away."""
    names: list[str] = []
    refused = Counter[str]()
    for number in range(options.requests):
        if number % 50 == 0:
            tell(f"{len(names):,} of {NAMES_OF_REQUEST * options.requests:,} names")
        request = NamesRequest(NAMES_OF_REQUEST, options.seed + number)
        result = generate_names(trained, request, accept)
        names += result.names
        refused.update(result.rejected)
    all_written = len(names) + refused.total()
    return names, {why: count / all_written for why, count in refused.most_common()}


def _judge(
    system: str,
    names: Sequence[str],
    corpus: Corpus,
    held_out: Sequence[str],
    options: NamesOptions,
    thrown_away: Mapping[str, float] | None = None,
) -> Written:
    writing = measure_writing(system, names, corpus.items, thrown_away)
    new = sorted(set(filter(None, names)).difference(corpus.items))
    return Written(writing, _auc(new, held_out, options))


def _auc(names: Sequence[str], held_out: Sequence[str], options: NamesOptions) -> Auc | None:
    if len(held_out) < FOLDS or len(names) < len(held_out):
        return None
    return auc(names, held_out, options.draws)


@dataclass(frozen=True)
class Wished:
    """A control, and how to see whether a name obeys it."""

    title: str
    request: Callable[[int, int], NamesRequest]
    """Of how many names and of which seed."""
    is_obeyed: Callable[[str], bool]


WISHES = (
    Wished(
        "ends_with: raptor",
        lambda count, seed: NamesRequest(count, seed, ends_with="raptor"),
        lambda name: name.endswith("raptor"),
    ),
    Wished(
        "contains: mango",
        lambda count, seed: NamesRequest(count, seed, contains="mango"),
        lambda name: "mango" in name,
    ),
    Wished(
        "length: 5",
        lambda count, seed: NamesRequest(count, seed, length=5),
        lambda name: len(name) == 5,
    ),
    Wished(
        "length: 20",
        lambda count, seed: NamesRequest(count, seed, length=20),
        lambda name: len(name) == 20,
    ),
)


def grant(trained: Trained, corpus: Corpus, accept: Accept, seed: int, wished: Wished) -> Wish:
    """Ask for names with a control, and count."""
    try:
        names = generate_names(trained, wished.request(WISHED_FOR, seed), accept).names
    except NamesError:
        names = ()
    known = set(corpus.items)
    return Wish(
        wished.title,
        asked=WISHED_FOR,
        given=len(names),
        obeying=sum(map(wished.is_obeyed, names)),
        new=sum(name not in known for name in names),
    )

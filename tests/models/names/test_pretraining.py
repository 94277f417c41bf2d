"""Pretraining of LSTMs on genera: what they read, and how a run is resumed."""

from collections import Counter
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from data.corpora import Corpus, load_names
from data.genera import Genera, load_genera
from models.fingerprints import NOTHING
from models.names.recipes import PRETRAINING_RECIPE, RECIPES
from models.names.trainers import MixtureSettings, Pretrainer, reading_list
from models.networks.network import cross_entropy
from models.networks.vocabulary import END
from models.serving.mixture import ParallelMixture
from models.training.numpy_lstm import FitSettings
from models.training.recipe import FROM_NOTHING, Options, RecipeError
from models.weights import load_weights, save_weights
from tests.models.tiny import LETTERS, card, lstm

FIT = FitSettings(units=8, batch=16, learning_rate=0.05, warm_up=1)
SMALL = MixtureSettings(2, FIT, order=None, measure_every=20, max_updates=40)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """Forty dinosaurs, four of which validate."""
    names = load_names()
    return replace(names, training=names.training[:36], validation=names.training[36:40])


def pretrainer(corpus: Corpus) -> Pretrainer:
    return Pretrainer(corpus, 0, SMALL)


def test_loss_decreases(corpus: Corpus) -> None:
    trainer = pretrainer(corpus)
    one, other = trainer.network().members
    assert not np.array_equal(one.arrays()["Wx0"], other.arrays()["Wx0"])
    names = [name + END for name in corpus.training]
    before = cross_entropy(trainer.network(), names)
    assert [progress.step for progress in trainer.train()] == [*range(1, 41)]
    assert cross_entropy(trainer.network(), names) < before - 0.5


def test_validation_is_measured_and_not_read(corpus: Corpus) -> None:
    other = replace(corpus, validation=("mangosaurus",))
    one, another = (pretrainer(c) for c in (corpus, other))
    runs = [list(trainer.train()) for trainer in (one, another)]
    assert [p.loss for p in runs[0]] == [p.loss for p in runs[1]]
    texts = [name + END for name in corpus.validation]
    assert runs[0][-1].validation == pytest.approx(cross_entropy(one.network(), texts))
    assert runs[0][-1].validation != runs[1][-1].validation
    assert [p.step for p in runs[0] if p.validation is not None] == [20, 40]


def test_resumed_run_is_identical(corpus: Corpus) -> None:
    whole, interrupted, resumed = (pretrainer(corpus) for _ in range(3))
    expected = list(whole.train())
    list(islice(interrupted.train(), 17))
    resumed.restore(interrupted.checkpoint())
    assert list(resumed.train()) == expected[17:]
    for name, array in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], array)


def test_reading_list_repeats_near_names(corpus: Corpus) -> None:
    counts = Counter(reading_list(Genera(("lacerta",), ("apis", "rosa")), corpus))
    dinosaur = counts[corpus.training[0]]
    assert dinosaur > counts["lacerta"] > counts["apis"] == counts["rosa"] == 1
    assert counts.keys().isdisjoint(corpus.validation)


def test_plan_reads_genera_and_training_part() -> None:
    plan, names = RECIPES[PRETRAINING_RECIPE].plan(Options()), load_names()
    assert plan.architecture == "mixture"
    genera = load_genera()
    assert set(plan.corpus.training) == {*genera.vertebrates, *genera.others, *names.training}
    assert plan.words == ()


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    """Weights of two small LSTMs, as the recipe `pretrain` would write them."""
    return saved(tmp_path / "two.safetensors", recipe=PRETRAINING_RECIPE)


def saved(path: Path, recipe: str) -> Path:
    members = tuple(lstm(LETTERS, units=8, layers=1, seed=seed) for seed in (1, 2))
    network = ParallelMixture(members, np.full(2, 0.5, np.float32))
    facts = card("names", LETTERS, architecture="mixture", recipe=recipe)
    save_weights(path, network.arrays(), facts, NOTHING)
    return path


@pytest.mark.parametrize(("recipe", "lstms"), [("best", 2), ("quick", 1)])
def test_recipes_continue_from_pretrained(pretrained: Path, recipe: str, lstms: int) -> None:
    plan = RECIPES[recipe].plan(Options(initial_weights=pretrained))
    base = load_weights(pretrained)
    *members, _ = plan.trainer.network().members  # type: ignore[attr-defined]
    assert len(members) == lstms
    for member, begin in zip(members, base.network.members, strict=False):  # type: ignore[attr-defined]
        np.testing.assert_array_equal(member.Wy, begin.Wy)
    assert plan.base is not None
    assert plan.base.digest == base.digest
    assert plan.words == load_names().words


def test_best_does_not_continue_from_other_weights(tmp_path: Path) -> None:
    """They may have read the names that validate."""
    path = saved(tmp_path / "other.safetensors", recipe="best")
    with pytest.raises(RecipeError, match="--recipe pretrain; these are of names and the recipe"):
        RECIPES["best"].plan(Options(initial_weights=path))


@pytest.mark.parametrize("given", [None, FROM_NOTHING])
def test_random_weights(pretrained: Path, given: Path | None) -> None:
    plan = RECIPES["best"].plan(Options(units=8, initial_weights=given))
    assert plan.base is None
    assert len(plan.trainer.network().members[0].Wy) == 8  # type: ignore[attr-defined]
    with pytest.raises(RecipeError, match="leave out --units or --from"):
        RECIPES["best"].plan(Options(units=8, initial_weights=pretrained))

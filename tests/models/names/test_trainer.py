"""Training of names: early stopping, second fit, checkpoints."""

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest

from data.corpora import Corpus, load_names, parse_corpus
from models.names import trainers
from models.names.trainers import (
    MAX_SHARE,
    MIN_SHARE,
    QUICK,
    MixtureSettings,
    NamesTrainer,
    best_share,
    compare_orders,
    list_settings,
)
from models.networks.network import cross_entropy
from models.networks.ngram import NGram
from models.serving.sparse_ngram import SparseNGram
from models.training.numpy_lstm import Fit, FitSettings
from models.training.recipe import Arrays, Update

FIT = FitSettings(units=16, batch=8, learning_rate=0.1)
SMALL = MixtureSettings(lstms=2, fit=FIT, order=3, measure_every=5, patience=2)


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    """A list of forty names."""
    return parse_corpus("\n".join(load_names().training[:40]).encode(), "forty names", "names")


def assert_equal(some: Arrays, others: Arrays) -> None:
    assert some.keys() == others.keys()
    for name, array in some.items():
        np.testing.assert_array_equal(array, others[name], err_msg=name)


def first(trainer: NamesTrainer, updates: int) -> list[Update]:
    return list(islice(trainer.train(), updates))


def test_loss_of_networks_without_ngrams_decreases(corpus: Corpus) -> None:
    trainer = NamesTrainer(corpus, 0, replace(SMALL, lstms=1, order=None))
    names = [name + "\n" for name in corpus.training]
    before = cross_entropy(trainer.network(), names)
    list(trainer.train())
    assert cross_entropy(trainer.network(), names) < before - 0.5


def test_early_stopping(corpus: Corpus) -> None:
    trainer = NamesTrainer(corpus, 0, SMALL)
    planned, progress = trainer.steps, list(trainer.train())
    losses = [p.validation for p in progress if p.validation is not None]
    assert losses.index(min(losses)) == len(losses) - 1 - SMALL.patience
    assert SMALL.measure_every * len(losses) < SMALL.max_updates
    assert [p.step for p in progress] == [*range(1, trainer.steps + 1)]
    assert trainer.steps < planned


def test_stops_after_max_updates(corpus: Corpus) -> None:
    settings = replace(SMALL, max_updates=12)
    progress = list(NamesTrainer(corpus, 0, settings).train())
    assert [p.step for p in progress if p.validation is not None] == [5, 10]
    assert len(progress) == 12 + 10


def test_stopped_run_keeps_best(corpus: Corpus) -> None:
    trainer = NamesTrainer(corpus, 0, SMALL)
    validation = [name + "\n" for name in corpus.validation]
    losses = [p.validation for p in first(trainer, 23) if p.validation is not None]
    assert cross_entropy(trainer.network(), validation) == pytest.approx(min(losses), abs=1e-5)


def test_network_depends_on_seed(corpus: Corpus) -> None:
    """And not on the held-out part."""
    one, other = (NamesTrainer(corpus, seed, SMALL) for seed in (1, 2))
    again = NamesTrainer(replace(corpus, held_out=("xxxx",)), 1, SMALL)
    expected = first(one, 8)
    assert first(again, 8) == expected
    assert_equal(dict(one.arrays()), dict(again.arrays()))
    assert first(other, 8) != expected
    of_one, of_other, _ = one.network().members
    assert expected[0].characters > len("".join(corpus.training[: FIT.batch]))
    assert not np.array_equal(of_one.arrays()["Wx0"], of_other.arrays()["Wx0"])


@pytest.mark.parametrize("interrupted_at", [3, 7, 40])
def test_resumed_run_is_identical(corpus: Corpus, interrupted_at: int) -> None:
    settings = replace(SMALL, max_updates=30)  # so that 40 is in the second fit
    whole, interrupted, resumed = (NamesTrainer(corpus, 0, settings) for _ in range(3))
    expected = list(whole.train())
    assert interrupted_at < len(expected)
    first(interrupted, interrupted_at)
    checkpoint = interrupted.checkpoint()
    first(interrupted, 2)  # must not change the checkpoint
    resumed.restore(checkpoint)
    assert list(resumed.train()) == expected[interrupted_at:]
    assert_equal(dict(resumed.arrays()), dict(whole.arrays()))


@pytest.mark.parametrize("settings", [SMALL, QUICK], ids=["small", "quick"])
def test_shortest_list(settings: MixtureSettings) -> None:
    names = "\n".join(load_names().training[:20])
    corpus = parse_corpus(names.encode(), "twenty names", "names")
    trainer = NamesTrainer(corpus, 0, replace(settings, max_updates=20))
    list(trainer.train())
    assert all(np.isfinite(array).all() for array in trainer.arrays().values())


def test_ngram_counts_validation_in_second_fit(corpus: Corpus) -> None:
    trainer = NamesTrainer(corpus, 0, replace(SMALL, max_updates=5))
    counted = [int(trainer.arrays()["2-ngram/counts"].sum()) for _ in trainer.train()]
    letters = [len(name) + 1 for name in corpus.training + corpus.validation]
    assert counted[0] == sum(letters[: len(corpus.training)])
    assert counted[-1] == sum(letters)


def test_both_fits_continue_from_networks(corpus: Corpus, reading: "Reading") -> None:
    base = [Fit(["mango\n"], (seed,), FIT).network() for seed in (1, 2)]
    trainer = NamesTrainer(corpus, 0, replace(SMALL, max_updates=5), base)
    for fit, network in zip(trainer._ensemble.fits, base, strict=True):
        assert_equal(dict(fit.network().arrays()), dict(network.arrays()))
    steps = [progress.step for progress in trainer.train() if progress.begins_anew]
    assert steps == [6]
    assert len(reading.fits) == 2
    assert all(reading.begins[fit] == base for fit in (0, 1))


@pytest.mark.parametrize("share", [0.1, 0.25, 0.4])
def test_best_share_maximizes_likelihood(share: float) -> None:
    rng = np.random.default_rng(0)
    from_p = rng.random(4_000) < share
    p, others = np.where(from_p, 0.6, 0.2), np.where(from_p, 0.1, 0.5)
    shares = np.linspace(0.01, 0.5, 50)
    likelihoods = [np.log(s * p + (1 - s) * others).sum() for s in shares]
    assert best_share(p, others) == pytest.approx(shares[np.argmax(likelihoods)], abs=0.01)
    sure, unsure = np.full(5, 0.9), np.full(5, 0.1)
    assert best_share(sure, unsure) == MAX_SHARE
    assert best_share(unsure, sure) == MIN_SHARE


# Names that are read beside the list, and names that must not be read yet


class Reading:
    """In the place of `models.names.trainers._Ensemble`: notes the texts of each fit."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fits: list[list[str]] = []
        self.begins: list[object] = []
        ensemble = trainers._Ensemble

        def noted(texts: list[str], *others: object) -> object:
            self.fits.append([text.removesuffix("\n") for text in texts])
            self.begins.append(others[-1])
            return ensemble(texts, *others)  # type: ignore[arg-type]

        monkeypatch.setattr(trainers, "_Ensemble", noted)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Reading:
    return Reading(monkeypatch)


def test_extra_names_are_trained_on(corpus: Corpus, reading: Reading) -> None:
    extra_names = ("mangosaurus", "mangosaurus", corpus.validation[0])
    trainer = NamesTrainer(replace(corpus, extra_names=extra_names), 0, SMALL)
    list(trainer.train())
    first_fit, second_fit = reading.fits
    assert first_fit == [*corpus.training, "mangosaurus", "mangosaurus"]
    assert sorted(second_fit) == sorted([*corpus.training, *corpus.validation, *extra_names])
    assert trainer._validation == [name + "\n" for name in corpus.validation]


@pytest.mark.parametrize("stopped", [7, 10_000])
def test_reference_is_not_trained_on(corpus: Corpus, reading: Reading, stopped: int) -> None:
    reference = (*corpus.training[:9], *corpus.validation[:1], "figuanodon")
    changed = replace(corpus, reference=reference, extra_names=(corpus.training[0], "papayasaurus"))
    trainer = NamesTrainer(changed, 0, SMALL)
    texts = [name + "\n" for name in reference]
    of_first_fit = [
        cross_entropy(trainer.network(), texts)
        for _ in islice(trainer.train(), stopped)
        if len(reading.fits) == 1
    ]
    assert set(reading.fits[0]).isdisjoint({*reference, *corpus.validation})
    assert "papayasaurus" in reading.fits[0]
    assert trainer.figures().reference_loss == pytest.approx(of_first_fit[-1])
    if stopped == 10_000:
        assert set(corpus.training) <= set(reading.fits[1])


def test_list_of_reference_names(corpus: Corpus, reading: Reading) -> None:
    trainer = NamesTrainer(replace(corpus, reference=corpus.items), 0, SMALL)
    assert trainer.figures().reference_loss is None
    assert reading.fits[0] == [*corpus.training]


def test_reference_loss_is_resumed(corpus: Corpus) -> None:
    changed = replace(corpus, reference=corpus.training[:9])
    whole, interrupted, resumed = (NamesTrainer(changed, 0, SMALL) for _ in range(3))
    list(whole.train())
    first(interrupted, whole.steps - 1)
    resumed.restore(interrupted.checkpoint())
    list(resumed.train())
    assert resumed.figures() == whole.figures()
    assert whole.figures().reference_loss is not None


# Lists


def test_list_chooses_order(corpus: Corpus) -> None:
    settings = replace(SMALL, chooses_order=True)
    trainer = NamesTrainer(corpus, 0, settings)
    training, validation = trainer._training, trainer._validation
    found = compare_orders(training, validation, trainer.vocabulary)
    best = min(found, key=lambda choice: choice.nats_per_character)
    assert trainer.figures().kneser_ney == best.nats_per_character
    assert trainer.figures().measured == len(validation)
    ngram = trainer.network().members[-1]
    assert isinstance(ngram, NGram)
    assert (type(ngram), ngram.order, ngram.discount) == (NGram, best.order, best.discount)


def test_large_list_has_no_table(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trainers, "MAX_TABLE_SIZE", 100)
    monkeypatch.setattr(trainers, "MAX_NGRAMS", 200)
    made = NamesTrainer(corpus, 0, replace(SMALL, chooses_order=True))
    list(made.train())
    ngram = made.network().members[-1]
    assert isinstance(ngram, SparseNGram)
    fitting = [c for c in made._candidates if c.grams <= 200]
    assert ngram.order in [choice.order for choice in fitting]


def test_longer_list_trains_longer() -> None:
    updates = [list_settings(names).max_updates for names in (20, 1_500, 12_000, 50_000)]
    assert updates == [400, 400, 1_000, 1_600]

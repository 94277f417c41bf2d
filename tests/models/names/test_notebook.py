"""The recipe `notebook`, against the notebook's trace and its loops."""

import itertools
from dataclasses import replace

import numpy as np
import pytest

from data.corpora import Corpus, load_names, read_corpus
from models.names.notebook import SAMPLE_EVERY, NotebookTrainer
from models.networks.network import cross_entropy
from models.networks.vocabulary import END
from models.training.recipe import Update
from tests.seed import DINOS, needs_seed

# Iteration, smoothed loss, and the names of the seven seeds, as an executed copy of the notebook
# prints them with the shuffle seeded. From 14,000 on, rounding makes runs on two machines part.
TRACE = {
    0: "23.087336 Nkzxwtdmfqoeyhsqwasjkjvu Kneb Kzxwtdmfqoeyhsqwasjkjvu Neb Zxwtdmfqoeyhsqwasjkjvu"
    " Eb Xwtdmfqoeyhsqwasjkjvu",
    2000: "27.884160 Liusskeomnolxeros Hmdaairus Hytroligoraurus Lecalosapaus Xusicikoraurus"
    " Abalpsamantisaurus Tpraneronxeros",
    4000: "25.901815 Mivrosaurus Inee Ivtroplisaurus Mbaaisaurus Wusichisaurus Cabaselachus"
    " Toraperlethosdarenitochusthiamamumamaon",
    6000: "24.608779 Onwusceomosaurus Lieeaerosaurus Lxussaurus Oma Xusteonosaurus Eeahosaurus"
    " Toreonosaurus",
    8000: "24.070350 Onxusichepriuon Kilabersaurus Lutrodon Omaaerosaurus Xutrcheps Edaksoje"
    " Trodiktonus",
    10000: "23.844446 Onyusaurus Klecalosaurus Lustodon Ola Xusodonia Eeaeosaurus Troceosaurus",
    12000: "23.291971 Onyxosaurus Kica Lustrepiosaurus Olaagrraiansaurus Yuspangosaurus Eealosaurus"
    " Trognesaurus",
}


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return load_names()


def first(trainer: NotebookTrainer, updates: int) -> list[Update]:
    return list(itertools.islice(trainer.train(), updates))


@needs_seed
def test_trace_matches_notebook() -> None:
    trainer = NotebookTrainer(read_corpus(DINOS, "names"))
    trace = {
        progress.step - 1: f"{progress.loss:.6f} {' '.join(progress.samples)}"
        for progress in first(trainer, max(TRACE) + 1)
        if progress.milestone
    }
    assert trace == TRACE


def test_first_loss_matches_notebook(corpus: Corpus) -> None:
    # The notebook's printed run was shuffled without a seed. Its first loss is what a first name
    # of 13 letters gives, whichever it is: the weights are still too small to matter.
    names = "\n".join(letter + "ngosaurianus" for letter in "abcdefghijklmnopqrstuvwxyz")
    (progress,) = first(NotebookTrainer(replace(corpus, plain=names)), 1)
    assert progress.loss == pytest.approx(23.093927, abs=1e-5)


def test_updates_match_notebook_loops(corpus: Corpus) -> None:
    """The notebook's own loops, one time step after the other, end with this smoothed loss."""
    last = first(NotebookTrainer(corpus), 300)[-1]
    assert last.loss == pytest.approx(26.878259863775302, rel=1e-10)


def test_validation_at_milestones(corpus: Corpus) -> None:
    trainer = NotebookTrainer(corpus)
    interrupted = first(trainer, 1)
    expected = cross_entropy(trainer.network(), [name + END for name in corpus.validation])
    assert interrupted[0].validation == expected == pytest.approx(np.log(27), abs=0.01)
    measured = [p for p in first(trainer, SAMPLE_EVERY) if p.validation is not None]
    assert [p.step for p in measured] == [1 + SAMPLE_EVERY]
    assert all(p.milestone for p in measured)


def test_resumed_run_is_identical(corpus: Corpus) -> None:
    whole, interrupted, resumed = (NotebookTrainer(corpus) for _ in range(3))
    expected = first(whole, 60)[40:]
    first(interrupted, 40)
    checkpoint = interrupted.checkpoint()
    first(interrupted, 2)  # must not change the checkpoint
    resumed.restore(checkpoint)
    assert first(resumed, 20) == expected
    for name, weights in whole.arrays().items():
        np.testing.assert_array_equal(resumed.arrays()[name], weights)

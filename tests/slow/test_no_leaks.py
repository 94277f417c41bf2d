"""Held-out text is not in the input of any training, pretraining or baseline."""

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import numpy as np
import pytest

import models.verse.recipes
from data.corpora import Corpus, load_names, load_plays, load_sonnets, read_corpus
from data.text import clean_name, normalise_verse, words_of
from models.fingerprints import EMPTY_FILTER
from models.names.notebook import NotebookTrainer
from models.names.trainers import MixtureSettings, NamesTrainer, Pretrainer
from models.networks.ngram import NGram
from models.networks.vocabulary import END, Vocabulary
from models.tasks import TASKS
from models.training import recipe
from models.training.numpy_lstm import FitSettings
from models.training.recipe import Options
from models.training.word_lines import PackedLines
from models.training.word_vectors import WeightedText
from models.verse.training_folder import OfTexts
from tests.models.tiny import LETTERS, VERSE, words_and_characters
from tests.optional import downloaded
from tools.evaluation.baselines import kneser_ney, notebook_names
from tools.evaluation.names import neighbourhood

FROM_NOTHING = Options(initial_weights=recipe.FROM_NOTHING)
SMALL = MixtureSettings(lstms=1, fit=FitSettings(units=4), order=3, measure_every=5, max_updates=10)


class Watched:
    """A corpus that records which of its texts are read."""

    def __init__(self, corpus: Corpus, read: list[str]) -> None:
        self._corpus, self._read = corpus, read

    def __getattr__(self, name: str) -> object:
        value = getattr(self._corpus, name)
        value = value() if name == "known" else value
        self._read += texts_in(value)
        return (lambda: value) if name == "known" else value


def texts_in(value: object) -> Iterator[str]:
    """All texts in an argument."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Corpus):
        for field in dataclasses.fields(value):
            yield from texts_in(getattr(value, field.name))
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            yield from texts_in(item)


class KerasTrainer:
    """A fake trainer of verse that records its texts, without Keras."""

    read: ClassVar[list[str]] = []
    steps = 1

    def __init__(self, *arguments: object, **named: object) -> None:
        vocabulary = named.get("vocabulary", VERSE)
        self.vocabulary = vocabulary
        for argument in (*arguments, *named.values()):
            self.read.extend(texts_in(argument))

    def network(self) -> None:
        """No network."""


def keras_module(name: str) -> ModuleType:
    """A module that has fake trainers in place of its own."""
    module = ModuleType(name)
    for trainer in ("VerseTrainer", "WordTrainer", "NotebookVerseTrainer", "Finished"):
        setattr(module, trainer, KerasTrainer)
    module.__dict__["WordsAndCharactersTrainer"] = KerasTrainer
    module.__dict__["PassageSource"] = lambda _, passages: passages
    return module


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The texts that the trainers of all recipes are given, or read from their corpus."""
    texts: list[str] = []
    monkeypatch.setattr("models.names.notebook.ITERATIONS", 20)

    def names_trainer(corpus: Corpus, seed: int, *_: object) -> NamesTrainer:
        return NamesTrainer(Watched(corpus, texts), seed, SMALL)  # type: ignore[arg-type]

    def pretrainer(corpus: Corpus, seed: int, _: MixtureSettings) -> Pretrainer:
        settings = dataclasses.replace(SMALL, order=None, max_updates=2)
        return Pretrainer(Watched(corpus, texts), seed, settings)  # type: ignore[arg-type]

    def notebook_trainer(corpus: Corpus) -> NotebookTrainer:
        return NotebookTrainer(Watched(corpus, texts))  # type: ignore[arg-type]

    monkeypatch.setattr("models.names.recipes.NamesTrainer", names_trainer)
    monkeypatch.setattr("models.names.recipes.Pretrainer", pretrainer)
    monkeypatch.setattr("models.names.recipes.NotebookTrainer", notebook_trainer)
    module = "models.training.keras_verse"
    monkeypatch.setitem(sys.modules, module, keras_module(module))
    monkeypatch.delitem(sys.modules, "models.verse.trainers", raising=False)
    monkeypatch.delattr(models.verse, "trainers", raising=False)
    monkeypatch.setattr(KerasTrainer, "read", texts)

    def word_vectors(weighted: Sequence[WeightedText], *_: object) -> None:
        for text in weighted:
            texts.extend(text.lines)  # type: ignore[arg-type]

    monkeypatch.setattr("models.training.word_vectors.fit_word_vectors", word_vectors)
    monkeypatch.setattr(PackedLines, "read", lambda passages, *_: passages)
    # What the long training reads is filtered when it is prepared.
    words = words_and_characters().words
    of_texts = OfTexts(np.zeros((len(words.vocabulary), 4), np.float32), (), (), EMPTY_FILTER, {})
    monkeypatch.setattr(models.verse.recipes, "load_network", lambda _: words)
    monkeypatch.setattr(models.verse.recipes, "load_of_texts", lambda _: of_texts)
    yield texts
    sys.modules.pop("models.verse.trainers", None)
    vars(models.verse).pop("trainers", None)


def nobody(_: str) -> None:
    """A status callback that does nothing."""


@cache
def held_out_lines() -> set[str]:
    """The lines of the held-out sonnets, for tests that need the plays, too."""
    downloaded(load_plays)
    return lines_in([*downloaded(load_sonnets).held_out])


def names_in(texts: list[str]) -> set[str]:
    return {clean_name(line) for text in texts for line in text.split("\n")} - {""}


def lines_in(texts: list[str]) -> set[str]:
    """The lines of some verse, without punctuation."""
    return set().union(*map(lines_of, dict.fromkeys(texts))) - {""}


@cache
def lines_of(text: str) -> frozenset[str]:
    """The lines of a text, which most recipes read."""
    return frozenset(" ".join(words_of(line)) for line in normalise_verse(text).split("\n"))


@pytest.mark.parametrize("recipe", TASKS["names"].recipes)
def test_recipes_for_names(recipe: str, read: list[str]) -> None:
    """None reads a held-out name, or a near copy of one from another source."""
    for _ in TASKS["names"].recipes[recipe].plan(Options()).trainer.train():
        pass
    corpus, names = load_names(), names_in(read)
    assert names.issuperset(corpus.training)
    assert names.isdisjoint(corpus.held_out)
    near = {pattern for name in corpus.held_out for pattern in neighbourhood(name)}
    for name in names.difference(corpus.training, corpus.validation):
        assert near.isdisjoint(neighbourhood(name))
        assert not any(hidden in name for hidden in corpus.held_out)


@pytest.mark.parametrize(
    ("recipe", "options"),
    [
        ("default", Options()),
        ("default", FROM_NOTHING),
        ("pretrain", dataclasses.replace(FROM_NOTHING, words=Path("run"))),
    ],
)
def test_recipes_for_sonnets(recipe: str, options: Options, read: list[str]) -> None:
    """None reads a held-out line."""
    held_out = held_out_lines()
    TASKS["sonnets"].recipes[recipe].plan(options)
    lines = lines_in(read)
    assert len(lines) > 1_000
    assert lines.isdisjoint(held_out)


@pytest.mark.parametrize("kind", ["names", "sonnets"])
def test_baselines_exclude_held_out(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    fit = NGram.fit

    def noted(texts: list[str], vocabulary: Vocabulary, order: int, discount: float) -> NGram:
        counted.extend(texts)
        return fit(texts, vocabulary, order, discount)

    monkeypatch.setattr(NGram, "fit", noted)
    monkeypatch.setattr("tools.evaluation.baselines.ORDERS", [2])
    if kind == "names":
        corpus = load_names()
        training, validation = (
            [name + END for name in part] for part in (corpus.training, corpus.validation)
        )
        list(kneser_ney(training, validation, LETTERS, nobody))
        assert names_in(counted) == {*corpus.training, *corpus.validation}
    else:
        corpus = downloaded(load_sonnets)
        list(kneser_ney(corpus.training, corpus.validation, VERSE, nobody))
        assert lines_in(counted).isdisjoint(lines_in([*corpus.held_out]))


def test_notebook_baseline_excludes_held_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained_on: list[str] = []

    class Spy(NotebookTrainer):
        def __init__(self, corpus: Corpus) -> None:
            trained_on.extend(corpus.plain.split("\n"))
            super().__init__(corpus)

    monkeypatch.setattr("models.names.notebook.ITERATIONS", 5)
    monkeypatch.setattr("tools.evaluation.baselines.NotebookTrainer", Spy)
    path = tmp_path / "elves.txt"
    path.write_text("\n".join(load_names().training[:60]))
    own = read_corpus(path, "names")
    notebook_names(own, nobody)
    assert sorted(trained_on) == sorted(own.training + own.validation)

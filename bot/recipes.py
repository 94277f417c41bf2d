"""What can be trained: each recipe, the corpus that it reads, the trainer that it makes of it."""

import importlib.metadata
import importlib.util
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType

from bot.evaluation.measures.statistics import losses_of
from data import corpora
from data.corpora import Corpus
from data.lists import corpus_of, normalise_entry, read_also, read_list
from data.text import clean_name, words_of
from models.fingerprints import NOTHING, Fingerprints, runs_of
from models.names.capitalization import BEGINNING, capitals_of
from models.names.notebook import NotebookTrainer
from models.names.trainer import (
    BEST,
    QUICK,
    NamesTrainer,
    Settings,
    list_settings,
)
from models.networks.lstm import LSTM
from models.training.trainer import Figures, Trainer
from models.weights import Kind, Trained, load_shipped, load_weights

NOTEBOOK_EPOCHS = 60
"""Passes over the verse in the recipe `notebook`, unless it goes on from saved weights."""


_COMMON_LINES = 2
"""Lines that verse may share with poems that it is measured by: some are common speech."""


class RecipeError(Exception):
    """A training cannot begin. The message is a sentence for whoever asked for it."""


@dataclass(frozen=True)
class Options:
    """What whoever asks for a training may choose."""

    corpus: Path | None = None
    """A file of one's own instead of the corpus of the project."""
    seed: int | None = None
    begin: Path | None = None
    """Weights to go on from."""
    epochs: int | None = None
    """Passes over the corpus, where the recipe counts in them."""
    units: int | None = None
    """Width of the network, where it is not that of the weights to go on from."""
    also: Path | None = None
    """A file of names that are read beside the corpus, each as often as it stands there."""


@dataclass(frozen=True, eq=False)
class Plan:
    """A training that can begin."""

    corpus: Corpus
    trainer: Trainer
    architecture: str
    seed: int | None
    known: Fingerprints
    """What the network must not copy."""
    versions: Mapping[str, str]
    proper: Fingerprints = NOTHING
    """Words that are shown with a capital."""
    runs: Fingerprints = NOTHING
    """Runs of words that it must not tell again."""
    base: Trained | None = None
    """What it goes on from."""
    reads_all: bool = False
    """Whether it trains on the held-out part of the corpus too."""
    keeps_newest: bool = False
    """Whether the last network is kept, and not the best by validation."""
    capitals: str = BEGINNING
    """Where names are written with a capital (`models.names.capitalization`)."""
    small_words: tuple[str, ...] = ()
    figures: Callable[[], Figures] = Figures
    """What the trainer can say for the model card in the end."""
    validates_by_yardstick: bool = False
    """Whether its validation part is that of the project, and not read by the fit it measures."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The names, or the words of the verse: the corpus' own, then those of the base."""
        return tuple(dict.fromkeys(self.corpus.words + (self.base.words if self.base else ())))


@dataclass(frozen=True)
class Recipe:
    """A way of training."""

    help: str
    plan: Callable[[Options], Plan]


def _names(settings: Settings, options: Options) -> Plan:
    _refuse(options, "begin", "epochs")
    corpus = _with_also(_names_corpus(options), options, clean_name)
    if options.corpus is not None:
        corpus = replace(corpus, yardstick=corpora.load_names().validation)
    seed = options.seed or 0
    if options.units:
        settings = replace(settings, fit=replace(settings.fit, units=options.units))
    trainer = NamesTrainer(corpus, seed, settings)
    known, versions = _known_names(corpus), _versions("numpy")
    return Plan(
        corpus,
        trainer,
        "mixture",
        seed,
        known,
        versions,
        figures=trainer.figures,
        validates_by_yardstick=options.corpus is None,
    )


def _listed_names(options: Options) -> Plan:
    """Names of a list of any alphabet: dinosaurs only if no list is given."""
    _refuse(options, "begin", "epochs")
    corpus, capitals = corpora.load_names(), BEGINNING
    small_words: tuple[str, ...] = ()
    if options.corpus is not None:
        found = read_list(options.corpus)
        corpus = corpus_of(found, options.corpus.name)
        capitals, small_words = capitals_of(found.names)
    corpus = _with_also(corpus, options, normalise_entry)
    seed, settings = options.seed or 0, list_settings(len(corpus.items))
    if options.units:
        settings = replace(settings, fit=replace(settings.fit, units=options.units))
    trainer = NamesTrainer(corpus, seed, settings)
    return Plan(
        corpus,
        trainer,
        "mixture",
        seed,
        Fingerprints.of(corpus.known().union(corpus.also)),
        _versions("numpy"),
        reads_all=corpus.reads_all,
        capitals=capitals,
        small_words=small_words,
        figures=trainer.figures,
    )


def _notebook_names(options: Options) -> Plan:
    _refuse(options, "also", "begin", "epochs", "seed", "units")
    corpus = _names_corpus(options)
    return Plan(
        corpus,
        NotebookTrainer(corpus),
        "rnn",
        None,
        _known_names(corpus),
        _versions("numpy"),
        reads_all=corpus.reads_all,
        keeps_newest=True,
    )


def _sonnets(options: Options) -> Plan:
    _refuse(options, "also", "epochs", "units")
    seed = options.seed or 0
    keras_lstm = _keras_lstm()
    base = load_weights(options.begin) if options.begin else load_shipped("plays")
    corpus = _verse_corpus(options)
    trainer = keras_lstm.VerseTrainer(
        corpus.training,
        corpus.validation,
        keras_lstm.FINETUNING,
        seed,
        begin=_lstm(base),
    )
    plan = _verse_plan(corpus, trainer, seed, base)
    if options.corpus is None:
        return replace(plan, validates_by_yardstick=not _has_read_validation(base))
    return _measured_by_sonnets(plan)


def _pretrained_sonnets(options: Options) -> Plan:
    _refuse(options, "also", "begin", "corpus")
    seed = options.seed or 0
    keras_lstm = _keras_lstm()
    corpus = replace(corpora.load_plays(), validation=corpora.load_sonnets().validation)
    schedule = keras_lstm.PRETRAINING
    if options.epochs:
        schedule = replace(schedule, passes=options.epochs)
    trainer = keras_lstm.VerseTrainer(
        corpus.training,
        corpus.validation,
        schedule,
        seed,
        units=options.units or keras_lstm.UNITS,
    )
    # A sonnet may say what the plays say; of eight hundred thousand runs some are common speech.
    return _measured_by_sonnets(replace(_verse_plan(corpus, trainer, seed, None), runs=NOTHING))


def _notebook_sonnets(options: Options) -> Plan:
    _refuse(options, "also", "units")
    keras_lstm = _keras_lstm()
    base = load_weights(options.begin) if options.begin else None
    corpus = _verse_corpus(options)
    seed = options.seed or 0
    trainer = keras_lstm.NotebookVerseTrainer(
        corpus.plain.lower(),
        corpus.validation,
        seed,
        epochs=options.epochs or (1 if base else NOTEBOOK_EPOCHS),
        begin=_lstm(base) if base else None,
    )
    plan = _verse_plan(corpus, trainer, seed, base)
    plan = replace(plan, reads_all=corpus.reads_all, keeps_newest=True)
    return plan if options.corpus is None else _measured_by_sonnets(plan)


RECIPES: Mapping[Kind, Mapping[str, Recipe]] = {
    "names": {
        "best": Recipe("six LSTMs mixed with an n-gram model; minutes", partial(_names, BEST)),
        "quick": Recipe("the same, fewer and smaller; seconds", partial(_names, QUICK)),
        "list": Recipe("quick, for a list in any alphabet", _listed_names),
        "notebook": Recipe("the founding notebook's network, 35,000 updates", _notebook_names),
    },
    "sonnets": {
        "default": Recipe("goes on from the network of the plays", _sonnets),
        "pretrain": Recipe(
            "reads the plays; for the file that default begins with", _pretrained_sonnets
        ),
        "notebook": Recipe("the founding notebook's windows of 40 characters", _notebook_sonnets),
    },
}


def can_train(kind: Kind) -> bool:
    """Whether what the recipes of a kind need is installed. Imports nothing of it."""
    return kind == "names" or bool(
        importlib.util.find_spec("keras") and importlib.util.find_spec("tensorflow")
    )


WITHOUT_KERAS = (
    "Training sonnets needs Keras, which is not installed; "
    "run pip install -r requirements-train.txt and try again."
)


def _keras_lstm() -> ModuleType:
    if not can_train("sonnets"):
        raise RecipeError(WITHOUT_KERAS)
    from models.training import (
        keras_lstm,  # here, because it takes seconds and only some recipes need it
    )

    return keras_lstm


def _names_corpus(options: Options) -> Corpus:
    if options.corpus is None:
        return corpora.load_names()
    return corpora.read_corpus(options.corpus, "names")


def _with_also(corpus: Corpus, options: Options, clean: Callable[[str], str]) -> Corpus:
    if options.also is None:
        return corpus
    also, notes = read_also(options.also, corpus.known(), clean)
    return replace(corpus, also=also, notes=corpus.notes + notes)


def _has_read_validation(base: Trained) -> bool:
    """Whether weights may have learned the project's validation part."""
    return base.card.reads_all or base.card.recipe == "notebook"


def _measured_by_sonnets(plan: Plan) -> Plan:
    """The same, measured by the project's validation sonnets too if they can be had and are new."""
    trainer, corpus, base = plan.trainer, plan.corpus, plan.base
    try:
        poems = corpora.load_sonnets().validation
    except corpora.CorpusError as error:
        note = f"Not compared with other versions: {error}"
        return replace(plan, corpus=replace(corpus, notes=(*corpus.notes, note)))
    read = corpus.known().intersection(line for poem in poems for line in poem.split("\n") if line)
    if len(read) > _COMMON_LINES or (base is not None and _has_read_validation(base)):
        note = "Not compared with other versions: it reads poems that they are compared by."
        return replace(plan, corpus=replace(corpus, notes=(*corpus.notes, note)))

    def figures() -> Figures:
        return Figures(yardstick=losses_of(trainer.network(), poems).nats_per_character)

    return replace(plan, figures=figures)


def _verse_corpus(options: Options) -> Corpus:
    if options.corpus is None:
        return corpora.load_sonnets()
    return corpora.read_corpus(options.corpus, "verse")


def _known_names(corpus: Corpus) -> Fingerprints:
    """All names that are read, and the real dinosaurs: what is announced as new is neither."""
    return Fingerprints.of(corpus.known().union(corpus.also, corpora.load_names().known()))


def _verse_plan(corpus: Corpus, trainer: Trainer, seed: int, base: Trained | None) -> Plan:
    known, proper = Fingerprints.of(corpus.known()), Fingerprints.of(corpus.proper_nouns)
    runs = Fingerprints.of(run for item in corpus.items for run in runs_of(words_of(item)))
    versions = _versions("keras", "numpy", "tensorflow")
    if base is not None:
        known, proper, runs = known | base.known, proper | base.proper, runs | base.runs
    return Plan(corpus, trainer, "lstm", seed, known, versions, proper, runs, base)


def _lstm(base: Trained) -> LSTM:
    if base.card.kind != "sonnets" or not isinstance(base.network, LSTM):
        raise RecipeError(
            "The weights to go on from must be an LSTM that writes sonnets; these are of the "
            f"architecture {base.card.architecture!r} and write {base.card.kind}. Take a file that "
            "python -m bot.train sonnets has written."
        )
    return base.network


def _refuse(options: Options, *names: str) -> None:
    for name in names:
        if getattr(options, name) is not None:
            option = "--from" if name == "begin" else f"--{name}"
            raise RecipeError(f"This recipe takes no {option}; leave it out.")


def _versions(*libraries: str) -> dict[str, str]:
    return {
        distribution: importlib.metadata.version(distribution)
        for library in libraries
        for distribution in importlib.metadata.packages_distributions().get(library, ())[:1]
    }

"""The recipes for sonnets: `default`, `pretrain` and `notebook`."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

from data import corpora
from data.corpora import Corpus
from data.text import words_of
from models.fingerprints import NOTHING, Fingerprints, runs_of
from models.networks.lstm import LSTM
from models.training.losses import losses_of
from models.training.recipe import (
    Options,
    Plan,
    Recipe,
    RecipeError,
    are_installed,
    library_versions,
)
from models.training.trainer import Figures, Trainer
from models.weights import Trained, load_shipped, load_weights

REQUIREMENTS = ("keras", "tensorflow")
"""Modules that the recipes need, and that are optional to install."""
WITHOUT_KERAS = (
    "Training sonnets needs Keras, which is not installed; "
    "run pip install -r requirements-train.txt and try again."
)
NOTEBOOK_EPOCHS = 60
"""Passes over the corpus in the recipe `notebook`; 1 if it continues from saved weights."""
TASK = "sonnets"
"""The task that initial weights must be of."""
_COMMON_LINES = 2
"""Number of lines that a corpus may share with the reference poems: some are common speech."""


def _default(options: Options) -> Plan:
    options.refuse("extra_names", "epochs", "units")
    seed = options.seed or 0
    keras_lstm = _keras_lstm()
    given = options.initial_weights
    base = load_weights(given) if given else load_shipped("plays")
    corpus = _corpus(options)
    trainer = keras_lstm.VerseTrainer(
        corpus.training,
        corpus.validation,
        keras_lstm.FINETUNING,
        seed,
        begin=_lstm(base),
    )
    plan = _plan(corpus, trainer, seed, base)
    if options.corpus is None:
        return replace(plan, validation_is_reference=not _has_read_validation(base))
    return _with_reference_loss(plan)


def _pretrain(options: Options) -> Plan:
    options.refuse("extra_names", "initial_weights", "corpus")
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
    # Sonnets may repeat runs of the plays: of the 800,000 runs some are common speech.
    return _with_reference_loss(replace(_plan(corpus, trainer, seed, None), runs=NOTHING))


def _notebook(options: Options) -> Plan:
    options.refuse("extra_names", "units")
    keras_lstm = _keras_lstm()
    base = load_weights(options.initial_weights) if options.initial_weights else None
    corpus = _corpus(options)
    seed = options.seed or 0
    trainer = keras_lstm.NotebookVerseTrainer(
        corpus.plain.lower(),
        corpus.validation,
        seed,
        epochs=options.epochs or (1 if base else NOTEBOOK_EPOCHS),
        begin=_lstm(base) if base else None,
    )
    plan = _plan(corpus, trainer, seed, base)
    plan = replace(plan, reads_all=corpus.reads_all, keeps_last=True)
    return plan if options.corpus is None else _with_reference_loss(plan)


RECIPES: Mapping[str, Recipe] = {
    "default": Recipe("continues from the network of the plays", _default),
    "pretrain": Recipe("reads the plays; makes the file that default starts from", _pretrain),
    "notebook": Recipe("the founding notebook's windows of 40 characters", _notebook),
}


def _keras_lstm() -> ModuleType:
    if not are_installed(REQUIREMENTS):
        raise RecipeError(WITHOUT_KERAS)
    from models.training import keras_lstm  # here, as importing Keras takes seconds

    return keras_lstm


def _corpus(options: Options) -> Corpus:
    if options.corpus is None:
        return corpora.load_sonnets()
    return corpora.read_corpus(options.corpus, "verse")


def _has_read_validation(base: Trained) -> bool:
    """Whether weights may have been trained on the project's validation part."""
    return base.card.reads_all or base.card.recipe == "notebook"


def _with_reference_loss(plan: Plan) -> Plan:
    """Measure the network on the project's validation poems, if it does not train on them."""
    trainer, corpus, base = plan.trainer, plan.corpus, plan.base
    try:
        poems = corpora.load_sonnets().validation
    except corpora.CorpusError as error:
        return _with_note(plan, f"Not compared with other versions: {error}")
    read = corpus.known().intersection(line for poem in poems for line in poem.split("\n") if line)
    if len(read) > _COMMON_LINES or (base is not None and _has_read_validation(base)):
        return _with_note(
            plan, "Not compared with other versions: it reads poems that they are compared by."
        )

    def figures() -> Figures:
        return Figures(reference_loss=losses_of(trainer.network(), poems).nats_per_character)

    return replace(plan, figures=figures)


def _with_note(plan: Plan, note: str) -> Plan:
    return replace(plan, corpus=replace(plan.corpus, notes=(*plan.corpus.notes, note)))


def _plan(corpus: Corpus, trainer: Trainer, seed: int, base: Trained | None) -> Plan:
    known, proper = Fingerprints.of(corpus.known()), Fingerprints.of(corpus.proper_nouns)
    runs = Fingerprints.of(run for item in corpus.items for run in runs_of(words_of(item)))
    versions = library_versions("keras", "numpy", "tensorflow")
    if base is not None:
        known, proper, runs = known | base.known, proper | base.proper, runs | base.runs
    return Plan(corpus, trainer, "lstm", seed, known, versions, proper, runs, base=base)


def _lstm(base: Trained) -> LSTM:
    if base.card.task != TASK or not isinstance(base.network, LSTM):
        raise RecipeError(
            "The initial weights must be an LSTM that writes sonnets; these are of the "
            f"architecture {base.card.architecture!r} and write {base.card.task}. Use a file "
            "written by python -m bot.train sonnets."
        )
    return base.network

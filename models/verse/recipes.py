"""The recipes for sonnets: `default` and `pretrain`."""

from collections.abc import Mapping
from dataclasses import replace
from types import ModuleType

from data import corpora
from data.corpora import Corpus
from data.phrases import Phrase, Translated, _
from data.text import fold, words_of
from data.tokens import is_word
from models.fingerprints import EMPTY_FILTER, NOTHING, BloomFilter, Fingerprints, runs_of
from models.networks.lstm import LSTM
from models.networks.words import SPECIAL
from models.networks.words_and_characters import WordsAndCharacters
from models.training.losses import losses_of
from models.training.recipe import (
    FROM_NOTHING,
    Figures,
    Options,
    Plan,
    Recipe,
    RecipeError,
    Trainer,
    are_installed,
    library_versions,
)
from models.verse.calibration import calibrated
from models.verse.reading import copies_of
from models.verse.training_folder import load_limericks, load_network, load_of_texts
from models.weights import BASE, Trained, load_shipped, load_weights

REQUIREMENTS = ("keras", "tensorflow")
"""Modules that the recipes need, and that are optional to install."""
WITHOUT_KERAS = (
    "Training sonnets needs Keras, which is not installed; "
    "run .venv/bin/python -m pip install --require-hashes -r requirements-train.txt and try again."
)
WITHOUT_WORDS = (
    "The recipe pretrain needs a word network that was trained on large corpora; give its folder "
    "with --words. docs/verse.md says how to train one."
)
READING = "Plays of William Shakespeare, the King James Bible and verse of 1500 to 1920"
"""The title of what the word network has read."""
MEMORY = _("Training takes up to 2.5 GB of memory.")
TASK = "sonnets"
"""The task that initial weights must be of."""
LARGE_TEXT = 200_000
"""Words of a text whose runs of words are kept in a Bloom filter instead of one by one."""
_COMMON_LINES = 2
"""Number of lines that a corpus may share with the reference poems: some are common speech."""


def _default(options: Options) -> Plan:
    options.refuse("extra_names", "words")
    trainers, seed = _trainers(), options.seed or 0
    given = options.initial_weights
    if given == FROM_NOTHING:
        corpus = _corpus(options, keeps_alphabet=options.corpus is not None)
        trainer = trainers.from_nothing(corpus, seed, units=options.units)
        plan = _with_filter_if_large(_plan(corpus, trainer, seed, None))
        return replace(plan, validation_is_reference=options.corpus is None)
    options.refuse("units")
    base = load_weights(given) if given else load_shipped(BASE)
    network = _network(base)
    corpus = _corpus(options, keeps_alphabet=not base.is_simplified)
    plan = _plan(corpus, trainers.finetuning(network, corpus, seed), seed, base)
    if plan.architecture == "words":
        plan = replace(
            _with_note(plan, MEMORY),
            complete=lambda trained, stop: calibrated(trained, corpus.training, stop),
        )
    if options.corpus is None:
        return replace(plan, validation_is_reference=not _has_read_validation(base))
    return plan if corpus.keeps_alphabet else _with_reference_loss(plan)


def _pretrain(options: Options) -> Plan:
    options.refuse("extra_names", "corpus", "units")
    trainers, seed = _trainers(), options.seed or 0
    if options.words is None:
        raise RecipeError(WITHOUT_WORDS)
    words, of_texts = load_network(options.words), load_of_texts(options.words)
    plays, sonnets = corpora.load_plays(), corpora.load_sonnets()
    corpus = replace(plays, title=READING, validation=sonnets.validation)
    given, characters = options.initial_weights, None
    if given != FROM_NOTHING:
        characters = _characters(_network(load_weights(given) if given else load_shipped(BASE)))
    limericks = load_limericks(options.words)
    trainer = trainers.pretraining(words, of_texts, corpus, seed, characters=characters)
    plan = _plan(corpus, trainer, seed, None, copies=of_texts.copies)
    return _with_reference_loss(
        replace(
            plan,
            proper=Fingerprints.of(of_texts.names),
            runs=Fingerprints.of(r for text in limericks for r in runs_of(words_of(text))),
            listed=tuple(filter(is_word, words.vocabulary.tokens[len(SPECIAL) :])),
            sources=of_texts.digests,
        )
    )


RECIPES: Mapping[str, Recipe] = {
    "default": Recipe("continues from the network of the plays", _default),
    "pretrain": Recipe(
        "mixes a word network of large corpora with one of characters; default starts from it",
        _pretrain,
    ),
}


def _trainers() -> ModuleType:
    if not are_installed(REQUIREMENTS):
        raise RecipeError(WITHOUT_KERAS)
    from models.verse import trainers  # here, as importing Keras takes seconds

    return trainers


def _corpus(options: Options, *, keeps_alphabet: bool = False) -> Corpus:
    if options.corpus is None:
        return corpora.load_sonnets()
    return corpora.read_corpus(options.corpus, "verse", keeps_alphabet=keeps_alphabet)


def _has_read_validation(base: Trained) -> bool:
    """Whether weights may have been trained on the project's validation part."""
    return base.card.reads_all or base.card.recipe == "notebook"


def _with_reference_loss(plan: Plan) -> Plan:
    """Measure the network on the project's validation poems, if it does not train on them."""
    trainer, corpus, base = plan.trainer, plan.corpus, plan.base
    try:
        poems = corpora.load_sonnets().validation
    except corpora.CorpusError as error:
        sentence = _("Not compared with other versions: {reason}")
        return _with_note(plan, sentence.format(reason=error.sentence.phrase(Translated)))
    read = corpus.known().intersection(line for poem in poems for line in poem.split("\n") if line)
    if len(read) > _COMMON_LINES or (base is not None and _has_read_validation(base)):
        return _with_note(
            plan,
            _(
                "Not compared with other versions, because it learns from poems that the "
                "comparison uses."
            ),
        )

    def figures() -> Figures:
        return Figures(reference_loss=losses_of(trainer.network(), poems).nats_per_character)

    return replace(plan, figures=figures)


def _with_note(plan: Plan, note: Phrase) -> Plan:
    return replace(plan, corpus=replace(plan.corpus, notes=(*plan.corpus.notes, note)))


def _with_filter_if_large(plan: Plan) -> Plan:
    items = plan.corpus.items
    if sum(len(words_of(item)) for item in items) <= LARGE_TEXT:
        return plan
    return replace(plan, known=NOTHING, runs=NOTHING, further=copies_of([items]))


def _plan(
    corpus: Corpus,
    trainer: Trainer,
    seed: int,
    base: Trained | None,
    *,
    copies: BloomFilter | None = None,
) -> Plan:
    """`copies`: what must not be copied, in place of each line and run of the corpus."""
    known = runs = NOTHING
    proper = Fingerprints.of(corpus.proper_nouns)
    further = EMPTY_FILTER if copies is None else copies
    if copies is None:
        known = Fingerprints.of(map(fold, corpus.known()))
        runs = Fingerprints.of(r for item in corpus.items for r in runs_of(words_of(fold(item))))
    if base is not None:
        known, proper, runs = known | base.known, proper | base.proper, runs | base.runs
        further = base.further
    both = isinstance(trainer.network(), WordsAndCharacters)
    return Plan(
        corpus,
        trainer,
        "words" if both else "lstm",
        seed,
        known,
        library_versions("keras", "numpy", "tensorflow", "tensorflow-cpu"),
        proper,
        runs,
        further,
        base,
        # The shares of both networks are tuned at each validation, also at the last one.
        keeps_last=both,
    )


def _network(base: Trained) -> LSTM | WordsAndCharacters:
    if base.card.task != TASK or not isinstance(base.network, LSTM | WordsAndCharacters):
        raise RecipeError(
            "The initial weights must be an LSTM that writes sonnets; these are of the "
            f"architecture {base.card.architecture!r} and write {base.card.task}. Use a file "
            "written by python -m bot.train sonnets."
        )
    return base.network


def _characters(network: LSTM | WordsAndCharacters) -> LSTM:
    return network if isinstance(network, LSTM) else network.characters

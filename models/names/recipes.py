"""The recipes for names: `best`, `quick`, `list` and `notebook`."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from data import corpora
from data.corpora import Corpus
from data.lists import corpus_of, normalise_entry, read_extra_names, read_list
from data.text import clean_name
from models.fingerprints import Fingerprints
from models.names.capitalization import BEGINNING, capitals_of
from models.names.constrained.shape import LIST_RECIPE
from models.names.notebook import NotebookTrainer
from models.names.trainer import BEST, QUICK, NamesTrainer, Settings, list_settings
from models.training.recipe import Options, Plan, Recipe, library_versions


def _mixture(settings: Settings, options: Options) -> Plan:
    options.refuse("initial_weights", "epochs")
    corpus = _with_extra_names(_corpus(options), options, clean_name)
    if options.corpus is not None:
        corpus = replace(corpus, reference=corpora.load_names().validation)
    trainer = NamesTrainer(corpus, options.seed or 0, _with_units(settings, options))
    return Plan(
        corpus,
        trainer,
        "mixture",
        trainer.seed,
        _known(corpus),
        library_versions("numpy"),
        figures=trainer.figures,
        validation_is_reference=options.corpus is None,
    )


def _list(options: Options) -> Plan:
    """A list in any alphabet; the dinosaurs if none is given."""
    options.refuse("initial_weights", "epochs")
    corpus, capitals = corpora.load_names(), BEGINNING
    small_words: tuple[str, ...] = ()
    if options.corpus is not None:
        found = read_list(options.corpus)
        corpus = corpus_of(found, options.corpus.name)
        capitals, small_words = capitals_of(found.names)
    corpus = _with_extra_names(corpus, options, normalise_entry)
    settings = _with_units(list_settings(len(corpus.items)), options)
    trainer = NamesTrainer(corpus, options.seed or 0, settings)
    return Plan(
        corpus,
        trainer,
        "mixture",
        trainer.seed,
        Fingerprints.of(corpus.known().union(corpus.extra_names)),
        library_versions("numpy"),
        reads_all=corpus.reads_all,
        capitals=capitals,
        small_words=small_words,
        figures=trainer.figures,
    )


def _notebook(options: Options) -> Plan:
    options.refuse("extra_names", "initial_weights", "epochs", "seed", "units")
    corpus = _corpus(options)
    return Plan(
        corpus,
        NotebookTrainer(corpus),
        "rnn",
        None,
        _known(corpus),
        library_versions("numpy"),
        reads_all=corpus.reads_all,
        keeps_last=True,
    )


RECIPES: Mapping[str, Recipe] = {
    "best": Recipe("six LSTMs mixed with an n-gram model; minutes", partial(_mixture, BEST)),
    "quick": Recipe("the same with fewer, smaller LSTMs; seconds", partial(_mixture, QUICK)),
    LIST_RECIPE: Recipe("quick, for a list in any alphabet", _list),
    "notebook": Recipe("the founding notebook's network, 35,000 updates", _notebook),
}


def _corpus(options: Options) -> Corpus:
    if options.corpus is None:
        return corpora.load_names()
    return corpora.read_corpus(options.corpus, "names")


def _with_extra_names(corpus: Corpus, options: Options, clean: Callable[[str], str]) -> Corpus:
    if options.extra_names is None:
        return corpus
    names, notes = read_extra_names(options.extra_names, corpus.known(), clean)
    return replace(corpus, extra_names=names, notes=corpus.notes + notes)


def _with_units(settings: Settings, options: Options) -> Settings:
    if not options.units:
        return settings
    return replace(settings, fit=replace(settings.fit, units=options.units))


def _known(corpus: Corpus) -> Fingerprints:
    """Every name that is read, and the real dinosaurs: a name is new if it is neither."""
    return Fingerprints.of(corpus.known().union(corpus.extra_names, corpora.load_names().known()))

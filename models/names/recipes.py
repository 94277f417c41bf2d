"""The recipes for names: `best`, `quick`, `pretrain`, `list` and `notebook`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from data import corpora, downloads
from data.corpora import Corpus, CorpusError
from data.genera import load_genera
from data.lists import normalise_entry, read_extra_names, read_list, stored_list
from data.text import clean_name
from models.fingerprints import Fingerprints
from models.names.capitalization import BEGINNING, capitals_of
from models.names.constraints import LIST_RECIPE
from models.names.notebook import NotebookTrainer
from models.names.trainers import (
    BEST,
    PRETRAINING,
    SCRATCH,
    SINGLE,
    MixtureSettings,
    NamesTrainer,
    Pretrainer,
    list_settings,
    reading_list,
)
from models.networks.lstm import LSTM
from models.networks.mixture import Mixture
from models.training.recipe import (
    FROM_NOTHING,
    Options,
    Plan,
    Recipe,
    RecipeError,
    Trainer,
    library_versions,
)
from models.weights import Trained, load_shipped, load_weights

PRETRAINING_RECIPE = "pretrain"
PRETRAINED = "genera"
"""The shipped weights that `best` and `quick` continue from."""


def _mixture(settings: MixtureSettings, options: Options) -> Plan:
    options.refuse("words")
    corpus = _with_extra_names(_corpus(options), options, clean_name)
    if options.corpus is not None:
        corpus = replace(corpus, reference=corpora.load_names().validation)
    base = _base(options)
    begin = _lstms(base) if base else ()
    settings = _continuing(settings, begin) if begin else _with_units(SCRATCH, options)
    trainer = NamesTrainer(corpus, options.seed or 0, settings, begin)
    plan = _plan(corpus, trainer, trainer.seed, _known_names(corpus))
    is_reference = options.corpus is None
    return replace(plan, base=base, figures=trainer.figures, validation_is_reference=is_reference)


def _pretrain(options: Options) -> Plan:
    """Genera; the dinosaurs are among them, but not those that validate or are held out."""
    options.refuse("corpus", "extra_names", "initial_weights", "words")
    genera, names = load_genera(), corpora.load_names()
    corpus = Corpus(
        title=downloads.sources()["genera"]["title"],
        kind="names",
        items=genera.vertebrates + genera.others,
        training=reading_list(genera, names),
        validation=names.validation,
        held_out=(),
        plain="\n".join((*genera.vertebrates, *genera.others, *names.training)),
    )
    settings = _with_units(PRETRAINING, options)
    seed = options.seed or 0
    plan = _plan(corpus, Pretrainer(corpus, seed, settings), seed, _known_names(names))
    return replace(plan, keeps_last=True, keeps_words=False, validation_is_reference=True)


def _list(options: Options) -> Plan:
    """A list in any alphabet; the dinosaurs if none is given."""
    options.refuse("initial_weights", "words")
    corpus, capitals = corpora.load_names(), BEGINNING
    small_words: tuple[str, ...] = ()
    if options.corpus is not None:
        found = read_list(options.corpus)
        corpus = stored_list(found, options.corpus.name)
        capitals, small_words = capitals_of(found.names)
    corpus = _with_extra_names(corpus, options, normalise_entry)
    settings = _with_units(list_settings(len(corpus.items)), options)
    trainer = NamesTrainer(corpus, options.seed or 0, settings)
    known = Fingerprints.of(corpus.known().union(corpus.extra_names))
    return replace(
        _plan(corpus, trainer, trainer.seed, known),
        reads_all=corpus.reads_all,
        capitals=capitals,
        small_words=small_words,
        figures=trainer.figures,
    )


def _notebook(options: Options) -> Plan:
    options.refuse("extra_names", "initial_weights", "seed", "units", "words")
    corpus = _corpus(options)
    plan = _plan(corpus, NotebookTrainer(corpus), None, _known_names(corpus))
    return replace(plan, architecture="rnn", reads_all=corpus.reads_all, keeps_last=True)


def _plan(corpus: Corpus, trainer: Trainer, seed: int | None, known: Fingerprints) -> Plan:
    return Plan(corpus, trainer, "mixture", seed, known, library_versions("numpy"))


RECIPES: Mapping[str, Recipe] = {
    "best": Recipe(
        "LSTMs that have read genera, mixed with an n-gram model; minutes", partial(_mixture, BEST)
    ),
    "quick": Recipe("the same with one LSTM; seconds", partial(_mixture, SINGLE)),
    PRETRAINING_RECIPE: Recipe(
        "reads genera; makes the file that best and quick start from", _pretrain
    ),
    LIST_RECIPE: Recipe("small LSTMs, for a list in any alphabet; seconds", _list),
    "notebook": Recipe("the founding notebook's network, 35,000 updates", _notebook),
}


def _base(options: Options) -> Trained | None:
    """The weights to continue from; `None` for random ones, which `--units` asks for too.

    Raises `RecipeError` for weights that another recipe has trained, as they may have read the
    names that validate.
    """
    given = options.initial_weights
    if given == FROM_NOTHING or (given is None and options.units):
        return None
    if options.units:
        raise RecipeError("Weights have their own width; leave out --units or --from.")
    base = load_weights(given) if given else load_shipped(PRETRAINED)
    if base.card.recipe != PRETRAINING_RECIPE or not _lstms(base):
        raise RecipeError(
            "The initial weights must be made by python -m bot.train names --recipe "
            f"{PRETRAINING_RECIPE}; these are of {base.card.task} and the recipe "
            f"{base.card.recipe}."
        )
    return base


def _lstms(base: Trained) -> tuple[LSTM, ...]:
    members = base.network.members if isinstance(base.network, Mixture) else ()
    return tuple(member for member in members if isinstance(member, LSTM))


def _continuing(settings: MixtureSettings, begin: Sequence[LSTM]) -> MixtureSettings:
    """The settings for networks to continue from: their width, and no more LSTMs than they are."""
    fit = replace(settings.fit, units=len(begin[0].Wy))
    return replace(settings, lstms=min(settings.lstms, len(begin)), fit=fit)


def _corpus(options: Options) -> Corpus:
    if options.corpus is None:
        return corpora.load_names()
    try:
        return corpora.read_corpus(options.corpus, "names")
    except CorpusError as error:
        raise RecipeError(
            f"{error} This recipe reads the letters a to z; --recipe {LIST_RECIPE} reads others."
        ) from error


def _with_extra_names(corpus: Corpus, options: Options, clean: Callable[[str], str]) -> Corpus:
    if options.extra_names is None:
        return corpus
    names, notes = read_extra_names(options.extra_names, corpus.known(), clean)
    return replace(corpus, extra_names=names, notes=corpus.notes + notes)


def _with_units(settings: MixtureSettings, options: Options) -> MixtureSettings:
    if not options.units:
        return settings
    return replace(settings, fit=replace(settings.fit, units=options.units))


def _known_names(corpus: Corpus) -> Fingerprints:
    """Every name that is read, and the real dinosaurs: a name is new if it is neither."""
    return Fingerprints.of(corpus.known().union(corpus.extra_names, corpora.load_names().known()))

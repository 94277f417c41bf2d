"""Recipes for verse: an operator's text in its own alphabet, from nothing and continued."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import numpy as np
import pytest

from data.corpora import CorpusError
from models.fingerprints import BloomFilter, Fingerprints
from models.networks.vocabulary import Vocabulary
from models.networks.words import SLOTS
from models.networks.words_and_characters import WordsAndCharacters
from models.tasks import TASKS
from models.training.events import Done
from models.training.recipe import FROM_NOTHING, Options, RecipeError
from models.training.schedules import Schedule, WordSchedule
from models.verse import recipes
from models.verse.poem import SonnetRequest, begin, extend
from models.weights import Trained, load_weights, save_weights
from tests import keras
from tests.models.tiny import WITH_FEATURES, card, lstm, words_and_characters
from tests.models.verse.test_reading import corpus as corpus_of
from tests.slow.passages import PASSAGES, VALIDATION
from tests.tools.verse.prepared import prepare_small
from tools.verse import long_training

if keras.IS_SKIPPED:
    pytest.skip(keras.REASON, allow_module_level=True)

if TYPE_CHECKING:
    from models.training import keras_verse
    from models.verse import trainers
else:
    keras_verse = keras.lazily("models.training.keras_verse")
    trainers = keras.lazily("models.verse.trainers")

TENSORFLOWS = {"tensorflow", "tensorflow-cpu"}
"""Distributions of TensorFlow."""
NOUNS = ["Größe", "Straße", "Käfer", "Öl", "Übermut", "Ähre", "Mond", "Fluß", "Brücke", "Wälder"]
VERBS = ["blüht", "fällt", "hört", "weiß", "löscht", "singt", "trägt", "flieht", "müht", "stört"]
BY_CHARACTER = Schedule(0.2, learning_rate=1e-2, dropout=0.0, batch=4, length=60)
BY_WORD = WordSchedule(4, 1e-2, dropout=0.0, batch=4, length=20, candidates=0, interval=2)


def german(lines: int = 200) -> str:
    rng = np.random.default_rng(0)

    def line() -> str:
        first, second = rng.choice(NOUNS, 2, replace=False)
        return f"Die {first} {rng.choice(VERBS)}, und „{second}“ {rng.choice(VERBS)} – 3 mal;"

    return "\n".join(line() for _ in range(lines)) + "\n"


@contextmanager
def brief_trainings() -> Iterator[None]:
    """Trainings of a few updates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainers, "small_schedules", lambda *_: (BY_CHARACTER, BY_WORD))
        patch.setattr(trainers, "FINETUNING", BY_CHARACTER)
        patch.setattr(trainers, "FINETUNING_WORDS", BY_WORD)
        yield


@pytest.fixture
def brief() -> Iterator[None]:
    with brief_trainings():
        yield


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    path = tmp_path / "verse.txt"
    path.write_text(german())
    return path


def train(out: Path, recipe: str = "default", **options: object) -> Trained:
    run = TASKS["sonnets"].start(recipe, Options(**options), out, lambda *_: b"plot")  # type: ignore[arg-type]
    *_, last = run.events(Event(), longest=60)
    assert isinstance(last, Done)
    return load_weights(out)


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that were trained from nothing on a German text."""
    folder = tmp_path_factory.mktemp("own")
    corpus, out = folder / "verse.txt", folder / "own.safetensors"
    corpus.write_text(german())
    with brief_trainings():
        train(out, corpus=corpus, initial_weights=FROM_NOTHING, units=8)
    return out


@pytest.mark.usefixtures("brief")
def test_from_nothing_in_its_own_alphabet(own: Path, corpus: Path, tmp_path: Path) -> None:
    trained = load_weights(own)
    network = trained.network
    assert isinstance(network, WordsAndCharacters)
    assert set("ÖÜßäöüDGS„“–3;") <= set(trained.card.symbols)
    assert {"Größe", "blüht", "–", "Die"} <= set(network.words.vocabulary.tokens)
    assert "größe" not in network.words.vocabulary.tokens
    assert trained.card.architecture == "words"
    assert trained.card.reference_loss is None
    assert trained.card.validation is not None
    versions = trained.card.versions
    assert {"keras", "numpy"} < versions.keys() <= {"keras", "numpy", *TENSORFLOWS}
    assert not trained.words
    # Its own copies are refused, however they are written.
    line = german().split("\n")[0]
    assert trained.copies("", line)
    assert trained.copies("", line.upper().replace("–", "-"))
    assert not trained.copies("", "Der Mond ist aufgegangen")
    # It is continued in its own alphabet, too.
    again = train(tmp_path / "again.safetensors", corpus=corpus, initial_weights=own)
    assert again.card.symbols == trained.card.symbols
    assert again.card.initial_digest == trained.digest
    assert isinstance(again.network, WordsAndCharacters)
    assert again.network.words.vocabulary == network.words.vocabulary
    np.testing.assert_allclose(again.network.vectors, network.vectors, atol=0.01)
    assert again.copies("", line)


def test_poem_in_its_own_alphabet(own: Path) -> None:
    trained = load_weights(own)
    draft = begin(trained, SonnetRequest("Die Größe", seed=1, form="free"))
    assert draft.encoded_prefix == "Die Größe"
    while not draft.finished:
        (draft,) = extend(trained, [draft], lambda _: True)
    assert draft.lines[0].startswith("Die Größe")
    assert set("".join(draft.lines)) <= set(trained.card.symbols)
    assert not set("".join(draft.lines)).isdisjoint("äöüßÄÖÜ")


def test_letters_of_its_own_continue_words() -> None:
    """A word that the member has begun is continued without a space, whatever its last letter."""
    vocabulary = Vocabulary.of(["GroßeÜbelS"])  # it cannot write a space
    trained = Trained(lstm(vocabulary), card("sonnets", vocabulary), Fingerprints.of([]), "own")
    for opening in ("Gro", "Groß", "Ü", "GroS"):
        draft = begin(trained, SonnetRequest(opening, form="free"))
        (longer,) = extend(trained, [draft], lambda _: True)
        assert longer.lines[0].startswith(opening)
        assert " " not in longer.lines[0]


@pytest.mark.usefixtures("brief")
def test_large_text_has_a_filter(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "LARGE_TEXT", 100)
    trained = train(
        tmp_path / "own.safetensors",
        corpus=corpus,
        initial_weights=FROM_NOTHING,
        units=8,
    )
    assert len(trained.known) == len(trained.runs) == 0
    assert trained.copies("", german().split("\n")[0])


def base(path: Path, *, words: bool) -> Path:
    """Weights as `pretrain` leaves them."""
    network = words_and_characters() if words else lstm()
    facts = card(architecture="words" if words else "lstm", recipe="pretrain")
    further = BloomFilter.of(["let there be light"])
    save_weights(path, network.arrays(), facts, Fingerprints.of(["all hail"]), further=further)
    return path


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize("words", [True, False])
def test_continues_with_all_networks(corpus: Path, tmp_path: Path, *, words: bool) -> None:
    """Old weights, without words, are continued as they are. Both simplify an English text."""
    initial = base(tmp_path / "base.safetensors", words=words)
    trained = train(tmp_path / "out.safetensors", corpus=corpus, initial_weights=initial)
    assert isinstance(trained.network, WordsAndCharacters) == words
    assert trained.card.architecture == ("words" if words else "lstm")
    assert trained.copies("", "All hail")
    assert trained.copies("", "let there be light")
    assert trained.copies("", german().split("\n")[0])
    assert trained.card.symbols == lstm().vocabulary.symbols
    try:
        TASKS["sonnets"].load_corpus()
    except CorpusError:
        return
    assert trained.card.reference_loss is not None


@pytest.mark.usefixtures("brief")
def test_pretrain_and_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A word network of a long training is put beside the characters of a base, and fine-tuned."""
    prepare_small(tmp_path, monkeypatch)
    monkeypatch.setattr("signal.signal", lambda *_: None)
    long_training.run(tmp_path, replace(BY_WORD, candidates=8), 8, (10, 8))
    initial = base(tmp_path / "characters.safetensors", words=True)
    out = tmp_path / "plays.safetensors"
    trained = train(out, "pretrain", words=tmp_path, initial_weights=initial)
    network = trained.network
    assert isinstance(network, WordsAndCharacters)
    assert network.words.vocabulary.features
    for name, array in lstm().arrays().items():
        np.testing.assert_allclose(network.characters.arrays()[name], array, atol=1e-3)
    known = {*long_training.WEIGHTS, long_training.PROSE} - {"drama"}
    assert trained.card.sources.keys() == known
    assert trained.card.validation is not None
    assert "temperate" in trained.words
    tuned = train(tmp_path / "sonnets.safetensors", initial_weights=out)
    assert isinstance(tuned.network, WordsAndCharacters)
    assert tuned.network.words.vocabulary == network.words.vocabulary
    assert tuned.card.initial_digest == trained.digest
    for each in (trained, tuned):
        assert each.copies("", "In the beginning")
        assert not each.copies("", "let there be light")


def test_pretrain_without_words() -> None:
    with pytest.raises(RecipeError, match="--words"):
        recipes.RECIPES["pretrain"].plan(Options())


def test_weights_of_another_task(tmp_path: Path) -> None:
    path = tmp_path / "names.safetensors"
    save_weights(path, lstm().arrays(), card("names"), Fingerprints.of([]))
    with pytest.raises(RecipeError, match="must be an LSTM that writes sonnets"):
        recipes.RECIPES["default"].plan(Options(initial_weights=path))


@pytest.mark.parametrize(
    ("size", "passes", "updates"), [(5_000, 40, 40), (100_000, 40, 694), (10_000_000, 3, 5208)]
)
def test_small_texts_are_read_more_often(size: int, passes: float, updates: int) -> None:
    by_character, by_word = trainers.small_schedules(["x" * size], 3_000)
    assert by_character.passes == passes
    assert by_word.updates == updates
    assert by_word.candidates == 0
    assert (by_character.batch, by_word.batch) == (16, 16)
    assert trainers.small_schedules(["x" * size], 10_000)[1].candidates > 0


def test_trainer_of_words_and_characters() -> None:
    corpus = TASKS["sonnets"].parse_corpus(german().encode(), "verse.txt")
    trainer = trainers.finetuning(words_and_characters(), corpus, 0)
    assert isinstance(trainer, keras_verse.WordsAndCharactersTrainer)
    assert trainer.words.vocabulary == words_and_characters().words.vocabulary


@pytest.mark.parametrize("reads_all", [False, True])
def test_finetuning_knows_the_period_of_the_sonnets(*, reads_all: bool) -> None:
    """Of an operator's text it knows none."""
    of_test = replace(corpus_of(*PASSAGES), validation=tuple(VALIDATION), reads_all=reads_all)
    trainer = trainers.finetuning(words_and_characters(words=WITH_FEATURES), of_test, 1)
    assert isinstance(trainer, keras_verse.WordsAndCharactersTrainer)
    assert isinstance(trainer.words, keras_verse.WordTrainer)
    (source,) = trainer.words.sources
    assert source.features[:, SLOTS.index("period")].all() != reads_all
    assert source.features[:, SLOTS.index("line")].any()

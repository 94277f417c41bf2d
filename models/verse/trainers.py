"""Trainers of verse networks with Keras: pretraining, fine-tuning, and training from nothing.

Importing this module imports Keras, which takes seconds.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from data.corpora import Corpus
from models.networks.lstm import LSTM
from models.networks.words_and_characters import WordsAndCharacters
from models.training.keras_verse import NotebookVerseTrainer as NotebookVerseTrainer
from models.training.keras_verse import (
    PassageSource,
    VerseTrainer,
    WordsAndCharactersTrainer,
    WordTrainer,
)
from models.training.recipe import Trainer
from models.training.schedules import (
    EMBEDDING,
    FINETUNING,
    FINETUNING_WORDS,
    PRETRAINING,
    PRETRAINING_WORDS,
    UNITS,
    WORD_UNITS,
    Schedule,
    WordSchedule,
)
from models.training.word_lines import NOTHING, PackedLines
from models.training.word_vectors import WeightedText, fit_word_vectors
from models.verse.reading import SONNETS, PretrainingTexts, rare_words_of, vocabulary_of

PLAYS, POEMS, BIBLE = 0.65, 0.12, 0.23
"""Shares of what the word network is pretrained on."""
BIBLE_WEIGHT = 0.5
"""Weight of the Bible in the word vectors."""
SMALL_UNITS = ((100_000, 128), (1_000_000, 192))
"""Width of a network from nothing for texts of up to so many characters."""
MOST_PASSES, LEAST_PASSES, READ = 40, 3, 4_000_000
"""From nothing: passes over the text, and characters that are read if the passes are between."""
ALL_WORDS = 6_000
"""Largest vocabulary whose softmax is computed in full."""


def pretraining(
    reading: PretrainingTexts, seed: int, *, epochs: int | None = None, units: int | None = None
) -> WordsAndCharactersTrainer:
    """Both networks from nothing: the characters on the plays, the words on everything.

    `epochs`: passes of the character network; the updates of the word network are scaled with them.
    """
    training, validation = reading.plays.training, reading.sonnets.validation
    passes = epochs or PRETRAINING.passes
    updates = round(PRETRAINING_WORDS.updates * passes / PRETRAINING.passes)
    schedule = replace(PRETRAINING, passes=passes)
    characters = VerseTrainer(training, validation, schedule, seed, units=units or UNITS)
    shares = ((PLAYS, training), (POEMS, reading.poems), (BIBLE, reading.bible))
    # The networks write the same characters: brackets, for example, are only in poems.
    vocabulary = reading.vocabulary.restricted(characters.vocabulary.symbols)
    words = WordTrainer(
        [
            PassageSource(share, PackedLines.read(passages, vocabulary))
            for share, passages in shares
            if passages
        ],
        validation,
        replace(PRETRAINING_WORDS, updates=max(1, updates)),
        seed,
        vocabulary=vocabulary,
        embedding=units or EMBEDDING,
        units=(2 * units, units) if units else WORD_UNITS,
    )
    verse = WeightedText([*reading.sonnets.training, *training, *reading.poems])
    texts = [verse, WeightedText(reading.bible, BIBLE_WEIGHT)]
    vectors = fit_word_vectors(texts, words.vocabulary, seed)
    rare = reading.rare_words
    return WordsAndCharactersTrainer(characters, words, validation, vectors, rare)


def finetuning(network: LSTM | WordsAndCharacters, corpus: Corpus, seed: int) -> Trainer:
    """Continue with all parts of a network on the training part of a corpus."""
    training, validation = corpus.training, corpus.validation
    if isinstance(network, LSTM):
        return VerseTrainer(training, validation, FINETUNING, seed, begin=network)
    characters = VerseTrainer(training, validation, FINETUNING, seed, begin=network.characters)
    vocabulary, of_text = network.words.vocabulary, NOTHING if corpus.reads_all else SONNETS
    words = WordTrainer(
        [PassageSource(1, PackedLines.read(training, vocabulary, of_text))],
        validation,
        FINETUNING_WORDS,
        seed,
        vocabulary=vocabulary,
        begin=network.words,
    )
    rare = rare_words_of(training, words.vocabulary).union(network.rare_words)
    vectors = np.asarray(network.vectors)
    return WordsAndCharactersTrainer(characters, words, validation, vectors, rare)


def from_nothing(
    corpus: Corpus, seed: int, *, units: int | None = None
) -> WordsAndCharactersTrainer:
    """Both networks on the training part of a corpus alone, as large as it can fill."""
    training, validation = corpus.training, corpus.validation
    size = sum(map(len, training))
    units = units or next((width for most, width in SMALL_UNITS if size <= most), UNITS)
    vocabulary = vocabulary_of(training)
    by_character, by_word = small_schedules(training, len(vocabulary))
    characters = VerseTrainer(training, validation, by_character, seed, units=units)
    vocabulary = vocabulary.restricted(characters.vocabulary.symbols)
    words = WordTrainer(
        [PassageSource(1, PackedLines.read(training, vocabulary))],
        validation,
        by_word,
        seed,
        vocabulary=vocabulary,
        embedding=units,
        units=(units, units),
    )
    vectors = fit_word_vectors([WeightedText(training)], words.vocabulary, seed)
    rare = rare_words_of(training, words.vocabulary)
    return WordsAndCharactersTrainer(characters, words, validation, vectors, rare)


def small_schedules(passages: Sequence[str], vocabulary: int) -> tuple[Schedule, WordSchedule]:
    """Schedules of both networks for a text: minutes on two cores for one of a megabyte."""
    size = sum(map(len, passages))
    passes = min(MOST_PASSES, max(LEAST_PASSES, READ / size))
    by_character = Schedule(passes, learning_rate=3e-3, dropout=0.3, batch=16, length=200)
    tokens = size / 5
    by_word = WordSchedule(
        updates=max(40, round(passes * tokens / (16 * 72))),
        learning_rate=3e-3,
        dropout=0.3,
        batch=16,
        length=72,
        candidates=0 if vocabulary <= ALL_WORDS else PRETRAINING_WORDS.candidates,
        interval=20,
    )
    return by_character, by_word

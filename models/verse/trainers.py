"""Trainers of verse networks with Keras: pretraining, fine-tuning, and training from nothing.

Importing this module imports Keras, which takes seconds.
"""

from collections.abc import Sequence

import numpy as np

from data.corpora import Corpus
from models.networks.lstm import LSTM
from models.networks.words_and_characters import WordsAndCharacters
from models.serving.words import FastWordLSTM
from models.training.keras_verse import (
    Finished,
    PassageSource,
    VerseTrainer,
    WordsAndCharactersTrainer,
    WordTrainer,
)
from models.training.recipe import Trainer
from models.training.schedules import (
    FINETUNING,
    FINETUNING_WORDS,
    PRETRAINING,
    UNITS,
    Schedule,
    WordSchedule,
)
from models.training.word_lines import NOTHING, PackedLines
from models.training.word_vectors import WeightedText, fit_word_vectors
from models.verse.reading import SONNETS, counts_of, rare_words_of, vocabulary_of
from models.verse.training_folder import OfTexts

SMALL_UNITS = ((100_000, 128), (1_000_000, 192))
"""Width of a network from nothing for texts of up to so many characters."""
MOST_PASSES, LEAST_PASSES, READ = 40, 3, 4_000_000
"""Limits on the passes of a network from nothing, and the characters that it reads within them."""
ALL_WORDS, CANDIDATES = 6_000, 4_096
"""Largest vocabulary whose softmax is computed in full; and words of a sampled one."""


def pretraining(
    words: FastWordLSTM,
    of_texts: OfTexts,
    corpus: Corpus,
    seed: int,
    *,
    characters: LSTM | None = None,
) -> WordsAndCharactersTrainer:
    """A trained word network, mixed with `characters`, or with a new network of a corpus."""
    validation = corpus.validation
    of_characters: VerseTrainer | Finished[LSTM]
    if characters is None:
        of_characters = VerseTrainer(corpus.training, validation, PRETRAINING, seed)
    else:
        of_characters = Finished(characters, validation)
    # The networks write the same characters.
    symbols = of_characters.vocabulary.symbols
    vectors = of_texts.vectors[words.vocabulary.writable(symbols)]
    words = words.restricted(symbols)
    of_words = Finished(words, validation)
    return WordsAndCharactersTrainer(of_characters, of_words, validation, vectors, of_texts.rare)


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
    rare = rare_words_of(counts_of(training), words.vocabulary).union(network.rare_words)
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
    lines = PackedLines.read(training, vocabulary)
    words = WordTrainer(
        [PassageSource(1, lines)],
        validation,
        by_word,
        seed,
        vocabulary=vocabulary,
        embedding=units,
        units=(units, units),
    )
    vectors = fit_word_vectors([WeightedText(lines)], vocabulary, seed)
    rare = rare_words_of(counts_of(training), words.vocabulary)
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
        candidates=0 if vocabulary <= ALL_WORDS else CANDIDATES,
        interval=20,
    )
    return by_character, by_word

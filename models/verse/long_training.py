"""Long training of the word network on large corpora of verse.

    python -m models.verse.long_training prepare FOLDER --corpora CORPORA
    python -m models.verse.long_training run FOLDER

`prepare` reads the corpora once, drops what shares words with held-out sonnets, and stores tokens
in FOLDER/data, with what else of the texts is part of the base (`OfTexts`). `run` trains on them,
and goes on from FOLDER's checkpoint if there is one. It writes a checkpoint every ten minutes, and
when it gets SIGTERM or SIGINT, after which it ends; and at each validation a row of `log.csv`, and
the network so far to `words.safetensors`. The recipe `pretrain` makes the base from FOLDER.
"""

import argparse
import csv
import hashlib
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from data import corpora, further_reading
from data.errors import CorpusError
from data.files import write_atomically
from data.held_out import Runs, held_out_runs, without_shared
from data.packed_verse import (
    VersePassage,
    load_packed_verse,
    missing_collections,
    packed_works,
)
from data.text import proper_nouns
from data.tokens import is_word, tokenise
from models.fingerprints import BloomFilter
from models.networks.words import SLOTS, WordVocabulary
from models.networks.words_and_characters import LONGEST_TOKEN
from models.serving.packed_texts import BREAK, unpacked
from models.serving.words import FastWordLSTM
from models.training.schedules import LONG_EMBEDDING, LONG_TRAINING, LONG_UNITS, WordSchedule
from models.training.word_lines import (
    PackedLines,
    features_of,
    line_losses,
    period_of,
    read_lines,
)
from models.training.word_vectors import WeightedText, fit_word_vectors
from models.verse.reading import LONG_RUN, SONNETS, copies_of_corpora, rare_words_of

CHECKPOINT_INTERVAL = 600
"""Seconds."""
MOST_WORDS, MIN_COUNT = 24_000, 6
"""Size of the vocabulary, and occurrences of a word besides those of the training sonnets."""
RARE = 5
"""Occurrences of a word outside of the vocabulary that is on the list of rare words."""
EARLY, LATE = 1660, 1780
"""Years up to which, and from which on, texts are of the first and the last group."""
WEIGHTS: Mapping[str, tuple[float, tuple[float, float, float]]] = {
    "plays": (4, (4, 4, 4)),
    "early pentameter": (1.5, (8, 2, 1.2)),
    "middle pentameter": (0.6, (4, 2, 0.15)),
    "late pentameter": (1.2, (4, 1.2, 0.3)),
    "early others": (0.4, (1, 0.3, 0.2)),
    "middle others": (0.15, (0.4, 0.1, 0.05)),
    "late others": (0.35, (0.4, 0.2, 0.1)),
    "bible": (0.4, (0.2, 0.2, 0.2)),
}
"""How often each source is read in comparison, first and in the cooldown, there by stanza
(`by_stanza`): nearer ones more often. The sonnets are left to the fine-tuning. The former count for
the word vectors, too."""
LYRIC = frozenset({*range(4, 7), *range(12, 16)})
"""Lines of a stanza of lyric verse, or of a sonnet."""
OFTEN_READ = ("plays", "bible")
"""Sources of which every second run of words is stored, in order not to be copied; of the others,
which are read once or twice, every third."""
_COLUMNS = (
    *("time", "updates", "tokens", "hours", "cpu_hours", "tokens_per_second"),
    *("tokens_per_cpu_second", "training", "validation", "validation_period", "validation_planned"),
)


def prepare(folder: Path, packed: Path) -> None:
    """Read, filter and store everything that is trained on. `packed`: see `data.packed_verse`."""
    next(packed_works(packed))  # before anything else is read, which takes minutes
    data, held_out = folder / "data", held_out_runs()
    data.mkdir(parents=True, exist_ok=True)
    sources: dict[str, list[tuple[str, Mapping[str, object]]]] = {name: [] for name in WEIGHTS}
    for name, text, of_text in _texts(packed, held_out):
        sources[name].append((text, of_text))
    counts = Counter(
        token for texts in sources.values() for text, _ in texts for token in tokenise(text)
    )
    vocabulary = vocabulary_with_features(counts, corpora.load_sonnets().training)
    write_atomically(data / "vocabulary.json", json.dumps(asdict(vocabulary)).encode())
    facts: dict[str, Any] = {"vocabulary": len(vocabulary), "features": len(vocabulary.features)}
    weighted = []
    for name, texts in sources.items():
        lines = PackedLines.of(read_lines(text, vocabulary, of_text) for text, of_text in texts)
        write_atomically(data / f"{name}.safetensors", save(vars(lines)))
        weighted.append(WeightedText(lines, WEIGHTS[name][0]))
        digest = hashlib.sha256("".join(text for text, _ in texts).encode()).hexdigest()
        facts[name] = {"passages": len(texts), "tokens": len(lines.tokens), "sha256": digest}
    write_atomically(data / "facts.json", json.dumps(facts, indent=1).encode())
    copies = copies_of_corpora(
        ([text for text, _ in texts], 2 if name in OFTEN_READ else 3)
        for name, texts in sources.items()
    )
    names = proper_nouns("\n".join(body for _, _, body in packed_works(packed)))
    kept: dict[str, NDArray[Any]] = {
        "copies": copies.bits,
        "names": _joined(names | corpora.load_plays().proper_nouns),
        "rare": _joined(rare_words_of(counts, vocabulary, RARE)),
        "vectors": fit_word_vectors(weighted, vocabulary),
    }
    write_atomically(data / "of_texts.safetensors", save(kept))


def _joined(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer(BREAK.join(sorted(words)).encode(), np.uint8)


def _texts(packed: Path, held_out: Runs) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """The source, the text and what is known of each passage."""
    for name, passages, kind in (
        ("plays", corpora.load_plays().training, "drama"),
        ("bible", further_reading.load_bible(), "prose"),
    ):
        for text in passages:
            for part in without_shared(text.removesuffix("\n\n").split("\n"), held_out):
                yield name, "\n".join(part) + "\n\n", SONNETS | {"kind": kind}
    for passage in load_packed_verse(packed, held_out):
        period = None if passage.year is None else period_of(passage.year)
        of_text = {"period": period, "kind": "drama" if passage.is_drama else "verse"}
        yield source_of(passage), passage.text, of_text


def source_of(passage: VersePassage) -> str:
    """The name of the source that a passage of the packed corpora belongs to."""
    year = passage.year or LATE - 1
    group = "early" if year <= EARLY else "late" if year >= LATE else "middle"
    return f"{group} {'pentameter' if passage.is_pentameter else 'others'}"


def vocabulary_with_features(counts: Counter[str], sonnets: Iterable[str]) -> WordVocabulary:
    """The most common words, and all words of the sonnets; with all features."""
    own = Counter(token for poem in sonnets for token in tokenise(poem))
    common = sorted(counts, key=lambda token: (-counts[token], token))[:MOST_WORDS]
    kept = {token for token in common if counts[token] >= MIN_COUNT} | own.keys()
    total = counts + own
    short = (token for token in kept if len(token) <= LONGEST_TOKEN)
    tokens = WordVocabulary.of(sorted(short, key=lambda token: (-total[token], token))).tokens
    return WordVocabulary(tokens, features_of(filter(is_word, tokens)))


def run(
    folder: Path,
    schedule: WordSchedule = LONG_TRAINING,
    embedding: int = LONG_EMBEDDING,
    units: Sequence[int] = LONG_UNITS,
    seed: int = 0,
) -> None:
    """Train until the end of the schedule or a signal, in a prepared folder."""
    from models.training.keras_verse import PassageSource, WordTrainer  # takes seconds

    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    vocabulary, validation = load_vocabulary(folder), corpora.load_sonnets().validation
    sources = []
    for name, (weight, last) in WEIGHTS.items():
        lines = PackedLines(**load_file(folder / "data" / f"{name}.safetensors"))
        for part, of_part in zip(by_stanza(lines, vocabulary), last, strict=True):
            if size := len(part.tokens):
                sources.append(PassageSource(weight * size, part, of_part * size))
    trainer = WordTrainer(
        *(sources, validation, schedule, seed),
        vocabulary=vocabulary,
        embedding=embedding,
        units=units,
    )
    checkpoint = folder / "checkpoint.safetensors"
    progress = np.zeros(3)  # hours, hours of a processor, and tokens
    if checkpoint.exists():
        arrays = load_file(checkpoint)
        progress = arrays.pop("progress")
        trainer.restore(arrays)
    of_period = [read_lines(poem, vocabulary, SONNETS) for poem in validation]
    characters = sum(map(len, validation))
    saved, before, losses, clock = time.monotonic(), progress, list[float](), _clock()
    for update in trainer.train():
        now = _clock()
        progress, clock = progress + np.array([*(now - clock), trainer.tokens]), now
        losses.append(update.loss)
        if update.validation is not None:
            network, since = trainer.latest(), progress - before
            rates = since[2] / since[:2] / 3600
            with_period = line_losses(network, of_period, known=("period", "kind"))
            planned = line_losses(network, trainer.validation, planned=True, known=SLOTS)
            measured = update.validation, with_period / characters, planned / characters
            row: list[object] = [time.strftime("%H:%M:%S"), update.step, int(progress[2])]
            row += [*progress[:2].round(4), *rates.astype(int)]
            row += [*np.round([np.mean(losses), *measured], 4)]
            _append(folder / "log.csv", row)
            write_atomically(folder / "words.safetensors", save(network.arrays()))
            before, losses, clock = progress, [], _clock()
        is_last = stop.is_set() or update.step == trainer.steps
        if is_last or time.monotonic() - saved > CHECKPOINT_INTERVAL:
            write_atomically(checkpoint, save(trainer.checkpoint() | {"progress": progress}))
            saved = time.monotonic()
        if is_last:
            return


def by_stanza(lines: PackedLines, vocabulary: WordVocabulary) -> Sequence[PackedLines]:
    """The passages whose stanzas are mostly lyric, of other alternating rhymes, and the others.

    Rhymes alternate if the first line of a stanza rhymes with the third, or the second with the
    fourth, and not the first with the second.
    """
    rhyme, number, left = (lines.features[:, SLOTS.index(s)] for s in ("rhyme", "line", "left"))
    first = int(vocabulary.encode_features({"line": 1})[SLOTS.index("line")])
    none_left = int(vocabulary.encode_features({"left": 0})[SLOTS.index("left")])
    stanza = np.flatnonzero(number == first)  # the line that each stanza begins with
    stanza = stanza[stanza + 3 < len(rhyme)]
    a, b, c, d = (rhyme[stanza + i] for i in range(4))
    size = left[stanza] - none_left + 1  # lines of the stanza
    alternate = (size > 3) & (a != b) & (((a == c) & (c > 0)) | ((b == d) & (d > 0)))
    is_lyric = alternate & np.isin(size, [*LYRIC])
    passage = lines.passages.searchsorted(stanza, side="right") - 1
    of_kind = [is_lyric, alternate & ~is_lyric, ~alternate]
    counts = [np.bincount(passage[kind], minlength=len(lines.passages) - 1) for kind in of_kind]
    kinds = np.where(np.max(counts, axis=0) > 0, np.argmax(counts, axis=0), 2)
    return [lines.select(np.flatnonzero(kinds == kind)) for kind in range(3)]


def _clock() -> NDArray[np.float64]:
    """The time, and that of a processor, in hours."""
    return np.array([time.monotonic(), time.process_time()]) / 3600


def _append(path: Path, row: Sequence[object]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        csv.writer(file).writerows([_COLUMNS, row] if is_new else [row])


@dataclass(frozen=True, eq=False)
class OfTexts:
    """What the base keeps of the texts, besides what its networks have learnt."""

    vectors: NDArray[np.float32]
    """Word vectors of the vocabulary, `(V, D)`."""
    rare: Sequence[str]
    """Words outside of the vocabulary."""
    names: Sequence[str]
    """Proper nouns, in lower case."""
    copies: BloomFilter
    """Lines and runs of words that must not be copied."""
    digests: Mapping[str, str]
    """SHA-256 of each source."""


# A folder's files; all of these raise `CorpusError` if one is missing.


def load_vocabulary(folder: Path) -> WordVocabulary:
    """The vocabulary of a prepared folder."""
    listed = json.loads(_path(folder, "data/vocabulary.json").read_text())
    return WordVocabulary(tuple(listed["tokens"]), tuple(listed["features"]))


def load_of_texts(folder: Path) -> OfTexts:
    """What a prepared folder keeps of the texts."""
    facts = json.loads(_path(folder, "data/facts.json").read_text())
    arrays = load_file(_path(folder, "data/of_texts.safetensors"))
    rare, names = (unpacked(arrays[name].tobytes()) for name in ("rare", "names"))
    digests = {name: fact["sha256"] for name, fact in facts.items() if isinstance(fact, dict)}
    return OfTexts(arrays["vectors"], rare, names, BloomFilter(arrays["copies"], LONG_RUN), digests)


def load_network(folder: Path) -> FastWordLSTM:
    """The network so far."""
    arrays = load_file(_path(folder, "words.safetensors"))
    return FastWordLSTM.from_arrays(load_vocabulary(folder), arrays)


def _path(folder: Path, name: str) -> Path:
    if not (path := folder / name).exists():
        command = f"prepare {folder} --corpora CORPORA" if "/" in name else f"run {folder}"
        raise CorpusError(
            "There is no {path}: run python -m models.verse.long_training {command}. docs/verse.md "
            "says how to get the corpora.",
            path=path,
            command=command,
        )
    return path


def main() -> None:
    """Parse arguments."""
    parser = argparse.ArgumentParser(description="Train the word network on large corpora.")
    commands = parser.add_subparsers(dest="command", required=True)
    prepared = commands.add_parser("prepare", help="read the corpora and store their tokens")
    running = commands.add_parser("run", help="train, or go on training")
    for command in (prepared, running):
        command.add_argument("folder", type=Path)
    prepared.add_argument("--corpora", type=Path, required=True, help="a folder of packed verse")
    running.add_argument("--updates", type=int, default=LONG_TRAINING.updates)
    given = parser.parse_args()
    try:
        if given.command == "prepare":
            if missing := missing_collections(given.corpora):
                made = f"python -m data.verse_sources {given.corpora} makes them"
                sys.stderr.write(f"{given.corpora} lacks {', '.join(missing)}: {made}.\n")
            prepare(given.folder, given.corpora)
        else:
            run(given.folder, replace(LONG_TRAINING, updates=given.updates))
    except CorpusError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

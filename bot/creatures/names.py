"""Names that can be those of creatures."""

import unicodedata

from bot.creatures.genome import folded
from data.text import clean_name

LONGEST_NAME = 40
"""Characters of the longest name that has a creature."""


def has_creature(name: str) -> bool:
    """Whether a name can be that of a dinosaur: one word of Latin letters, not too long."""
    spellings = unicodedata.normalize("NFC", name), folded(name)
    return bool(clean_name(name)) and all(
        len(letters) <= LONGEST_NAME and all(map(_is_latin, letters)) for letters in spellings
    )


def _is_latin(letter: str) -> bool:
    return letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN ")

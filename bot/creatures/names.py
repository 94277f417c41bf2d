"""Names that can be those of creatures."""

import unicodedata

from data.text import clean_name

LONGEST_NAME = 40
"""Characters of the longest name that has a creature."""


def has_creature(name: str) -> bool:
    """Whether a name can be that of a dinosaur: one word of Latin letters, not too long."""
    if len(name) > LONGEST_NAME:
        return False
    letters = unicodedata.normalize("NFC", name)
    return bool(clean_name(name)) and all(
        letter.isalpha() and unicodedata.name(letter, "").startswith("LATIN ") for letter in letters
    )

"""Number of syllables of a token."""

from functools import cache

from data.lexicon import Lexicon, load_lexicon
from data.tokens import is_word
from models.verse.prosody import count_syllables


@cache
def _lexicon() -> Lexicon:
    return load_lexicon()


@cache
def syllables_of(token: str) -> int:
    """Syllables of a word by its usual reading, or estimated from its spelling; 0 for a mark."""
    if not is_word(token):
        return 0
    readings = _lexicon().readings(token) or _lexicon().readings(token.strip("'"))
    return len(readings[0].stresses) if readings else count_syllables(token)

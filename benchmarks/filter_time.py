"""The word filter's time on hostile texts of several lengths: `word_filter --time`."""

import statistics
import time

from rich.table import Table

from bot.words import WordFilter

LENGTHS = (1_500, 3_000, 6_000, 12_000)
"""Characters; commands take 6,000 at most."""
SHAPES = {
    "prose": ("", "the quick brown fox jumps over the lazy dog ", ""),
    "symbols in a word": ("a", "!", "a"),
    "symbols in many words": ("", "a!!!!!!a ", ""),
    "brackets": ("", "(a", ")"),
    "brackets in brackets": ("", "({[", "a"),
    "drawn letters": ("", "\\/|", "a"),
    "letters with spaces": ("", "a ", "bb"),
    "gaps": ("a", " ", "a"),
    "doubled letters": ("", "aabb", "a"),
    "one letter": ("", "a", ""),
    "digits": ("", "1", ""),
    "numbers": ("", "123 ", ""),
    "apostrophes": ("", "i'll ", ""),
    "accents": ("a", "\u0301", ""),
    "U+FDFA": ("", "\ufdfa", ""),
    "look-alikes": ("", "и", ""),
    "spelled words": ("", "f u c k ", ""),
    "blocked words": ("", "ass ", ""),
    "blocked words with symbols": ("a", "ass/", ""),
    "blocked words with numbers": ("", "ass123 ", ""),
    "blocked words in one, beside another": ("saurus ", "dick", " saurus"),
    "an allowed word": ("", "dick ", ""),
    "wildcards": ("", "mud", ""),
    "a blocked beginning": ("", "lolico ", ""),
    "its first part": ("", "lol ico ", ""),
    "masked words": ("", "m*d ", ""),
    "masked words in one": ("x", "f#cx", ""),
    "hyphens": ("a", "-b", ""),
    "letters over letters": ("", "a b ", ""),
    "words over letters": ("", "xyz q ", ""),
    "letters on their heads": ("", "ɐʞɔ", ""),
    "Greek and Cyrillic": ("", "χβжц ", ""),
    "a sound": ("", "phaq", ""),
    "roots of names": ("", "saurus", ""),
    "roots with vowels": ("x", "megao", "dick"),
}
"""A beginning, what is repeated, and an end: the worst texts that are known of each kind."""


def text_of(shape: str, length: int) -> str:
    """The hostile text of a shape, of about so many characters."""
    begin, unit, end = SHAPES[shape]
    return begin + unit * (length // len(unit)) + end


def speed() -> Table:
    """The time of hostile texts. Linear means: twice the length takes twice the time."""
    words = WordFilter(["mud*", "*m*d*"], ["dick"])
    table = Table("ms", *(f"{each:,}" for each in LENGTHS), "last / first", title="Time")
    for shape in SHAPES:
        times = [_median_ms(words, text_of(shape, length)) for length in LENGTHS]
        growth = times[-1] / times[0]
        table.add_row(shape, *(f"{each:.2f}" for each in times), f"{growth:.1f}")
    table.add_row("a name (12)", f"{_median_ms(words, 'titanosaurus'):.3f}")
    return table


def _median_ms(words: WordFilter, text: str) -> float:
    times = []
    for _ in range(9):
        start = time.process_time()
        words.allows(text)
        times.append(time.process_time() - start)
    return 1000 * statistics.median(times)

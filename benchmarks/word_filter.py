"""Benchmark of the word filter: recall on disguised words, and false positives.

The words come from published lists, which are not part of the project. Read while the filter was
written: LDNOOBW, badwords-list, leo-profanity, badwords-py, cuss, and late better-profanity; never
read: 2toad, censor-sensor, no-profanity, terlik, profanity_filter, profanityfilter,
badwords-filter, valx. Install them anywhere and name the folder, and any other lists as files:

    pip install --target lists better-profanity wordfreq faker
    PYTHONPATH=lists python -m benchmarks.word_filter
    PYTHONPATH=lists python -m benchmarks.word_filter --list valx=valx.txt
    python -m benchmarks.word_filter --blind
    python -m benchmarks.word_filter --written
    python -m benchmarks.word_filter --time

`--blind` measures `blind_spellings.tsv`, which somebody wrote who had not read the filter.
`--written` passes 10,000 names and 500 poems through the filter, which the shipped networks write
without it, and `--time` measures hostile texts of several lengths: these need no lists.

Reversed words and words without vowels are reported, not counted: innocent words can look the
same, which the filter lets pass.
"""

import argparse
import importlib
import itertools
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.filter_time import speed
from benchmarks.performance.texts import TaskWriter
from bot.words import Strictness, WordFilter
from data.corpora import load_names
from data.further_reading import load_genera
from models.names.generator import NamesRequest
from models.text_generator import Accept
from models.verse.poem import SonnetRequest

LOCALES = (
    "cs_CZ", "de_DE", "es_ES", "fr_FR", "hu_HU", "it_IT", "nl_NL", "pl_PL", "tr_TR", "ru_RU",
)  # fmt: skip
COMMON_WORDS, PEOPLE, SPELLINGS, NAMES, POEMS = 10_000, 5_000, 200, 10_000, 500
"""Numbers of what is measured; spellings are those of each list."""
TOGETHER = 10
"""Names of one request."""
BLIND = Path(__file__).with_name("blind_spellings.tsv")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LEET = str.maketrans("aeiostgb", "43105798")
LOOK_ALIKES = str.maketrans("aceiopsxyhkmt", "асеіорѕхуһκмт")
Disguise = Callable[[str, np.random.Generator], str]


def _inside(word: str, random: np.random.Generator) -> int:
    """A place inside a word, by the number of letters before it."""
    return int(random.integers(1, len(word)))


def _split(gap: str) -> Disguise:
    def disguise(word: str, random: np.random.Generator) -> str:
        place = _inside(word, random)
        return word[:place] + gap + word[place:]

    return disguise


def _styled(first: int) -> Disguise:
    table = {ord(letter): chr(first + i) for i, letter in enumerate(LETTERS)}
    return lambda word, _random: word.translate(table)


def _some(translation: dict[int, int]) -> Disguise:
    """Replace each letter that can be replaced, or only some of them."""

    def disguise(word: str, random: np.random.Generator) -> str:
        share = random.choice([0.5, 1.0])
        changed = [c.translate(translation) if random.random() < share else c for c in word]
        return "".join(changed) if "".join(changed) != word else word.translate(translation)

    return disguise


def _doubled(word: str, random: np.random.Generator) -> str:
    place = _inside(word, random)
    return word[:place] + word[place - 1] * int(random.integers(1, 4)) + word[place:]


COUNTED: dict[str, Disguise] = {
    "case": lambda word, random: "".join(
        letter.upper() if random.random() < 0.5 else letter for letter in word
    ),
    "accents": lambda word, random: "".join(
        letter + chr(0x300 + int(random.integers(5))) if random.random() < 0.5 else letter
        for letter in word
    ),
    "invisible characters": lambda word, _: "\u200b".join(word),
    "full width": _styled(0xFF41),
    "mathematical": _styled(0x1D4EA),
    "look-alikes": _some(LOOK_ALIKES),
    "leet": _some(LEET),
    "spaces": lambda word, _: " ".join(word),
    "dots": lambda word, _: ".".join(word),
    "underscores": lambda word, _: "_".join(word),
    "leet with spaces": lambda word, _: " ".join(word.translate(LEET)),
    "one letter repeated": _doubled,
    "all letters doubled": lambda word, _: "".join(2 * letter for letter in word),
    "split by a space": _split(" "),
    "split by an underscore": _split("_"),
    "split over lines": _split("\n"),
}
REPORTED: dict[str, Disguise] = {
    "without vowels": lambda word, _: word[0] + "".join(c for c in word[1:] if c not in "aeiou"),
    "reversed": lambda word, _: word[::-1],
}


def better_profanity() -> list[str]:
    """The words of the package `better-profanity`, as published."""
    return _lines((files("better_profanity") / "profanity_wordlist.txt").read_text("utf-8"))


def read_list(path: Path) -> list[str]:
    """The words of a file: JSON with strings in it, or text with a word in each line."""
    text = path.read_text(encoding="utf-8")
    return _lines("\n".join(_strings(json.loads(text))) if path.suffix == ".json" else text)


def _strings(content: object) -> Iterator[str]:
    if isinstance(content, str):
        yield content
    elif isinstance(content, dict | list):
        for part in content.values() if isinstance(content, dict) else content:
            yield from _strings(part)


def _lines(text: str) -> list[str]:
    return sorted({word for line in text.splitlines() if (word := line.strip().lower())})


def common_words() -> list[str]:
    """The most common English words, by `wordfreq`."""
    wordfreq: Any = importlib.import_module("wordfreq")
    words = wordfreq.top_n_list("en", 2 * COMMON_WORDS)
    return [word for word in words if word.isalpha()][:COMMON_WORDS]


def names_and_towns(number: int) -> list[str]:
    """Names of people and towns in ten languages, by `faker`."""
    faker: Any = importlib.import_module("faker")
    found: dict[str, None] = {}
    for locale in LOCALES:
        source = faker.Faker(locale)
        source.seed_instance(0)
        own: dict[str, None] = {}
        for _ in range(20 * number):
            for kind in (source.first_name, source.last_name, source.city):
                own[kind()] = None
        found |= dict.fromkeys([*own][: number // len(LOCALES)])
    return [*found]


def spellings(
    words: Sequence[str], disguises: dict[str, Disguise], number: int
) -> dict[str, list[str]]:
    """For each disguise: disguised spellings of words, drawn from `words` by a rule.

    number: of spellings, as equally among the disguises as possible; the first ones get one more
    """
    random = np.random.default_rng(0)
    drawn: dict[str, list[str]] = {}
    for position, (kind, disguise) in enumerate(disguises.items()):
        each = number // len(disguises) + (position < number % len(disguises))
        chosen = random.choice(len(words), size=min(each, len(words)), replace=False)
        drawn[kind] = [disguise(words[i], random) for i in chosen]
    return drawn


def main() -> None:
    """Measure and print tables."""
    parser = argparse.ArgumentParser(description="Recall and false positives of the word filter.")
    parser.add_argument(
        "--list",
        dest="lists",
        action="append",
        default=[],
        metavar="TITLE=FILE",
        help="a published list: text with a word in each line, or JSON; may be repeated "
        "(default: better-profanity)",
    )
    for name, what in (
        ("blind", "the spellings of somebody who had not read it"),
        ("written", "what the networks write, and how much of it"),
        ("time", "the time of hostile texts"),
    ):
        parser.add_argument(f"--{name}", action="store_true", help=f"only {what}")
    options = parser.parse_args()
    console = Console()
    if chosen := [table for name, table in ALONE.items() if getattr(options, name)]:
        for table in chosen:
            console.print(table())
        return
    try:
        common = common_words()
        people = names_and_towns(PEOPLE)
        lists = dict(_named(given) for given in options.lists)
        lists = lists or {"better-profanity": better_profanity()}
    except ImportError as error:
        sys.exit(f"{error}. Install the lists as this module says:\n{__doc__}")
    listed = {word for published in lists.values() for word in published}
    genera = load_genera()
    for strictness in Strictness:
        words = WordFilter(strictness=strictness)
        console.print(f"\n[bold]{strictness.name.lower()}[/]")
        console.print(_recall(words, lists, {*common}))
        for title, published in lists.items():
            console.print(_by_disguise(title, words, plain(published)))
        _false_positives(
            console,
            words,
            {
                "common words": common,
                "common words that are on none of the lists": sorted({*common} - listed),
                "names and towns": people,
                "dinosaurs": load_names().words,
                "genera": genera.vertebrates + genera.others,
            },
        )
    console.print(speed())


def _named(given: str) -> tuple[str, list[str]]:
    title, _, path = given.rpartition("=")
    return title or Path(path).stem, read_list(Path(path))


def plain(words: Iterable[str]) -> list[str]:
    """The words that can be disguised: single ones of four or more of the letters a to z."""
    return [word for word in words if word.isalpha() and word.isascii() and len(word) > 3]


def _recall(words: WordFilter, lists: dict[str, list[str]], common: set[str]) -> Table:
    """How many words of each list are blocked, as written and disguised.

    Common words are innocent to most people, whatever a list says, so the lists are measured
    without them as well.
    """
    table = Table(
        "list", "words", "blocked", "without common words", "disguised",
        "disguised, without common words", "disguised, of those blocked as written",
        title="Recall", title_justify="left",
    )  # fmt: skip
    for title, published in lists.items():
        uncommon = [word for word in published if word not in common]
        table.add_row(
            title,
            str(len(published)),
            _share_blocked(words, published),
            _share_blocked(words, uncommon),
            *(
                _share_blocked(words, itertools.chain(*drawn.values()))
                for pool in (published, uncommon, _blocked(words, published))
                for drawn in [spellings(plain(pool), COUNTED, SPELLINGS)]
            ),
        )
    return table


def _blocked(words: WordFilter, texts: Iterable[str]) -> list[str]:
    return [text for text in texts if not words.allows(text)]


def _share_blocked(words: WordFilter, texts: Iterable[str]) -> str:
    every = [*texts]
    return _share(len(_blocked(words, every)), len(every))


def _by_disguise(title: str, words: WordFilter, pool: Sequence[str]) -> Table:
    table = Table("disguise", "all", "of those blocked as written", title_justify="left")
    table.title = f"Words of {title}, disguised"
    number = SPELLINGS * len(COUNTED | REPORTED) // len(COUNTED)
    pools = pool, _blocked(words, pool)
    both = [spellings(words_of, COUNTED | REPORTED, number) for words_of in pools]
    for kind in COUNTED | REPORTED:
        name = kind if kind in COUNTED else f"{kind} (not counted)"
        table.add_row(name, *(_share_blocked(words, drawn[kind]) for drawn in both))
    return table


def _false_positives(console: Console, words: WordFilter, lists: dict[str, Iterable[str]]) -> None:
    table = Table("list", "refused", title="False positives", title_justify="left")
    for name, texts in lists.items():
        table.add_row(name, _share_blocked(words, texts))
    console.print(table)


def _blind() -> Table:
    """What is blocked of each kind, in a file of kinds and texts with escapes as in Python."""
    texts: dict[str, list[str]] = {}
    for line in BLIND.read_text(encoding="ascii").splitlines():
        kind, escaped = line.split("\t")
        texts.setdefault(kind, []).append(escaped.encode("ascii").decode("unicode_escape"))
    filters = {each: WordFilter(strictness=each) for each in Strictness}
    table = Table("kind", *(each.name.lower() for each in filters), title_justify="left")
    table.title = "Blocked, of blind spellings"
    for kind, written_so in texts.items():
        table.add_row(kind, *(_share_blocked(words, written_so) for words in filters.values()))
    return table


def _written() -> Table:
    """What each strictness refuses of texts that the networks write without a filter."""
    filters = {each: WordFilter(strictness=each) for each in Strictness}
    names = written_names(NAMES)
    lines: dict[Strictness, list[int]] = {each: [] for each in filters}
    """Of each poem."""
    total = 0
    for poem in written_poems(POEMS):
        total += len(poem)
        for each, words in filters.items():
            lines[each].append(refused_lines(poem, words.allows))
    table = Table("strictness", "names", "lines of poems", "poems", title_justify="left")
    table.title = "Refused, of what the networks write"
    for each in Strictness:
        table.add_row(
            each.name.lower(),
            _share_blocked(filters[each], names),
            _share(sum(lines[each]), total),
            _share(sum(map(bool, lines[each])), POEMS),
        )
    return table


def _writer(task: str) -> TaskWriter:
    return TaskWriter(task, lambda _text: True)


def written_names(number: int) -> list[str]:
    """Distinct names of dinosaurs, at the default settings, of requests with the seeds 0, 1, …"""
    writer = _writer("names")
    found: dict[str, None] = {}
    seeds = itertools.count()
    while len(found) < number:
        (draft,) = writer.write([NamesRequest(TOGETHER, next(seeds))])
        found |= dict.fromkeys(draft.result.names)
    return [*found][:number]


def written_poems(number: int) -> Iterator[Sequence[str]]:
    """The lines of sonnets without an opening, at the default settings, of the seeds 0, 1, …"""
    writer = _writer("sonnets")
    for first in range(0, number, writer.batch_size):
        seeds = range(first, min(first + writer.batch_size, number))
        for draft in writer.write([SonnetRequest(seed=each) for each in seeds]):
            yield draft.lines


def refused_lines(poem: Sequence[str], accept: Accept) -> int:
    """The lines of a poem that a word filter refuses, alone or with the end of the line before."""
    allowed = [accept(line) for line in poem]
    pairs = zip(poem, poem[1:], allowed, allowed[1:], strict=False)
    split = sum(a and b and not accept(f"{before}\n{line}") for before, line, a, b in pairs)
    return allowed.count(False) + split


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / max(1, whole):.2%})"


ALONE = {"blind": _blind, "written": _written, "time": speed}
"""Tables that need no lists, by their options."""


if __name__ == "__main__":
    main()

"""`python -m bot.generate`: names and sonnets in the terminal, from the weights of the bot."""

import argparse
import json
import secrets
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.console import Console

from bot.filter import Filter
from models.names import NamesError, NamesRequest, write_names
from models.sonnet import SonnetError, SonnetRequest, begin, extend
from models.weights import Trained, WeightsError, load_shipped, load_weights

FAILED, INTERRUPTED = 1, 130
KINDS = {"names": "names", "sonnet": "sonnets"}
"""What is asked for, and the weights that write it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code."""
    options = _parser().parse_args(arguments)
    console, told = (
        Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
        for stderr in (False, True)
    )
    words = Filter()
    try:
        if not words.allows(options.opening):
            raise SonnetError("Nothing is begun with those words; try other ones.")
        kind = KINDS[options.what]
        trained = load_weights(options.weights) if options.weights else load_shipped(kind)
        if trained.card.kind != kind:
            raise WeightsError(f"{options.weights} writes {trained.card.kind}, not {kind}.")
        write = _names if options.what == "names" else _sonnets
        for line in write(trained, options, words):
            console.print(line)
        if not options.json:
            told.print(f"(seed {options.seed})", style="dim")
    except (NamesError, SonnetError, WeightsError) as error:
        told.print(str(error), style="red")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _names(trained: Trained, options: argparse.Namespace, words: Filter) -> Iterator[str]:
    """A name a line, or one JSON object for all."""
    temperature = 1.0 if options.temperature is None else options.temperature
    request = NamesRequest(options.n or 10, options.seed, options.opening, temperature)
    result = write_names(trained, request, words.allows)
    if options.json:
        yield json.dumps({"seed": options.seed, "names": result.names, "reason": result.reason})
        return
    yield from map(str.capitalize, result.names)
    if result.reason:
        yield f"({result.reason})"


def _sonnets(trained: Trained, options: argparse.Namespace, words: Filter) -> Iterator[str]:
    """A poem a line as it comes, or one JSON object for each poem."""
    temperature = 0.7 if options.temperature is None else options.temperature
    for number in range(options.n or 1):
        seed = options.seed + number
        draft = begin(trained, SonnetRequest(options.opening, seed, temperature))
        shown = 0
        if number and not options.json:
            yield ""
        while not draft.finished:
            draft = extend(trained, [draft], words.allows)[0]
            if not options.json:
                yield from draft.lines[shown:]
            shown = len(draft.lines)
        if options.json:
            poem = {"seed": seed, "lines": draft.lines, "opening_length": draft.opening_length}
            yield json.dumps(poem, ensure_ascii=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.generate",
        description="Write new dinosaur names, or a sonnet, in the terminal. Settings are not "
        "read: the shipped weights write, unless others are given.",
        epilog="examples:\n  python -m bot.generate names mango -n 5\n"
        '  python -m bot.generate sonnet "Forsooth this maketh no sense " --seed 7',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", choices=KINDS, help="what to write")
    parser.add_argument(
        "opening",
        nargs="?",
        default="",
        help="letters that the names begin with, or the words that the sonnet begins with",
    )
    parser.add_argument("-n", type=_count, help="how many (default: 10 names, 1 sonnet)")
    parser.add_argument(
        "--seed",
        type=_seed,
        default=secrets.randbelow(2**31),
        help="same seed, same text (default: another each time)",
    )
    parser.add_argument(
        "--temperature",
        type=_temperature,
        help="from 0.1, tame, to 2, wild (default: 1 for names, 0.7 for sonnets)",
    )
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="weights of your own (default: the shipped)"
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of plain lines")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to 10000, for example 10")
    return int(text)


def _seed(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0, for example 7")
    return int(text)


def _temperature(text: str) -> float:
    try:
        temperature = float(text)
    except ValueError:
        temperature = 0.0
    if not 0.1 <= temperature <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0.1 to 2, for example 0.8")
    return temperature


if __name__ == "__main__":
    sys.exit(main())

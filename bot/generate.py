"""`python -m bot.generate`: write names and verse in the terminal."""

import argparse
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from bot.startup import exit_without_package

try:
    from rich.console import Console

    from bot.arguments import OptionParser, digits, number, whole_number
    from bot.creatures.verse_words import creature_words
    from bot.words import WordFilter
    from data.corpora import LONGEST_NAME as LONGEST_ENTRY
    from models.names.capitalization import format_name
    from models.names.constraints import LONGEST_NAME, SHORTEST_NAME
    from models.names.generator import NamesRequest, generate_names
    from models.tasks import TASKS
    from models.text_generator import Accept, GenerationError
    from models.verse.forms import DEFAULT_FORM, FORMS
    from models.verse.poem import (
        DEFAULT_TEMPERATURE,
        MAX_PARTICLES,
        PARTICLES,
        SonnetRequest,
        begin,
        extend,
    )
    from models.weights import Trained, WeightsError
except ModuleNotFoundError as error:
    exit_without_package(error)

FAILED, INTERRUPTED = 1, 130
TYPED = ("opening", "ends_with", "contains", "about")
"""Options with words, which the word filter reads."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check_length(parser, options)
    console, stderr = (
        Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
        for stderr in (False, True)
    )
    allows = WordFilter().allows
    typed = (vars(options).get(name, "") for name in TYPED)
    try:
        if not all(map(allows, typed)):
            raise GenerationError("The word filter rejects those words; try other ones.")
        for shown in options.write(options, _load(options), allows):
            console.print(shown)
        stderr.print(f"(seed {options.seed})", style="dim")
    except (GenerationError, WeightsError, OSError) as error:
        stderr.print(str(error), style="red")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0


def _load(options: argparse.Namespace) -> Trained:
    """The weights of the task."""
    task = TASKS[options.task]
    return task.load(options.weights) if options.weights else task.load_shipped()


Write = Callable[[argparse.Namespace, Trained, Accept], Iterator[str]]


def _names(options: argparse.Namespace, trained: Trained, accept: Accept) -> Iterator[str]:
    """One line per name."""
    request = NamesRequest(
        options.n,
        options.seed,
        options.opening,
        options.temperature,
        options.ends_with,
        options.contains,
        options.length,
    )
    result = generate_names(trained, request, accept)
    yield from (format_name(trained.card, name) for name in result.names)
    if result.shortfall:
        yield f"({result.shortfall.sentence})"


def _sonnets(options: argparse.Namespace, trained: Trained, accept: Accept) -> Iterator[str]:
    """The lines of poems with consecutive seeds, as they are written, or each poem as JSON."""
    ends = FORMS[options.form].stanza_ends
    for number in range(options.n):
        request = SonnetRequest(
            options.opening,
            options.seed + number,
            options.temperature,
            options.form,
            options.about,
            options.particles,
            creature_words(f"{options.about} {options.opening}"),
        )
        draft, shown = begin(trained, request), 0
        if number and not options.json:
            yield "\n"
        while not draft.finished:
            (draft,) = extend(trained, [draft], accept)
            for line in () if options.json else draft.lines[shown:]:
                yield "\n" * (shown in ends) + line
                shown += 1
        if options.json:
            yield json.dumps({"lines": draft.lines, "opening_length": draft.opening_length})


def _parser() -> OptionParser:
    parser = OptionParser(
        prog="python -m bot.generate",
        description="Write new dinosaur names, or a sonnet, in the terminal, with the shipped "
        "weights unless others are given. Settings are not read.",
        epilog="examples:\n  python -m bot.generate names mango -n 5\n"
        "  python -m bot.generate names --ends-with raptor --length 12\n"
        '  python -m bot.generate sonnet "Forsooth this maketh no sense " --form couplets',
    )
    what = parser.add_subparsers(required=True, metavar="names|sonnet")
    _add_names(what.add_parser("names", help="write names"))
    _add_sonnet(what.add_parser("sonnet", help="write a sonnet, or a poem of another form"))
    return parser


def _add_names(parser: OptionParser) -> None:
    parser.add_argument("opening", nargs="?", default="", help="first letters of the names")
    parser.add_value("ends-with", "LETTERS", str, "last letters of the names", default="")
    parser.add_value("contains", "LETTERS", str, "letters anywhere in the names", default="")
    parser.add_value("length", None, _length, "number of letters (default: any)")
    _add_common(parser, "names", _names)
    _add_drawing(parser, count=10, temperature=NamesRequest().temperature)


def _add_sonnet(parser: OptionParser) -> None:
    parser.add_argument("opening", nargs="?", default="", help="first words of the poem")
    parser.add_value("about", None, str, "a subject, or a name that comes back", default="")
    about = "form of the poem (default: %(default)s)"
    parser.add_value("form", None, str, about, choices=FORMS, default=DEFAULT_FORM)
    about = "drafts of each line: fewer are quicker and worse (default: %(default)s)"
    parser.add_value("particles", None, _particles, about, default=PARTICLES)
    parser.add_switch("json", "a JSON object for each poem, with what the opening takes of it")
    _add_common(parser, "sonnets", _sonnets)
    _add_drawing(parser, count=1, temperature=DEFAULT_TEMPERATURE)


def _add_common(parser: OptionParser, task: str, write: Write) -> None:
    parser.set_defaults(task=task, write=write)
    parser.add_value("weights", "FILE", Path, "weight file to use (default: the shipped one)")


def _add_drawing(parser: OptionParser, *, count: int, temperature: float) -> None:
    parser.add_argument("-n", type=_count, default=count, help="how many (default: %(default)s)")
    seed = secrets.randbelow(2**31)
    about = "same seed, same text (default: random)"
    parser.add_value("seed", None, whole_number, about, default=seed)
    about = "from 0.1 (predictable) to 2 (wild) (default: %(default)g)"
    parser.add_value("temperature", None, _temperature, about, default=temperature)


_NO_LENGTH = f"a number from {SHORTEST_NAME} to {LONGEST_NAME}, for example 12"
_count = number(digits, 1, 10_000, "a number from 1 to 10000, for example 10")
_length = number(digits, 1, LONGEST_ENTRY, _NO_LENGTH)
_particles = number(digits, 1, MAX_PARTICLES, f"a number from 1 to {MAX_PARTICLES}, for example 8")
_temperature = number(float, 0.1, 2, "a number from 0.1 to 2, for example 0.8")


def _check_length(parser: OptionParser, options: argparse.Namespace) -> None:
    """Reject a length that no dinosaur has, unless weights for other names may be given."""
    length = vars(options).get("length")
    if options.weights is None and length and not SHORTEST_NAME <= length <= LONGEST_NAME:
        parser.error(f"argument --length: '{length}' is not {_NO_LENGTH}")


if __name__ == "__main__":
    sys.exit(main())

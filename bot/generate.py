"""`python -m bot.generate`: write and dissect names and verse in the terminal."""

import argparse
import dataclasses
import json
import secrets
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from rich.console import Console, RenderableType

from bot.arguments import whole_number
from bot.images.dissection_table import line_table, table
from bot.images.line_trace import trace_picture
from bot.services.word_filter import WordFilter
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.files import write_atomically
from models.names.capitalization import format_name
from models.names.constraints import LONGEST_NAME, SHORTEST_NAME
from models.names.dissection import dissect
from models.names.generator import (
    NamesRequest,
    generate_names,
)
from models.tasks import TASKS
from models.text_generator import GenerationError
from models.verse.dissection import MIN_WORDS, dissect_line, is_line, trace_line
from models.verse.forms import DEFAULT_FORM, FORMS
from models.verse.poem import DEFAULT_TEMPERATURE, SonnetRequest, begin, extend
from models.weights import Trained, WeightsError, read_card

FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    _check_length(parser, options)
    console, stderr = (
        Console(stderr=stderr, highlight=False, markup=False, emoji=False, soft_wrap=True)
        for stderr in (False, True)
    )
    words = WordFilter()
    try:
        if not all(map(words.allows, _typed(options))):
            raise GenerationError("The word filter rejects those words; try other ones.")
        trained = options.load(options)
        for shown in options.write(trained, options, words):
            console.print(shown)
        if not (options.json or options.write is _dissection):
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


def _load_for_dissection(options: argparse.Namespace) -> Trained:
    """Weights for names, or for verse if the text is a line."""
    names, verse = TASKS["names"], TASKS["sonnets"]
    if options.weights:
        task = TASKS.get(read_card(options.weights).task, names)
        return task.load(options.weights)
    if len(options.name.split()) >= MIN_WORDS and is_line(
        trained := verse.load_shipped(), options.name
    ):
        return trained
    return names.load_shipped()


def _typed(options: argparse.Namespace) -> Iterator[str]:
    """Every text option."""
    for name in ("opening", "ends_with", "contains", "name", "about"):
        yield getattr(options, name, "")


def _names(trained: Trained, options: argparse.Namespace, words: WordFilter) -> Iterator[str]:
    """One line per name, or one JSON object for all."""
    request = NamesRequest(
        options.n,
        options.seed,
        options.opening,
        options.temperature,
        ends_with=options.ends_with,
        contains=options.contains,
        length=options.length,
    )
    result = generate_names(trained, request, words.allows)
    reason = str(result.shortfall) if result.shortfall else None
    if options.json:
        yield json.dumps({"seed": options.seed, "names": result.names, "reason": reason})
        return
    yield from (format_name(trained.card, name) for name in result.names)
    if reason:
        yield f"({reason})"


def _sonnets(trained: Trained, options: argparse.Namespace, words: WordFilter) -> Iterator[str]:
    """The lines of the poems as they are written, or one JSON object per poem."""
    ends = FORMS[options.form].stanza_ends
    for number in range(options.n):
        seed = options.seed + number
        request = SonnetRequest(
            options.opening, seed, options.temperature, options.form, options.about
        )
        draft = begin(trained, request)
        shown = 0
        if number and not options.json:
            yield "\n"
        while not draft.finished:
            draft = extend(trained, [draft], words.allows)[0]
            for line in draft.lines[shown:] if not options.json else ():
                yield "\n" * (shown in ends) + line
                shown += 1
        if options.json:
            poem = {"seed": seed, "lines": draft.lines, "opening_length": draft.opening_length}
            yield json.dumps(poem, ensure_ascii=False)


def _dissection(
    trained: Trained, options: argparse.Namespace, words: WordFilter
) -> Iterator[RenderableType]:
    """How the letters of a name, or the words of a line, are chosen: a table, or a JSON object."""
    if trained.card.task == "names":
        name = dissect(trained, options.name)
        yield json.dumps(dataclasses.asdict(name)) if options.json else table(name, trained.card)
    else:
        line = dissect_line(trained, options.name, words.allows)
        yield json.dumps(dataclasses.asdict(line)) if options.json else line_table(line)


def _trace(trained: Trained, options: argparse.Namespace, words: WordFilter) -> Iterator[str]:
    """A poem up to the traced line, and the picture of how that line was written."""
    request = SonnetRequest(
        options.opening, options.seed, options.temperature, options.form, options.about
    )
    draft = begin(trained, request)
    while len(draft.lines) < options.line - 1 and not draft.finished:
        draft = extend(trained, [draft], words.allows)[0]
    draft, trace = trace_line(trained, draft, words.allows)
    if options.json:
        yield json.dumps(dataclasses.asdict(trace), ensure_ascii=False)
        return
    yield from draft.lines
    write_atomically(options.out, trace_picture(trace))
    yield f"\n(picture of the last line: {options.out})"


Load = Callable[[argparse.Namespace], Trained]
Write = Callable[[Trained, argparse.Namespace, WordFilter], Iterator[RenderableType]]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot.generate",
        description="Write new dinosaur names, or a sonnet, in the terminal, with the shipped "
        "weights unless others are given. Settings are not read.",
        epilog="examples:\n  python -m bot.generate names mango -n 5\n"
        "  python -m bot.generate names --ends-with raptor --length 12\n"
        "  python -m bot.generate dissect Mangosaurus\n"
        '  python -m bot.generate dissect "Shall I compare thee to a summer\'s day"\n'
        '  python -m bot.generate sonnet "Forsooth this maketh no sense " --form couplets',
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(required=True, metavar="names|sonnet|dissect|trace")
    _add_names(what.add_parser("names", help="write names"))
    _add_sonnet(what.add_parser("sonnet", help="write a sonnet, or a poem of another form"))
    _add_dissect(
        what.add_parser(
            "dissect", help="show how likely each letter of a name is, or each word of a line"
        )
    )
    _add_trace(what.add_parser("trace", help="draw how a line of a poem is written"))
    return parser


def _add_names(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("opening", nargs="?", default="", help="first letters of the names")
    parser.add_argument(
        "--ends-with", default="", metavar="LETTERS", help="last letters of the names"
    )
    parser.add_argument(
        "--contains", default="", metavar="LETTERS", help="letters anywhere in the names"
    )
    parser.add_argument("--length", type=_length, help="number of letters (default: any)")
    _add_common(parser, "names", _names)
    _add_drawing(parser, count=10, temperature=NamesRequest().temperature)


def _add_sonnet(parser: argparse.ArgumentParser) -> None:
    _add_poem(parser)
    _add_common(parser, "sonnets", _sonnets)
    _add_drawing(parser, count=1, temperature=DEFAULT_TEMPERATURE)


def _add_trace(parser: argparse.ArgumentParser) -> None:
    _add_poem(parser)
    parser.add_argument(
        "--line", type=_count, default=3, help="number of the line (default: %(default)s)"
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        default=Path("out/line.png"),
        help="picture to write, unless --json is given (default: %(default)s)",
    )
    _add_common(parser, "sonnets", _trace)
    _add_seed(parser, DEFAULT_TEMPERATURE)


def _add_poem(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("opening", nargs="?", default="", help="first words of the poem")
    parser.add_argument("--about", default="", help="a subject, or a name that comes back")
    parser.add_argument(
        "--form",
        choices=FORMS,
        default=DEFAULT_FORM,
        help="form of the poem (default: %(default)s)",
    )


def _add_dissect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="a name, real or invented, or a line of verse")
    _add_common(parser, "names", _dissection, _load_for_dissection)


def _add_common(
    parser: argparse.ArgumentParser, task: str, write: Write, load: Load = _load
) -> None:
    parser.set_defaults(task=task, write=write, load=load)
    parser.add_argument(
        "--weights", type=Path, metavar="FILE", help="weight file to use (default: the shipped one)"
    )
    parser.add_argument("--json", action="store_true", help="JSON instead of plain lines")


def _add_drawing(parser: argparse.ArgumentParser, *, count: int, temperature: float) -> None:
    parser.add_argument("-n", type=_count, default=count, help="how many (default: %(default)s)")
    _add_seed(parser, temperature)


def _add_seed(parser: argparse.ArgumentParser, temperature: float) -> None:
    parser.add_argument(
        "--seed",
        type=whole_number,
        default=secrets.randbelow(2**31),
        help="same seed, same text (default: random)",
    )
    parser.add_argument(
        "--temperature",
        type=_temperature,
        default=temperature,
        help="from 0.1 (predictable) to 2 (wild) (default: %(default)g)",
    )


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 10_000:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a number from 1 to 10000, for example 10"
        )
    return int(text)


def _length(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= LONGEST_ENTRY:
        raise argparse.ArgumentTypeError(_no_length(text, SHORTEST_NAME, LONGEST_NAME))
    return int(text)


def _check_length(parser: argparse.ArgumentParser, options: argparse.Namespace) -> None:
    """Reject a length that no dinosaur has, unless weights for other names may be given."""
    length = getattr(options, "length", None)
    if options.weights is None and length and not SHORTEST_NAME <= length <= LONGEST_NAME:
        fault = _no_length(str(length), SHORTEST_NAME, LONGEST_NAME)
        parser.error(f"argument --length: {fault}")


def _no_length(text: str, shortest: int, longest: int) -> str:
    return f"{text!r} is not a number from {shortest} to {longest}, for example 12"


def _temperature(text: str) -> float:
    try:
        temperature = float(text)
    except ValueError:
        temperature = 0.0
    if not 0.1 <= temperature <= 2:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0.1 to 2, for example 0.8")
    return temperature


if __name__ == "__main__":
    sys.exit(main())

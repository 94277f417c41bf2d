"""Options of `/dinoname` and `/name`: bounds, and encoding as the state of a button."""

import asyncio
import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache

from bot.chat.app import App
from bot.chat.commands import Choice, Option, always
from bot.chat.errors import other_version, with_echo
from bot.chat.message import Typo, UserError
from bot.chat.translation import _, in_language, language_of, languages
from bot.chat.turn import Turn
from bot.text.formats import cut, human_join
from bot.text.spans import Text
from bot.text.technical import technical
from bot.training.usable_models import LONGEST_CHOICE
from bot.words import WordFilter
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from data.lists import normalise_entry
from data.text import clean_name
from models.names.constraints import LONGEST_NAME, LONGEST_PIECE, SHORTEST_NAME
from models.names.generator import NamesRequest

MOST_NAMES = 10
LOWEST_TEMPERATURE, HIGHEST_TEMPERATURE = 0.1, 2.0
LONGEST_NUMBER = 20
"""Characters of a temperature."""
# TRANSLATORS: How daring new names and poems are.
WILDNESS = {"tame": _("tame"), "usual": _("usual"), "wild": _("wild")}
TEMPERATURES = {"tame": 0.7, "usual": NamesRequest().temperature, "wild": 1.3}
"""Temperatures of names. The tamest are those that other communities' namers write, too."""
MOST_GIVEN, LEAST_OPEN, TAMEST_OF_OTHERS = 2, 3, 0.7
"""Limits for names of another community's namer: letters that a request may give, letters that a
length must leave open, and the lowest temperature. Names on the list are never written. With more
letters or a lower temperature, those that remain and their number would tell whether a certain
name is on it. What the list's names look like is told by any names (docs/decisions/features.md)."""
LONGEST_TYPED = 2 * LONGEST_PIECE
"""Characters of an option as typed; those that names do not have are dropped later."""

_STATE = re.compile(
    r"(?P<count>\d{1,2}):(?P<temperature>\d{1,3}(?:\.\d{1,4})?):(?P<starts_with>[^:]*)"
    r":(?P<ends_with>[^:]*):(?P<contains>[^:]*):(?P<length>\d{0,2})"
)


@dataclass(frozen=True)
class NamesOptions:
    """Options of `/dinoname`, or of `/name` if `custom_model` is set."""

    request: NamesRequest = field(default_factory=NamesRequest)
    """The request as typed. The command draws the seed."""
    custom_model: str | None = None
    """Name or number of a custom model, as typed; `None` for dinosaurs."""
    temperature: str = ""
    """As typed; if empty, that of the request holds."""

    def as_typed(self) -> str:
        """The command as the member typed it, shortened if too long."""
        default = vars(NamesRequest())
        options = {k: v for k, v in vars(self.request).items() if v != default[k] and k != "seed"}
        if self.temperature or "temperature" in options:
            usual = typed_temperature(self.request.temperature, TEMPERATURES)
            options["temperature"] = self.temperature or usual
        command = "/dinoname"
        if self.custom_model is not None:
            command, options = "/name", {"namer": self.custom_model} | options
        typed = (f"{name}:{_one_line(value)}" for name, value in options.items())
        return " ".join([command, *typed])


async def with_request(sentence: Text, options: NamesOptions, words: WordFilter) -> Text:
    """A sentence about options, followed by those that are not the default."""
    if options == NamesOptions():
        return sentence
    return with_echo(sentence, await asyncio.to_thread(words.filtered, options.as_typed()))


def checked(options: NamesOptions) -> NamesOptions:
    """Options with the temperature in the request. Raises `UserError` for one out of bounds.

    Measures lengths before reading anything.
    """
    request = options.request
    if max(map(len, pieces_of(request))) > LONGEST_TYPED:
        raise UserError(
            _("Each option for letters can have at most {limit:,} characters; try fewer."),
            limit=LONGEST_TYPED,
        )
    if options.custom_model is not None and len(options.custom_model) > LONGEST_CHOICE:
        raise UserError(_("No namer has a name that long; pick one of the suggestions."))
    if not 1 <= request.count <= MOST_NAMES:
        raise Typo(_("Ask for 1 to {limit} names at a time, for example 5."), limit=MOST_NAMES)
    if options.temperature:
        temperature = temperature_of(options.temperature, TEMPERATURES)
        request = replace(request, temperature=temperature)
        options = replace(options, request=request, temperature="")
    check_temperature(request.temperature)
    shortest = SHORTEST_NAME if options.custom_model is None else 1
    longest = LONGEST_NAME if options.custom_model is None else LONGEST_ENTRY
    if request.length is not None and not shortest <= request.length <= longest:
        raise Typo(
            _("A name can have {shortest} to {longest} letters, for example 12."),
            shortest=shortest,
            longest=longest,
        )
    return options


def temperature_option() -> Option:
    """The option that says how daring a network is. Its values go through `temperature_of`."""
    choices = tuple(Choice(label, word) for word, label in WILDNESS.items())

    async def suggest(_app: App, _turn: Turn, typed: str) -> list[Choice]:
        return [each for each in choices if each.value.startswith(typed.casefold())]

    description = _("How daring: tame, usual or wild (default: usual)")
    return Option(
        "temperature", description, most=LONGEST_NUMBER, choices=choices, suggest=always(suggest)
    )


def temperature_of(typed: str, temperatures: Mapping[str, float]) -> float:
    """The temperature of a word, in any language, or of a number. Raises `Typo`.

    temperatures: by the keys of `WILDNESS`.
    """
    word = _words().get(typed.strip().casefold())
    temperature = math.nan if word is None else temperatures[word]
    if word is None and len(typed) <= LONGEST_NUMBER:
        with suppress(ValueError):
            temperature = float(typed.replace(",", "."))
    check_temperature(temperature)
    return temperature


def typed_temperature(temperature: float, temperatures: Mapping[str, float]) -> str:
    """A temperature as a member types it."""
    words = {number: word for word, number in temperatures.items()}
    return words.get(temperature) or f"{temperature:g}"


@cache
def _words() -> Mapping[str, str]:
    """The keys of `WILDNESS` by the words for them in all languages."""
    return {
        in_language(label, language_of(tag)).casefold(): word
        for tag in reversed(languages())
        for word, label in WILDNESS.items()
    }


def check_temperature(temperature: float) -> None:
    """Raise `Typo` for a temperature out of bounds."""
    if not LOWEST_TEMPERATURE <= temperature <= HIGHEST_TEMPERATURE:
        raise Typo(
            _("For names and poems, choose {choices}, or a number from {low:g} to {high:g}."),
            choices=human_join([*WILDNESS.values()], either=True),
            low=LOWEST_TEMPERATURE,
            high=HIGHEST_TEMPERATURE,
        )


def pieces_of(request: NamesRequest) -> tuple[str, str, str]:
    """The required letters, in the order in which they occur in a name."""
    return request.starts_with, request.contains, request.ends_with


def is_for_others(request: NamesRequest) -> bool:
    """Whether other communities may ask a shared namer this, whatever is on its list."""
    letters = sum(map(len, pieces_of(as_read(request, latin=False))))
    return (
        letters <= MOST_GIVEN
        and (request.length is None or request.length >= letters + LEAST_OPEN)
        and request.temperature >= TAMEST_OF_OTHERS
    )


def as_read(request: NamesRequest, *, latin: bool) -> NamesRequest:
    """A request without characters that no name has. `latin`: names have only a to z."""

    def read(typed: str, *, ends: bool = False) -> str:
        return clean_name(typed) if latin else normalise_entry(typed, ends=ends)

    return replace(
        request,
        starts_with=read(request.starts_with),
        contains=read(request.contains),
        ends_with=read(request.ends_with, ends=True),
    )


def dropped_from(request: NamesRequest) -> str:
    """The letters and digits of a request that no dinosaur's name has: `9` of `Xq9`."""
    typed = dict.fromkeys("".join(pieces_of(request)))
    return cut("".join(each for each in typed if each.isalnum() and not clean_name(each)), 20)


def to_state(request: NamesRequest) -> str:
    """Encode a request, without its seed, as the state of a button."""
    starts, contains, ends = map(_escaped, pieces_of(request))
    temperature = f"{round(request.temperature, 2):g}"
    return f"{request.count}:{temperature}:{starts}:{ends}:{contains}:{request.length or ''}"


def from_state(state: str) -> NamesRequest:
    """The inverse of `to_state`. Raises `UserError` for a state of an unknown version."""
    match = _STATE.fullmatch(state)
    if match is None:
        raise other_version(technical("/dinoname or /name"))
    return NamesRequest(
        count=int(match["count"]),
        starts_with=_unescaped(match["starts_with"]),
        temperature=float(match["temperature"]),
        ends_with=_unescaped(match["ends_with"]),
        contains=_unescaped(match["contains"]),
        length=int(match["length"]) if match["length"] else None,
    )


def _escaped(piece: str) -> str:
    """A piece without the colons that separate fields."""
    return piece.replace("%", "%25").replace(":", "%3a")


def _unescaped(piece: str) -> str:
    return piece.replace("%3a", ":").replace("%25", "%")


def _one_line(value: object) -> str:
    return cut(" ".join(str(value).split()), LONGEST_TYPED)

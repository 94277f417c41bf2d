"""Declarations of `/dinoname`, `/name` and `/dissect`."""

from functools import partial

from bot.commands.core.declaration import Declaration, Kind, Option, Typed, always
from bot.commands.core.dispatch import Suggestions
from bot.commands.naming import custom_model_choice, dissect, names
from bot.commands.naming.name_options import (
    HIGHEST_TEMPERATURE,
    LONGEST_CHOICE,
    LONGEST_TYPED,
    LOWEST_TEMPERATURE,
    MOST_NAMES,
    NamesOptions,
)
from data.corpora import LONGEST_NAME as LONGEST_ENTRY
from models.names.constraints import LONGEST_NAME, SHORTEST_NAME
from models.names.generator import (
    NamesRequest,
)

COUNT = Option("count", Kind.INTEGER, least=1, most=MOST_NAMES)
TEMPERATURE = Option("temperature", Kind.NUMBER, least=LOWEST_TEMPERATURE, most=HIGHEST_TEMPERATURE)


def _dinoname(**typed: object) -> NamesOptions:
    return NamesOptions(NamesRequest(**typed))  # type: ignore[arg-type]  # as declared below


def _name(namer: str, **typed: object) -> NamesOptions:
    return NamesOptions(NamesRequest(**typed), namer)  # type: ignore[arg-type]


def _letters(name: str, *, of_namer: bool = False) -> Option:
    """An option for letters of a name, which suggests those of the names that are learned."""

    def suggest(typed: Typed) -> Suggestions:
        chosen = typed.get("namer", "") if of_namer else None
        return partial(names.suggest_letters, option=name, custom_model=chosen)

    return Option(name, most=LONGEST_TYPED, suggest=suggest)


DECLARED = (
    Declaration(
        names.DINONAME_INFO,
        names.names,
        _dinoname,
        (
            COUNT,
            _letters("starts_with"),
            _letters("ends_with"),
            _letters("contains"),
            Option("length", Kind.INTEGER, least=SHORTEST_NAME, most=LONGEST_NAME),
            TEMPERATURE,
        ),
    ),
    Declaration(
        names.NAME_INFO,
        names.names,
        _name,
        (
            Option(
                "namer",
                is_required=True,
                least=1,
                most=LONGEST_CHOICE,
                suggest=always(custom_model_choice.suggest),
                is_main=True,
            ),
            COUNT,
            _letters("starts_with", of_namer=True),
            _letters("ends_with", of_namer=True),
            _letters("contains", of_namer=True),
            Option("length", Kind.INTEGER, least=1, most=LONGEST_ENTRY),
            TEMPERATURE,
        ),
    ),
    Declaration(
        dissect.INFO,
        dissect.dissect,
        dissect.DissectOptions,
        (
            Option(
                "name",
                is_required=True,
                most=LONGEST_ENTRY,
                suggest=always(dissect.suggest),
                is_main=True,
            ),
        ),
    ),
)

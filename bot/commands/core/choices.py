"""Suggestions while a member types."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from bot.commands.core.turn import Limits
from bot.formats import shortened


@dataclass(frozen=True, slots=True)
class Choice:
    """A suggestion."""

    label: str
    """The text that members see."""
    value: str
    """The value of the option."""


def within_limits(choices: Iterable[Choice], limits: Limits) -> list[Choice]:
    """As many choices as a platform shows, with shortened labels. Values are never cut."""
    usable = (choice for choice in choices if len(choice.value) <= limits.choice_label)
    return [
        Choice(shortened(choice.label, limits.choice_label), choice.value)
        for choice in islice(usable, limits.choices)
    ]

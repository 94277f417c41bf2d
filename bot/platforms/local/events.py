"""Events of the simulated Discord, for the gateway, the page and tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bot.platforms.local.records import Interaction, Message

EventName = Literal[
    "message",
    "edit",
    "delete",
    "interaction",
    "progress",
    "commands",
    "online",
    "membership",
]


@dataclass(frozen=True, slots=True)
class Event:
    """A change: of a message, of an interaction, or of the server as a whole (no subject)."""

    name: EventName
    subject: Message | Interaction | None = None


class Events:
    """Calls every listener with every event, in order."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[Event], None]] = []

    def emit(self, name: EventName, subject: Message | Interaction | None = None) -> None:
        for listener in list(self.listeners):
            listener(Event(name, subject))

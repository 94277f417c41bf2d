"""The protocol between the bot and `python -m bot.train`: one JSON object per line and event."""

from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from models.training.events import TrainingEvent

_EVENTS: TypeAdapter[TrainingEvent] = TypeAdapter(
    Annotated[TrainingEvent, Field(discriminator="event")]
)


def to_json(event: TrainingEvent) -> str:
    """Encode an event as a line of JSON, without the line feed."""
    return _EVENTS.dump_json(event).decode()


def from_json(line: str | bytes) -> TrainingEvent | None:
    """Decode a line; `None` for anything but an event, as libraries print lines of their own."""
    try:
        return _EVENTS.validate_json(line)
    except ValidationError:
        return None

"""The protocol between the bot and `python -m bot.train`: one JSON object per line and event."""

from pathlib import Path
from typing import Any, get_args

from models.training.events import TrainingEvent

_KINDS: dict[str, type[TrainingEvent]] = {kind.event: kind for kind in get_args(TrainingEvent)}


def to_json(event: TrainingEvent) -> str:
    """Encode an event as a line of JSON, without the line feed."""
    import msgspec  # not before a training runs

    return msgspec.json.encode(event, enc_hook=_encoded).decode()


def from_json(line: str | bytes) -> TrainingEvent | None:
    """Decode a line; `None` for anything but an event, as libraries print lines of their own."""
    import msgspec

    try:
        values = msgspec.json.decode(line)
        return msgspec.convert(values, _KINDS[values["event"]], dec_hook=_decoded)
    except (KeyError, TypeError, ValueError, RecursionError):
        return None


def _encoded(value: object) -> object:
    """What JSON has for a value that msgspec does not know: a path, or a number of NumPy."""
    return float(value) if isinstance(value, float) else str(value)


def _decoded(kind: type[Any], value: object) -> Any:  # noqa: ANN401 (a value of any kind)
    if kind is Path and isinstance(value, str):
        return Path(value)
    raise TypeError(f"{kind} in an event")

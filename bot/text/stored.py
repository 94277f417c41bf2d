"""Stored texts: phrases as JSON of their parts, so that they are translated when they are shown."""

import json
from typing import Any

from bot.text.written import already_filtered
from data.phrases import Phrase, Showable


def to_json(words: str) -> str:
    """A text for the database, or another process: a phrase as JSON, any other text as it is."""
    return json.dumps({_PHRASE: _stored(words)}) if isinstance(words, Phrase) else str(words)


def read_stored(stored: str) -> Showable:
    """The inverse of `to_json`. Anything else is a text, as older versions stored it.

    Such a text and the fields of a phrase had passed a word filter when they were stored.
    """
    if not stored.startswith('{"' + _PHRASE):
        return already_filtered(stored)
    words: Showable = _restored(json.loads(stored)[_PHRASE])
    return words


_PHRASE = "phrase"


def _stored(value: object) -> object:
    """A phrase as a list of its parts, and any other value of a field as it is."""
    if not isinstance(value, Phrase):
        return value
    fields = None
    if value.fields is not None:
        fields = {name: _stored(each) for name, each in value.fields.items()}
    return [value.template, value.plural, value.number, fields]


def _restored(value: Any) -> Any:  # noqa: ANN401
    """The value of a field."""
    match value:
        case [template, plural, number, fields]:
            fields = fields and {name: _restored(each) for name, each in fields.items()}
            return Phrase(template, plural, number, fields)
        case str():
            return already_filtered(value)
        case _:
            return value

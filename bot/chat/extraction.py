"""Extraction of sentences from tables, for Babel: see `babel.cfg`."""

import tomllib
from collections.abc import Iterator
from typing import BinaryIO

Found = tuple[int, str | None, str, list[str]]
"""Line, function, sentence, comments: what Babel expects of an extractor."""


def forms(
    fileobj: BinaryIO, keywords: object, comment_tags: object, options: object
) -> Iterator[Found]:
    """Titles and descriptions of the forms of verse, from `data/forms.toml`."""
    for form in tomllib.load(fileobj)["forms"].values():
        for key in ("title", "description"):
            yield 1, None, form[key], []

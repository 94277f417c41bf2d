"""The words of a message, as a member would say them."""

import re

_MARKED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
"""A mention, a channel or an address, perhaps with words to show for it."""
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+'-]{1,60}:(?![\w])")
_EMPHASIS = re.compile(r"(?<!\w)[*_~`]+|(?<![*_~`])[*_~`]+(?!\w)")
"""Marks at the beginning or end of words. The second kind is not tried from each mark of a row."""


def words_of(text: str) -> str:
    """A message's text without mentions, addresses, emoji and marks, in one line.

    >>> words_of("*Shall I* compare <@U123> to a <https://x.org|summer's day>? :sunny: &amp;c.")
    "Shall I compare to a summer's day? &c."
    """
    text = _MARKED.sub(lambda found: found[2] or "", text)
    text = _EMPHASIS.sub("", _EMOJI.sub("", _EMOJI.sub("", text)))
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return " ".join(text.split())

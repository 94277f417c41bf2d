"""Texts of the networks for members, written with the word filter of those who see them."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, replace

from bot.text.written import already_filtered
from bot.words import WordFilter
from bot.words.filter import NameFilter
from bot.writing.service import Caller, Inference
from data.phrases import Showable
from models.names.capitalization import format_name
from models.names.generator import NamesRequest
from models.names.problems import Shortfall
from models.verse.poem import SonnetDraft, SonnetRequest
from models.weights import Trained


@dataclass(frozen=True)
class WrittenNames:
    """Names that a network wrote, as displayed."""

    names: tuple[Showable, ...]
    shortfall: Shortfall | None


@dataclass(frozen=True)
class WrittenLines:
    """The lines of a poem so far, and the draft that has them."""

    lines: tuple[Showable, ...]
    draft: SonnetDraft


async def write_names(
    inference: Inference,
    request: NamesRequest,
    words: WordFilter,
    caller: Caller,
    trained: Trained | None = None,
    *,
    removed: frozenset[str],
) -> WrittenNames:
    """Generate names, none of which is `removed`, folded. Raises like `Inference.names`."""
    accept = NameFilter(words, removed) if removed else words.allows
    found = await inference.names(request, trained, replace(caller, accept=accept))
    card = inference.cards["names"] if trained is None else trained.card
    names = tuple([already_filtered(format_name(card, name)) for name in found.names])
    return WrittenNames(names, found.shortfall)


async def write_poem(
    inference: Inference, request: SonnetRequest, words: WordFilter, caller: Caller
) -> AsyncGenerator[WrittenLines, None]:
    """Generate a poem. Raises like `Inference.sonnet`."""
    drafts = inference.sonnet(request, replace(caller, accept=words.allows))
    async with aclosing(drafts):
        async for draft in drafts:
            yield WrittenLines(tuple(map(already_filtered, draft.lines)), draft)

"""Lookup of the custom models that a community can use: its own, and those that others share."""

import re
from collections.abc import Iterable

from bot.chat.app import App
from bot.chat.commands import Choice, within_limits
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.store.schema import EVERYWHERE
from bot.text.formats import shortened, spaced
from bot.trainer.queries import CustomModelRecord, CustomModels
from bot.training.custom_model_messages import MOST_SHARED, check_name, shared_value, unknown_name
from bot.words import WordFilter
from data.phrases import Showable

LONGEST_CHOICE = 64
"""Characters of the name of a custom model, with its number."""
LONGEST_SHARER = 40
"""Characters of the name of a community that shares a model."""
_NUMBER = re.compile(r"#(\d{1,18})$")


async def choose(app: App, turn: Turn, typed: str) -> CustomModelRecord:
    """Find a custom model by its name or number, the community's own ones first.

    Raises `UserError` if it does not exist or cannot be used here, `Unavailable`.
    """
    store, community_id = app.store[CustomModels], turn.community_id
    typed = " ".join(typed[: LONGEST_CHOICE + 1].split())
    record = await store.named(community_id, typed) if community_id is not None else None
    if record is not None:
        record = await store.usable_one(record.id, community_id)
    if record is None and (match := _NUMBER.search(typed)):
        record = await store.usable_one(int(match[1]), community_id)
    if record is None:
        usable = await store.usable(community_id, typed=typed)
        record = next((r for r in usable if r.name.casefold() == typed.casefold()), None)
    if record is None:
        known = await store.usable(community_id, most=MOST_SHARED)
        raise await unknown_name(app, community_id, typed, known)
    await check_name(app, record, community_id)  # it becomes a title here
    return record


async def suggest(app: App, turn: Turn, typed: str, *, only_shared: bool = False) -> list[Choice]:
    """Suggest custom models whose names the word filter allows: the community's own, then shared.

    Raises `Unavailable`.
    """
    if len(typed) > LONGEST_CHOICE:
        return []
    limits = turn.platform.limits
    most = MOST_SHARED if only_shared else limits.choices
    found = await app.store[CustomModels].usable(
        turn.community_id, typed=typed.strip(), most=most, only_shared=only_shared
    )
    words = await app.filters.of(turn.community_id)
    shown = [record for record in found if words.allows(record.name)]
    return within_limits(_choices(shown, turn, words), limits)


async def shared_with(app: App, turn: Turn) -> list[tuple[CustomModelRecord, Showable]]:
    """Models that others share, with who shares them. Raises `Unavailable`."""
    words = await app.filters.of(turn.community_id)
    found = await app.store[CustomModels].usable(
        turn.community_id, most=MOST_SHARED, only_shared=True
    )
    return [
        (record, sharer_of(record, turn, words)) for record in found if words.allows(record.name)
    ]


def sharer_of(record: CustomModelRecord, turn: Turn, words: WordFilter) -> Showable:
    """The community that shares a model, if this process knows its name and `words` allow it.

    The bot itself for one that is shipped.
    """
    if record.community_id == EVERYWHERE:
        return _("the bot")
    sharer = turn.platform.describe(record.community_id)
    other = _("another {community}").format(community=turn.platform.terms.community)
    if sharer is None:
        return other
    return shortened(words.filtered(sharer.name, other), LONGEST_SHARER)


def _choices(records: Iterable[CustomModelRecord], turn: Turn, words: WordFilter) -> list[Choice]:
    choices = []
    for record in records:
        label = ngettext("{name} · {count:,} name", "{name} · {count:,} names", record.entries)
        label = label.format(name=record.name, count=record.entries)
        value: Showable = record.name
        if record.community_id != turn.community_id:
            value = shared_value(record)
            shared = _("shared by {community}").format(community=sharer_of(record, turn, words))
            label = spaced([label, shared], " · ")
        choices.append(Choice(label, value))
    return choices

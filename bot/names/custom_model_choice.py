"""Lookup of custom models by name or number: the community's own and shared ones."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.commands import Choice, within_limits
from bot.chat.message import UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.names.name_options import LONGEST_CHOICE
from bot.training.custom_model_messages import broken, check_name, unknown, untrained
from bot.training.custom_models import CustomModelLoader, Untrained
from bot.training.queries import CustomModelRecord, CustomModels, Trainings
from models.weights import ModelCard, Trained, WeightsError

_NUMBER = re.compile(r"#(\d{1,18})$")


@dataclass(frozen=True)
class NamesModel:
    """A model that generates names: the served one for dinosaurs, or a custom model."""

    card: ModelCard
    words: Sequence[str]
    """The names that it was trained on, as far as the member may know them (`list_of`)."""
    record: CustomModelRecord | None = None
    trained: Trained | None = None
    """The weights of the custom model; `None` for the served ones."""
    shows_list: bool = True
    """Whether an answer may tell what is on its list."""


def dinosaurs(app: App) -> NamesModel:
    """The served model for dinosaurs."""
    return NamesModel(app.inference.cards["names"], app.inference.genera)


def list_of(record: CustomModelRecord, trained: Trained, community_id: int | None) -> Sequence[str]:
    """The names that a custom model was trained on; empty for members of another community.

    Every answer that uses them gets them here.
    """
    return trained.words if record.shows_list_to(community_id) else ()


async def ready(app: App, record: CustomModelRecord, community_id: int | None) -> NamesModel:
    """A custom model with its weights loaded, for a member there. Raises `UserError`."""
    try:
        trained = await app[CustomModelLoader].load(record)
    except Untrained as error:
        is_training = await app.store[Trainings].active_of(record.id) is not None
        raise untrained(record, is_training=is_training) from error
    except WeightsError as error:
        raise broken(record) from error
    words, shows_list = list_of(record, trained, community_id), record.shows_list_to(community_id)
    return NamesModel(trained.card, words, record, trained, shows_list)


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
        raise unknown()
    await check_name(app, record, community_id)  # it becomes a title here
    return record


async def of_button(app: App, turn: Turn, custom_model_id: int) -> CustomModelRecord:
    """The custom model of a button. Raises `UserError` if it can no longer be used here."""
    record = await app.store[CustomModels].usable_one(custom_model_id, turn.community_id)
    if record is None:
        raise UserError(
            _("This namer was deleted, removed or is no longer shared. Pick another in /name.")
        )
    await check_name(app, record, turn.community_id)
    return record


async def suggest(app: App, turn: Turn, typed: str) -> list[Choice]:
    """Suggest custom models whose names the word filter allows: the community's own, then shared.

    Raises `Unavailable`.
    """
    if len(typed) > LONGEST_CHOICE:
        return []
    limits = turn.platform.limits
    found = await app.store[CustomModels].usable(
        turn.community_id, typed=typed.strip(), most=limits.choices
    )
    words = await app.filters.of(turn.community_id)
    shown = [record for record in found if words.allows(record.name)]
    return within_limits(_choices(shown, turn), limits)


def _choices(records: Sequence[CustomModelRecord], turn: Turn) -> list[Choice]:
    community = turn.platform.terms.community
    choices = []
    for record in records:
        label = ngettext("{name} · {count:,} name", "{name} · {count:,} names", record.entries)
        value = record.name
        if record.community_id != turn.community_id:
            label = label + " · " + _("shared by another {community}")
            value = f"{record.name} #{record.id}"
        label = label.format(name=record.name, count=record.entries, community=community)
        choices.append(Choice(label, value))
    return choices

"""The models that generate names: the served one for dinosaurs, and custom models."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.chat.app import App
from bot.chat.message import UserError
from bot.chat.translation import _
from bot.chat.turn import Turn
from bot.trainer.custom_models import Untrained
from bot.trainer.queries import CustomModelRecord, CustomModels, Trainings
from bot.training.custom_model_messages import broken, check_name, untrained
from models.weights import ModelCard, Trained, WeightsError


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


async def ready(app: App, turn: Turn, record: CustomModelRecord) -> NamesModel:
    """A custom model with its weights loaded, for the member. Raises `UserError`."""
    try:
        trained = await app.custom_models.load(record)
    except Untrained as error:
        is_training = await app.store[Trainings].active_of(record.id) is not None
        raise untrained(record, is_training=is_training) from error
    except WeightsError as error:
        raise broken(record, turn) from error
    words = list_of(record, trained, turn.community_id)
    shows_list = record.shows_list_to(turn.community_id)
    return NamesModel(trained.card, words, record, trained, shows_list)


async def of_button(app: App, turn: Turn, custom_model_id: int) -> CustomModelRecord:
    """The custom model of a button. Raises `UserError` if it can no longer be used here."""
    record = await app.store[CustomModels].usable_one(custom_model_id, turn.community_id)
    if record is None:
        raise UserError(
            _(
                "This namer was deleted or removed, or isn't shared any more. Pick another one in "
                "/name."
            )
        )
    await check_name(app, record, turn.community_id)
    return record

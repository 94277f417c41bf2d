"""Which function answers which button."""

from collections.abc import Mapping

from bot.commands import (
    custom_models,
    dissect,
    hall_of_fame,
    models,
    name_message,
    names,
    poems,
    privacy,
    retrain,
    sonnet,
    training_requests,
    votes,
)
from bot.commands.dispatch import ButtonHandler
from bot.commands.training_progress import STOP
from bot.commands.version_report import MODELS

HANDLERS: Mapping[str, ButtonHandler] = {
    name_message.MORE: names.more,
    name_message.MORE_OF_CUSTOM_MODEL: names.more_of_custom_model,
    name_message.DISSECT: dissect.press,
    votes.ACTION: votes.vote,
    votes.RETRACT: votes.retract,
    sonnet.ACTION: sonnet.another,
    hall_of_fame.POEM: sonnet.about,
    hall_of_fame.ACTION: hall_of_fame.turn_page,
    poems.KEEP: poems.keep,
    poems.BOOK: poems.press,
    privacy.ACTION: privacy.press,
    STOP: training_requests.press_stop,
    retrain.RETRAIN: retrain.press,
    custom_models.NAMER: custom_models.press,
    MODELS: models.press,
}
"""By the action in the button's id. Ids of old messages must go on working."""

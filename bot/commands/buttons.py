"""Which function answers which button."""

from collections.abc import Mapping

from bot.commands import custom_models, models, poems, privacy, retrain, training_requests
from bot.commands.dispatch import ButtonHandler
from bot.commands.training_progress import STOP
from bot.commands.version_report import MODELS

HANDLERS: Mapping[str, ButtonHandler] = {
    poems.KEEP: poems.keep,
    poems.BOOK: poems.press,
    privacy.ACTION: privacy.press,
    STOP: training_requests.press_stop,
    retrain.RETRAIN: retrain.press,
    custom_models.NAMER: custom_models.press,
    MODELS: models.press,
}
"""By the action in the button's id. Ids of old messages must go on working."""

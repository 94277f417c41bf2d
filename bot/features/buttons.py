"""The handlers of all buttons."""

from collections.abc import Mapping

from bot.chat.dispatch import ButtonHandler
from bot.moderation import buttons as moderation
from bot.moderation.owner import OWNER
from bot.moderation.record import MODERATE
from bot.names import dissect, names
from bot.polls import hall_of_fame, name_message, votes
from bot.privacy import privacy
from bot.training import models, namer, requests
from bot.training.models import MODELS
from bot.training.progress import STOP
from bot.verse import poems, sonnet

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
    STOP: requests.press_stop,
    namer.NAMER: namer.press,
    MODELS: models.press,
    MODERATE: moderation.press,
    OWNER: moderation.press_owner,
}
"""By the action in the button's id. Buttons of old messages must keep working."""

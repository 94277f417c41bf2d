"""All commands, in the order of `/help`."""

from bot.commands import about, custom_models, models, poems, privacy, retrain
from bot.commands.info import CommandInfo
from models.tasks import TASKS

COMMANDS: tuple[CommandInfo, ...] = (
    poems.POEMS_INFO,
    poems.EXPORT_INFO,
    privacy.INFO,
    *custom_models.INFOS,
    *models.INFOS,
    *map(retrain.info_of, TASKS.values()),
    about.INFO,
)

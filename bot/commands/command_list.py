"""All commands, in the order of `/help`."""

from bot.commands import about, privacy, settings
from bot.commands.core.info import CommandInfo
from bot.commands.naming import dissect, names
from bot.commands.operation import status
from bot.commands.polls import hall_of_fame
from bot.commands.training import custom_models, models, retrain
from bot.commands.verse import poems, sonnet
from models.tasks import TASKS

COMMANDS: tuple[CommandInfo, ...] = (
    names.DINONAME_INFO,
    names.NAME_INFO,
    sonnet.INFO,
    dissect.INFO,
    hall_of_fame.INFO,
    hall_of_fame.CHAMPION_INFO,
    poems.POEMS_INFO,
    poems.EXPORT_INFO,
    privacy.INFO,
    *custom_models.INFOS,
    *models.INFOS,
    *map(retrain.info_of, TASKS.values()),
    settings.INFO,
    about.INFO,
    status.INFO,
)

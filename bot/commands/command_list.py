"""All commands, in the order of `/help`."""

from bot.commands import (
    about,
    custom_models,
    dissect,
    hall_of_fame,
    models,
    names,
    poems,
    privacy,
    retrain,
    settings_command,
    sonnet,
)
from bot.commands.info import CommandInfo
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
    settings_command.INFO,
    about.INFO,
)

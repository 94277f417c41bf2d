"""All commands, in the order of `/help`."""

from bot.chat.info import CommandInfo
from bot.community import settings
from bot.help import about
from bot.moderation import blocking, owner, record, removals
from bot.names import dissect, names
from bot.polls import hall_of_fame
from bot.privacy import privacy
from bot.status import status
from bot.training import models, namer, retrain
from bot.verse import poems, sonnet
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
    *namer.INFOS,
    *models.INFOS,
    *map(retrain.info_of, TASKS.values()),
    removals.MESSAGE_INFO,
    removals.WINNER_INFO,
    removals.NAMER_INFO,
    blocking.BLOCK_INFO,
    blocking.UNBLOCK_INFO,
    blocking.BLOCKS_INFO,
    record.RECORD_INFO,
    record.LOG_INFO,
    settings.INFO,
    owner.BLOCK_INFO,
    owner.UNBLOCK_INFO,
    owner.BLOCKS_INFO,
    owner.SERVERS_INFO,
    owner.LEAVE_INFO,
    owner.RECORD_INFO,
    about.INFO,
    status.INFO,
)
COSTLY = frozenset({"dinoname", "name", "dissect", "sonnet", "retrain", "namer"})
"""First words of commands that take the networks' time, which guests may not use."""


def is_costly(info: CommandInfo) -> bool:
    """Whether a command takes the networks' time."""
    return info.name.split()[0] in COSTLY

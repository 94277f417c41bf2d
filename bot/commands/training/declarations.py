"""Declarations of `/namer`, `/models` and `/retrain`."""

from functools import partial

from bot.chat.commands import Command
from bot.chat.declaration import Declaration, Group, Kind, Option, always
from bot.chat.info import Audience, Choice
from bot.commands.training import custom_models, models, retrain
from bot.commands.training.custom_model_options import (
    LONGEST_NAME,
    LONGEST_TEXT,
    CorpusOptions,
    ImportOptions,
    NameOptions,
    ShareOptions,
)
from bot.commands.training.models import LONGEST_VERSION, TaskOptions, VersionOptions
from bot.commands.training.requests import LARGEST_SEED
from bot.commands.training.retrain import RetrainOptions
from models.tasks import TASKS, Task

_NEW_NAME = Option("name", is_required=True, least=1, most=LONGEST_NAME, is_main=True)
_NAME = Option(
    "name",
    is_required=True,
    least=1,
    most=LONGEST_NAME,
    suggest=always(custom_models.suggest),
    is_main=True,
)
_LIST = (Option("file", Kind.FILE), Option("text", least=1, most=LONGEST_TEXT))

_TASK = Option(
    "task",
    is_required=True,
    choices=tuple(Choice(task, task) for task in TASKS),
    is_main=True,
)
_VERSION = Option(
    "version",
    is_required=True,
    least=1,
    most=LONGEST_VERSION,
    suggest=always(models.suggest),
    is_main=True,
)


def _retrain(task: Task) -> Command:
    options = [
        Option("corpus", Kind.FILE),
        Option("seed", Kind.INTEGER, least=0, most=LARGEST_SEED),
        Option("minutes", Kind.INTEGER, least=1),
    ]
    if task.takes_extra_names:
        options.append(Option("hall_of_fame", Kind.SWITCH))
    return Declaration(
        retrain.info_of(task),
        retrain.retrain,
        partial(RetrainOptions, task.name),
        (*options, Option("force", Kind.SWITCH)),
    )


NAMER = Group(
    custom_models.GROUP_INFO,
    (
        Declaration(
            custom_models.CREATE_INFO, custom_models.create, CorpusOptions, (_NEW_NAME, *_LIST)
        ),
        Declaration(
            custom_models.IMPORT_INFO,
            custom_models.import_,
            ImportOptions,
            (_NEW_NAME, Option("file", Kind.FILE, is_required=True)),
        ),
        Declaration(custom_models.EXPORT_INFO, custom_models.export, NameOptions, (_NAME,)),
        Declaration(custom_models.LIST_INFO, custom_models.list_),
        Declaration(custom_models.INFO_INFO, custom_models.info, NameOptions, (_NAME,)),
        Declaration(
            custom_models.RETRAIN_INFO, custom_models.retrain, CorpusOptions, (_NAME, *_LIST)
        ),
        Declaration(
            custom_models.SHARE_INFO,
            custom_models.share,
            ShareOptions,
            (_NAME, Option("on", Kind.SWITCH)),
        ),
        Declaration(custom_models.DELETE_INFO, custom_models.delete, NameOptions, (_NAME,)),
    ),
)
MODELS = Group(
    models.GROUP_INFO,
    (
        Declaration(models.LIST_INFO, models.list_, TaskOptions, (_TASK,)),
        Declaration(models.INFO_INFO, models.info, VersionOptions, (_VERSION,)),
        Declaration(models.ACTIVATE_INFO, models.activate, VersionOptions, (_VERSION,)),
        Declaration(models.ROLLBACK_INFO, models.rollback, TaskOptions, (_TASK,)),
    ),
)
RETRAIN = Group(
    retrain.GROUP_INFO,
    tuple(_retrain(task) for task in TASKS.values()),
    shown_to=Audience.ADMINISTRATORS,
)
DECLARED = (NAMER, MODELS, RETRAIN)

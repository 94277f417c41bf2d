"""Declarations of `/namer`, `/models` and `/retrain`."""

from functools import partial

from bot.chat.declaration import Declaration, Group, Kind, Option, always
from bot.chat.info import Audience, Choice
from bot.training import models, namer, retrain
from bot.training.models import LONGEST_VERSION, TaskOptions, VersionOptions
from bot.training.namer import (
    LONGEST_NAME,
    LONGEST_TEXT,
    CorpusOptions,
    ImportOptions,
    NameOptions,
    ShareOptions,
)
from bot.training.requests import LARGEST_SEED
from bot.training.retrain import RetrainOptions
from models.tasks import TASKS, Task

_NEW_NAME = Option("name", is_required=True, least=1, most=LONGEST_NAME, is_main=True)
_NAME = Option(
    "name",
    is_required=True,
    least=1,
    most=LONGEST_NAME,
    suggest=always(namer.suggest),
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


def _retrain(task: Task) -> Declaration:
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
    namer.GROUP_INFO,
    (
        Declaration(namer.CREATE_INFO, namer.create, CorpusOptions, (_NEW_NAME, *_LIST)),
        Declaration(
            namer.IMPORT_INFO,
            namer.import_,
            ImportOptions,
            (_NEW_NAME, Option("file", Kind.FILE, is_required=True)),
        ),
        Declaration(namer.EXPORT_INFO, namer.export, NameOptions, (_NAME,)),
        Declaration(namer.LIST_INFO, namer.list_),
        Declaration(namer.INFO_INFO, namer.info, NameOptions, (_NAME,)),
        Declaration(namer.RETRAIN_INFO, namer.retrain, CorpusOptions, (_NAME, *_LIST)),
        Declaration(
            namer.SHARE_INFO,
            namer.share,
            ShareOptions,
            (_NAME, Option("on", Kind.SWITCH)),
        ),
        Declaration(namer.DELETE_INFO, namer.delete, NameOptions, (_NAME,)),
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

"""All that members can ask for: the commands, buttons and errors of every feature."""

from functools import partial

from bot.chat import details
from bot.chat.commands import Pressed, Registry
from bot.chat.run_button import RUN, run
from bot.community import settings
from bot.eggs import eggs
from bot.giving import giving
from bot.help import help as help_
from bot.help.about import ABOUT
from bot.help.greeting import GREETING
from bot.moderation import commands as moderation
from bot.moderation.record import MODERATE, OWNER
from bot.museum import collection, dinosaur, museum
from bot.names import dissect, names
from bot.polls import hall_of_fame, plates, poll_message, votes
from bot.privacy import privacy
from bot.status.status import STATUS
from bot.trainer.service import TrainingRefused
from bot.training import models, namer, requests, retrain
from bot.training.progress import STOP
from bot.verse import poems, sonnet
from models.verse.dissection import LineTooLong, NoWordNetwork
from models.verse.poem import NoLineFound

REGISTRY = Registry(
    commands=(
        names.DINONAME,
        names.NAME,
        sonnet.SONNET,
        dissect.DISSECT_COMMAND,
        dinosaur.DINOSAUR_COMMAND,
        eggs.EGG,
        museum.MUSEUM,
        collection.COLLECTION,
        giving.GIVE,
        museum.LEADERBOARD_COMMAND,
        hall_of_fame.HALL_OF_FAME,
        hall_of_fame.CHAMPION_COMMAND,
        poems.POEMS,
        poems.EXPORT_COMMAND,
        privacy.PRIVACY,
        namer.NAMER_GROUP,
        models.MODELS_GROUP,
        retrain.RETRAIN_GROUP,
        moderation.MODERATE_GROUP,
        moderation.MODERATE_MENU,
        settings.SETTINGS,
        moderation.OWNER_GROUP,
        ABOUT,
        help_.HELP,
        STATUS,
    ),
    buttons={
        poll_message.MORE: Pressed(names.more, is_costly=True, needs_rights=False),
        poll_message.MORE_OF_CUSTOM_MODEL: Pressed(
            names.more_of_custom_model, is_costly=True, needs_rights=False
        ),
        poll_message.DISSECT: Pressed(dissect.press, is_costly=True, needs_rights=False),
        plates.DINOSAUR: Pressed(dinosaur.press, needs_rights=False),
        eggs.ACTION: Pressed(eggs.press, needs_rights=False),
        museum.ACTION: Pressed(museum.turn_page, needs_rights=False),
        collection.ACTION: Pressed(collection.press, needs_rights=False),
        giving.ACTION: Pressed(giving.press, needs_rights=False),
        details.ACTION: Pressed(details.press, needs_rights=False),
        poll_message.ACTION: Pressed(votes.vote, needs_rights=False, is_vote=True),
        poll_message.RETRACT: Pressed(votes.retract, needs_rights=False, is_vote=True),
        sonnet.ACTION: Pressed(sonnet.another, is_costly=True, needs_rights=False),
        hall_of_fame.POEM: Pressed(sonnet.about, is_costly=True, needs_rights=False),
        hall_of_fame.ACTION: Pressed(hall_of_fame.turn_page, needs_rights=False),
        poems.KEEP: Pressed(poems.keep, needs_rights=False),
        poems.BOOK: Pressed(poems.press, needs_rights=False),
        privacy.ACTION: Pressed(privacy.press, needs_rights=False),
        help_.ACTION: Pressed(help_.press, needs_rights=False),
        RUN: Pressed(run),
        settings.ACTION: Pressed(settings.press, is_for_community=True),
        STOP: Pressed(requests.press_stop),
        namer.NAMER: Pressed(namer.press),
        models.MODELS: Pressed(models.press),
        MODERATE: Pressed(partial(moderation.press, MODERATE)),
        OWNER: Pressed(partial(moderation.press, OWNER)),
    },
    explanations={
        NoLineFound: sonnet.explain_no_line,
        LineTooLong: dissect.explain_long_line,
        NoWordNetwork: dissect.explain_letters,
        TrainingRefused: requests.explain_refusal,
    },
    greeting=GREETING,
)

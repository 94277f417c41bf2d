"""Persistent data in a database: a SQLite file or PostgreSQL."""

from bot.community.queries import Blocks
from bot.moderation.queries import Moderation
from bot.polls.hall_queries import HallOfFame
from bot.polls.queries import Polls
from bot.privacy.queries import Privacy
from bot.store.answers.button_states import ButtonStates
from bot.store.answers.unfinished import Unfinished
from bot.store.calls import OutcomeUnknown, StoreError, Unavailable
from bot.store.custom_models import CustomModels
from bot.store.database import Database, url_of
from bot.store.fleet.cooldowns import RunningCooldowns
from bot.store.fleet.registrations import Registrations
from bot.store.identities import Identities
from bot.store.trainings import Trainings
from bot.store.versions import Versions
from bot.verse.queries import Poems
from bot.words.queries import WordFilters

__all__ = ["Database", "OutcomeUnknown", "Store", "StoreError", "Unavailable", "url_of"]


class Store:
    """Access to the database, by topic."""

    def __init__(self, database: Database) -> None:
        """`database` must have been migrated."""
        self.database = database
        self.polls = Polls(database)
        self.hall_of_fame = HallOfFame(database)
        self.custom_models = CustomModels(database)
        self.poems = Poems(database)
        self.privacy = Privacy(database)
        self.versions = Versions(database)
        self.trainings = Trainings(database)
        self.identities = Identities(database)
        self.button_states = ButtonStates(database)
        self.unfinished = Unfinished(database)
        self.moderation = Moderation(database)
        self.blocks = Blocks(database)
        self.word_filters = WordFilters(database)
        self.cooldowns = RunningCooldowns(database)
        self.registrations = Registrations(database)

    async def close(self) -> None:
        """Close all connections."""
        await self.database.close()

"""Persistent data in a database: a SQLite file or PostgreSQL."""

from bot.store.answers import ButtonStates, Unfinished
from bot.store.calls import OutcomeUnknown, StoreError, Unavailable
from bot.store.custom_models import CustomModels
from bot.store.database import Database, url_of
from bot.store.fleet import Registrations, RunningCooldowns
from bot.store.hall_of_fame import HallOfFame
from bot.store.identities import Identities
from bot.store.moderation.blocks import Blocks
from bot.store.moderation.removals import Moderation
from bot.store.moderation.word_filters import WordFilters
from bot.store.poems import Poems
from bot.store.polls import Polls
from bot.store.privacy import Privacy
from bot.store.trainings import Trainings
from bot.store.versions import Versions

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

"""Progress messages of trainings."""

from bot.commands.app import App
from bot.commands.turn import Platform


class TrainingReports:
    """Keeps the messages of trainings up to date."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self._platform = platform

    async def update(self) -> None:
        """One round."""

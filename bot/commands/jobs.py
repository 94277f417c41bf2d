"""Work that recurs beside the answering of requests, for one platform."""

from collections.abc import Awaitable, Callable

from bot.commands.app import App
from bot.commands.privacy import CommunitySweeper
from bot.commands.training_progress import TrainingReports
from bot.commands.turn import Platform
from bot.services.concurrency import PeriodicTask

SWEEP_S = 3600.0


class Jobs:
    """Closing polls, reporting trainings, deleting the data of former communities."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app = app
        self.communities = CommunitySweeper(app, platform)
        self.reports = TrainingReports(app, platform)
        self._tasks: list[PeriodicTask] = []

    def start(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Start them once `ready` returns: then the platform can be reached."""
        self._app.models.watch()
        self._app.training.start(self.reports)
        self._tasks = [
            PeriodicTask(self.communities.sweep, SWEEP_S, after=ready),
        ]

    async def close(self) -> None:
        """Let running rounds finish, and stop."""
        for task in self._tasks:
            await task.close()

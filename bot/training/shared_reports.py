"""`SharedReports`: each training is shown on the platform on which it was started."""

from contextlib import aclosing

from bot.store.identities import is_id_of
from bot.training.results import Events
from bot.training.run import Reports
from bot.training.training_queries import TrainingRecord


class SharedReports:
    """The `Reports` of all platforms of a process."""

    def __init__(self) -> None:
        self._of: dict[str, Reports] = {}

    def add(self, platform: str, reports: Reports) -> None:
        """Add those of a platform, by its name in `bot.store.identities`."""
        self._of[platform] = reports

    async def follow(self, record: TrainingRecord, events: Events) -> None:
        """Show a training of this process, or only await its end if its platform is not served."""
        reports = self._reports_of(record)
        if reports is not None:
            await reports.follow(record, events)
            return
        async with aclosing(events):
            async for _event in events:
                pass

    async def update(self, record: TrainingRecord) -> None:
        """Show a training that is queued, or that has ended in another process."""
        reports = self._reports_of(record)
        if reports is not None:
            await reports.update(record)

    def _reports_of(self, record: TrainingRecord) -> Reports | None:
        for platform, reports in self._of.items():
            if is_id_of(platform, record.channel_id or 0):
                return reports
        return None

"""Background jobs of one platform: posting dinosaurs of the day, closing polls and unfinished
answers, reporting trainings, deleting old data, welcoming new communities.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from functools import partial

from bot.chat.app import App
from bot.chat.closing_answers import AnswerCloser
from bot.chat.turn import Platform
from bot.chat.unfinished import BEAT_S
from bot.concurrency import PeriodicTask
from bot.daily.posting import DailyPoster
from bot.moderation.record import show_report
from bot.outbox.queries import Kind
from bot.outbox.worker import Deliver, OutboxWorker
from bot.polls.hall_of_fame import withdraw
from bot.polls.poll_closing import LONGEST_SLEEP_S, PollCloser, shows_removed
from bot.polls.queries import Polls
from bot.privacy.privacy import CommunitySweeper
from bot.training.progress import TrainingReport
from bot.welcome.welcome import Welcomer

SWEEP_S = 3600.0
FOLLOW_S = 2.0
"""Pause between looks at deletions: shorter than a member needs to use the bot again elsewhere."""
BEFORE_CLOSING = timedelta(minutes=1)
"""How long before the end of a poll a moved clock stops."""
UNLOADING_S = 2.0
"""Seconds that a running round may take when the bot stops."""


class Jobs:
    """Starts and stops the background jobs."""

    def __init__(self, app: App, platform: Platform) -> None:
        self._app, self._platform = app, platform
        self.dailies = DailyPoster(app, platform)
        self.polls = PollCloser(app, platform, self.dailies.stop_if_quiet)
        self.communities = CommunitySweeper(app, platform)
        self.welcomes = Welcomer(app, platform)
        kinds: dict[Kind, Deliver] = {
            Kind.RESULT: self.polls.show_result,
            Kind.DAILY: self.dailies.show_poll,
            Kind.STOPPED: self.dailies.show_stopped,
            Kind.WELCOME: self.welcomes.show_welcome,
            Kind.REPORT: partial(show_report, app, platform),
            Kind.ANSWER: partial(withdraw, app, platform),
        }
        self.outbox = OutboxWorker(app, platform, kinds)
        self.answers = AnswerCloser(app, platform, partial(shows_removed, app))
        app.training.report_to(platform.name, partial(TrainingReport, app, platform))
        self._tasks: list[PeriodicTask] = []

    def start(self, ready: Callable[[], Awaitable[object]]) -> None:
        """Start them, once; those that need the platform wait for `ready`."""
        if self._tasks:
            return
        self._app.models.watch()
        self._app.training.start()
        self._tasks = [
            PeriodicTask(self.polls.close_due_polls, LONGEST_SLEEP_S, after=ready),
            PeriodicTask(self.dailies.post_due, LONGEST_SLEEP_S, after=ready),
            PeriodicTask(self.communities.sweep, SWEEP_S, after=ready),
            PeriodicTask(self.welcomes.greet_newcomers, SWEEP_S, after=ready),
            PeriodicTask(self.answers.close_left, BEAT_S, after=ready),
            PeriodicTask(self.answers.beat, BEAT_S),
        ]
        if self._app.fleet.locks is not None:  # other processes may share the database
            self._tasks.append(PeriodicTask(self.communities.follow_deletions, FOLLOW_S))
        delivering = PeriodicTask(self.outbox.deliver_due, LONGEST_SLEEP_S, after=ready)
        self._tasks.append(delivering)
        self._app.store.database.wake += [self.outbox.wake, delivering.wake]

    async def next_stops(self) -> list[tuple[datetime, str]]:
        """Moments at which somebody who moves the clock on would look, each with the reason."""
        now, stops = self._app.now(), []
        if (closing := await self._app.store[Polls].next_closing(self._platform.name)) is not None:
            stops.append((closing - BEFORE_CLOSING, "A poll is about to close."))
        if (due := await self.dailies.next_due()) is not None:
            stops.append((due, "The dinosaur of the day is due."))
        return [(moment, reason) for moment, reason in stops if moment > now]

    def wake(self) -> None:
        """Let each do at once what is due."""
        for task in self._tasks:
            task.wake()

    async def joined(self, community_id: int) -> None:
        """Record that a community has added the bot."""
        await self.communities.joined(community_id)

    async def left(self, community_id: int) -> None:
        """Record that a community has removed the bot. Raises `StoreError`."""
        await self.communities.left(community_id)

    async def greet_newcomers(self) -> None:
        """Welcome the communities that have added the bot lately."""
        await self.welcomes.greet_newcomers()

    async def greet(self, community_id: int, channel_id: int) -> None:
        """Welcome a community in a channel."""
        await self.welcomes.greet(community_id, channel_id)

    async def close(self) -> None:
        """Let running rounds finish, and stop."""
        await asyncio.gather(*(task.close(UNLOADING_S) for task in self._tasks))
        await self._app.unfinished.wait_written()

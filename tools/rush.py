"""Members who ask for names and poems, on either simulator: alone, or many within a second.

The simulators tell what changes, and each change is looked at once. The members share the machine's
cores with the bot, and must cost little.
"""

import asyncio
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.platforms.slack.views.rendering import button_of
from bot.polls.poll_message import ACTION
from bot.polls.votes import parse
from simulators.discord.limits import ApiError
from simulators.discord.records import Event
from simulators.discord.records import Interaction as DiscordInteraction
from simulators.discord.server import LocalDiscord
from simulators.slack.records import Interaction as SlackInteraction
from simulators.slack.records import Message as SlackMessage
from simulators.slack.server import LocalSlack
from tools.bot_process import CHECKOUT, BotProcess

What = Literal["names", "poem", "quiet"]
QUIET_S = 5.0
"""Seconds from one request of the quiet member to the next."""
FIRST_QUIET_S = 0.5
"""Seconds from the first request of the rush to the first of the quiet member, in its middle."""
KEPT = 20_000
"""Messages that the simulators keep, so that none is deleted before its end."""
STANDSTILL_S = 30.0
"""Seconds without any change after which no further answer is expected."""
ALONE_S, FIRST_S, LOOK_S = 20.0, 60.0, 0.01
"""Seconds that a member waits for an answer, and for a first one, and between two looks at it."""
ROOMS = 40
"""Channels in which one asks for names alone, in turn: they are known after the first round."""
SETTLING_S = 2.0
"""Seconds from the first answers of a new bot to the next requests."""
PLATFORMS = ("discord", "slack")


@dataclass(eq=False)
class Asked:
    """One request. Times are in seconds since 1970, as those of the simulators."""

    what: What
    sent: float
    acknowledged: float | None = None
    answered: float | None = None
    """When the names, or the last line of the poem, were there with their buttons."""
    failed: bool = False
    """Whether it was not acknowledged in time."""
    said: str = ""
    """What it shows, if it has not been answered."""
    poll: int | None = None
    """The poll that its buttons vote in."""
    names: int = 0
    """Number of these buttons."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more is expected."""
        return self.failed or self.answered is not None

    @property
    def to_acknowledge(self) -> float | None:
        """Seconds."""
        return None if self.acknowledged is None else self.acknowledged - self.sent

    @property
    def to_answer(self) -> float | None:
        """Seconds."""
        return None if self.answered is None else self.answered - self.sent


class RushCrowd(ABC):
    """Members who ask within a second, and one who asks for a name every few seconds."""

    name: str

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.warming: list[Asked] = []
        """What was asked before the rush."""
        self._by_key: dict[Hashable, Asked] = {}
        self._changed_at = time.monotonic()

    @abstractmethod
    def _send(self, number: int, what: What) -> Hashable:
        """Let a member ask; the key of the request."""

    async def rush(self, whats: Sequence[What], seconds: float, limit_s: float) -> None:
        """Send requests evenly over some seconds, and wait for all answers.

        Afterwards, those without an answer have none after `limit_s`, or nothing has changed for
        `STANDSTILL_S`.
        """
        quiet = asyncio.create_task(self._ask_quietly())
        began = time.monotonic()
        sent = []
        try:
            for number, what in enumerate(whats):
                sent.append(self._ask(number, what))
                await asyncio.sleep(max(0.0, began + (number + 1) * seconds / len(whats) - _now()))
            await self._ended(sent, began + limit_s)
        finally:
            quiet.cancel()
            with suppress(asyncio.CancelledError):
                await quiet

    async def alone(self, number: int, what: What, limit_s: float = ALONE_S) -> Asked:
        """Let a member ask, and wait for the answer.

        Raises `TimeoutError` without one: a poem for which no line was found has none.
        """
        asked = self._ask(number % ROOMS if what == "quiet" else number, what)
        await self._ended([asked], _now() + limit_s)
        if asked.answered is None:
            raise TimeoutError(f"{self.name}: no answer ({what}), only {asked.said!r}")
        return asked

    async def warm_up(self) -> None:
        """Have one poem and one card written: the first ones load what they need."""
        await self.alone(-1, "poem", FIRST_S)
        await self.alone(-2, "names", FIRST_S)
        await asyncio.sleep(SETTLING_S)
        self.warming, self.asked = self.asked, []

    async def _ended(self, sent: Sequence[Asked], limit: float) -> None:
        self._changed_at = _now()
        while not all(asked.has_ended for asked in sent):
            if _now() > limit or _now() - self._changed_at > STANDSTILL_S:
                return
            await asyncio.sleep(LOOK_S)

    async def _ask_quietly(self) -> None:
        await asyncio.sleep(FIRST_QUIET_S)
        number = 0
        while True:
            self._ask(number, "quiet")
            number += 1
            await asyncio.sleep(QUIET_S)

    def _ask(self, number: int, what: What) -> Asked:
        asked = Asked(what, time.time())
        self._by_key[self._send(number, what)] = asked
        self.asked.append(asked)
        return asked

    def _note(
        self,
        key: Hashable,
        acknowledged: float | None,
        *,
        buttons: Sequence[tuple[str, str]] = (),
        is_failed: bool,
    ) -> Asked | None:
        """Note what has come of a request so far: `buttons`, by action and state, end it."""
        self._changed_at = _now()
        asked = self._by_key.get(key)
        if asked is None:
            return None
        asked.acknowledged, asked.failed = acknowledged, is_failed
        if (buttons or is_failed) and asked.answered is None:
            if buttons:
                asked.answered = time.time()
            votes = [parse(state)[0] for action, state in buttons if action == ACTION]
            asked.poll, asked.names = next(iter(votes), None), len(votes)
            del self._by_key[key]
        return asked


class DiscordCrowd(RushCrowd):
    """Members of the simulated server."""

    name = "Discord"

    def __init__(self, local: LocalDiscord, members: int) -> None:
        super().__init__()
        self._local = local
        guild = local.state.guild
        self._members = [guild.add_member(f"Member {n}") for n in range(members + 2)]
        # Several: a member can have few open polls.
        self._quiet = [guild.add_member(f"Quiet {n}") for n in range(ROOMS)]
        local.state.events.listeners.append(self._hear)

    def _send(self, number: int, what: What) -> Hashable:
        member = self._quiet[number % ROOMS] if what == "quiet" else self._members[number]
        command = "sonnet" if what == "poem" else "dinoname"
        options = {"count": 1} if what == "quiet" else {}
        with suppress(ApiError):
            return self._local.state.invoke(member, command, options).id
        raise RuntimeError(f"the bot has no command /{command}")

    def _hear(self, event: Event) -> None:
        asked = event.subject
        if event.name != "progress" or not isinstance(asked, DiscordInteraction):
            return
        shown = asked.original.buttons if asked.original is not None else []
        buttons = [(button.custom_id or "").partition(":")[::2] for button in shown]
        noted = self._note(asked.id, asked.acknowledged_at, buttons=buttons, is_failed=asked.failed)
        if noted is not None and asked.original is not None:
            noted.said = asked.original.content


class SlackCrowd(RushCrowd):
    """Members of the simulated workspace, each in a channel, where Slack takes a post a second."""

    name = "Slack"

    def __init__(self, local: LocalSlack, members: int) -> None:
        super().__init__()
        self._local = local
        workspace = local.workspace
        self._members = [
            (workspace.add_member(f"Member {n}"), workspace.add_channel(f"room-{n}"))
            for n in range(members + 2)
        ]
        # Known before the rush, in which the bot asks Slack once for all members.
        self._quiet = [
            (workspace.add_member(f"Quiet {n}"), workspace.add_channel(f"quiet-{n}"))
            for n in range(ROOMS)
        ]
        local.state.messages.listeners.append(self._hear)
        local.state.listeners.append(self._hear_acknowledgement)

    def _send(self, number: int, what: What) -> Hashable:
        quiet, room = self._quiet, number % ROOMS  # posts are told apart by their channels
        member, channel = quiet[room] if what == "quiet" else self._members[number]
        command = "/sonnet" if what == "poem" else "/dinoname"
        self._local.command(member, command, "count:1" if what == "quiet" else "", channel)
        return channel.id

    def _hear(self, message: SlackMessage) -> None:
        asked = self._by_key.get(message.channel.id)
        if asked is None:
            return
        noted = self._note(
            message.channel.id,
            asked.acknowledged,
            buttons=[button_of(button) or ("", "") for button in message.buttons],
            is_failed=False,
        )
        if noted is not None:
            noted.said = message.words

    def _hear_acknowledgement(self, asked: SlackInteraction) -> None:
        if asked.channel is not None:
            late = bool(asked.failure)
            self._note(asked.channel.id, asked.acknowledged_at, is_failed=late)


@asynccontextmanager
async def crowded_bot(
    platform: str,
    members: int,
    settings: Mapping[str, str],
    *,
    checkout: Path = CHECKOUT,
    lags: Path | None = None,
) -> AsyncIterator[tuple[RushCrowd, BotProcess]]:
    """A new bot on one of the `PLATFORMS`, which has answered first requests, and its members."""
    with tempfile.TemporaryDirectory() as folder:
        local: LocalDiscord | LocalSlack
        crowd: RushCrowd
        if platform == "discord":
            local = LocalDiscord(port=0, history=KEPT)
            crowd = DiscordCrowd(local, members)
            bot = BotProcess(local, Path(folder), settings, checkout=checkout, lags=lags)
        else:
            # The bot keeps within Slack's limits, which would be those of this test: 50 edits a
            # minute in the whole workspace. Many workspaces have as many budgets.
            local = LocalSlack(port=0, rate_limited=False, history=KEPT)
            crowd = SlackCrowd(local, members)
            bot = BotProcess(
                None, Path(folder), settings, slack=local, checkout=checkout, lags=lags
            )
        async with local, bot:
            await crowd.warm_up()
            yield crowd, bot


def _now() -> float:
    return time.monotonic()

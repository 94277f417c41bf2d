"""Modals at work: opening them, suggestions in their selects, and what is submitted."""

import json
import logging
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Protocol

from bot.chat import dispatch
from bot.chat.app import App
from bot.chat.commands import Command, NoOptions, Registry
from bot.chat.message import UserError
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Gone, Turn
from bot.platforms.slack.identities import is_external
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.network.api import SlackApi
from bot.platforms.slack.network.connection import Payload
from bot.platforms.slack.options import Typed
from bot.platforms.slack.turn import SlackTurn
from bot.platforms.slack.turns import Turns
from bot.platforms.slack.values import part_of, text_of
from bot.platforms.slack.views import modals

log = logging.getLogger(__name__)

LONGEST_METADATA = 3_000
LONGEST_URL = 500
"""Characters of a `response_url`."""


class Runner(Protocol):
    """Answers what is asked for in a form: the client."""

    async def run_command(
        self, turn: SlackTurn, command: Command, values: Mapping[str, object]
    ) -> None:
        """Answer a command."""

    async def refuse(self, turn: SlackTurn, error: UserError, name: str) -> None:
        """Answer with the reason why a request is refused."""


class Forms:
    """The forms of all commands."""

    def __init__(
        self,
        app: App,
        api: SlackApi,
        registry: Registry,
        names: CommandNames,
        turns: Turns,
        runner: Runner,
        start: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        """`start` runs something in the background."""
        self._app = app
        self._api = api
        self._registry = registry
        self._names = names
        self._turns = turns
        self._runner = runner
        self._start = start

    async def open(self, turn: SlackTurn, trigger: str, typed: Typed) -> None:
        """Open the form of a command, or that of a group. A trigger lasts three seconds."""
        metadata = _metadata_of(turn)
        if typed.command is not None:
            view = modals.form_of(typed.command, typed.values, metadata, self._names)
            name = typed.command.name
        elif typed.group is not None:
            view = modals.group_form(typed.group, metadata, self._names)
            name = typed.group.name
        else:
            return

        async def answer(_app: App, _turn: Turn, _options: NoOptions) -> None:
            try:
                await self._api.open_view(trigger, view)
            except Gone as error:
                raise UserError(_("The form could not be opened in time; try again.")) from error

        await dispatch.run(self._app, turn, answer, NoOptions(), name=name)

    async def suggest(self, payload: Payload) -> Payload:
        """Suggestions for a select."""
        asked = modals.suggestion_of(self._registry, payload)
        if asked is None:
            return modals.options(())
        option, others, typed = asked
        turn = None
        if option.suggest is not None and not self._app.in_flight.is_stopping:
            turn = await self._turn_of(payload)
        if turn is None or option.suggest is None:
            return modals.options((), typed)
        found = await dispatch.suggest(self._app, turn, option.suggestions(others), typed)
        return modals.options(found, typed)

    async def submit(self, payload: Payload) -> Payload | None:
        """Answer a submitted form: at once what is wrong in it, or else later in the channel."""
        view = part_of(payload, "view")
        try:
            submitted = modals.submitted(self._registry, view)
        except UserError as error:
            self._start(self._refuse(payload, error))
            return None
        if submitted.errors:
            return {"response_action": "errors", "errors": dict(submitted.errors)}
        command, values = submitted.command, submitted.values
        if submitted.wants_form:
            metadata = text_of(view, "private_metadata", most=LONGEST_METADATA)
            form = modals.form_of(command, values, metadata, self._names)
            return {"response_action": "update", "view": form}
        self._start(self._run(payload, command, values))
        return None

    async def _run(self, payload: Payload, command: Command, values: Mapping[str, object]) -> None:
        turn = await self._turn_of(payload, answers=True)
        if turn is not None:
            await self._runner.run_command(turn, command, values)

    async def _refuse(self, payload: Payload, error: UserError) -> None:
        turn = await self._turn_of(payload, answers=True)
        if turn is not None:
            await self._runner.refuse(turn, error, "unknown")

    async def _turn_of(self, payload: Payload, *, answers: bool = False) -> SlackTurn | None:
        """The turn of a form, which has the channel in its metadata.

        answers: whether the member gets an answer, unlike to what they type in the form. A form
            that was opened in App Home has no channel: it is answered in the direct message.
        """
        raw = text_of(payload, "view", "private_metadata", most=LONGEST_METADATA)
        try:
            metadata = json.loads(raw) if raw else {}
        except ValueError:
            metadata = {}
        user, channel = text_of(payload, "user", "id"), text_of(metadata, "channel")
        if answers and is_external(user) and not channel:
            try:
                channel = await self._api.open_direct(user)
            except DeliveryError as error:
                log.info("A direct message could not be opened: %s", error)
        return await self._turns.of(
            user=user,
            name=text_of(payload, "user", "name"),
            channel=channel,
            response_url=text_of(metadata, "response_url", most=LONGEST_URL),
            is_answered=answers,
        )


def _metadata_of(turn: SlackTurn) -> str:
    """Where a form was opened: its answer goes there."""
    origin = turn.origin
    return json.dumps({"channel": origin.channel, "response_url": origin.response_url})

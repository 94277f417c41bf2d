"""What members do, and what the app answers: the payloads of "Handling user interaction"."""

import asyncio
import time
from typing import TYPE_CHECKING

from aiohttp import web

from tests.end_to_end.slack.second.block_kit import Json, nested, problems_of
from tests.end_to_end.slack.second.web_api import Trigger, replace_content
from tests.end_to_end.slack.second.workspace import Channel, Member, Message, View

if TYPE_CHECKING:
    from tests.end_to_end.slack.second.server import SecondSlack

USES, LIFETIME_S = 5, 1800.0
"""A response_url can be used up to five times within 30 minutes."""
WAIT_S = 30.0


class Interaction:
    """Something that a member did."""

    def __init__(
        self, slack: "SecondSlack", member: Member, channel: Channel | None, source: Message | None
    ) -> None:
        self.member, self.channel, self.source = member, channel, source
        self.trigger = Trigger(member.id)
        self.responses: list[Message] = []
        """Those through its response_url."""
        self.errors: dict[str, str] = {}
        """By `block_id`, in a submitted modal."""
        self.payload: Json = {}
        self.uses = 0
        self._slack = slack
        self._made, self._before = time.monotonic(), len(slack.workspace.messages)
        self._answer: asyncio.Future[Json] | None = None

    @property
    def view(self) -> View | None:
        """The modal that its trigger has opened."""
        return self.trigger.view

    @property
    def messages(self) -> list[Message]:
        """Its answers: through the response_url, or by the bot in its channel since it was sent."""
        bot, new = self._slack.workspace.bot.id, self._slack.workspace.messages[self._before :]
        return [
            each
            for each in new
            if each in self.responses
            or (each.channel is self.channel and each.user_id == bot and not each.is_ephemeral)
        ]

    def send(self, kind: str, payload: Json, *, accepts: bool = True) -> None:
        """Deliver it to the app."""
        self.payload = payload
        self._answer = self._slack.sockets.deliver(kind, payload, accepts=accepts)

    async def acknowledgement(self) -> Json:
        """The payload of its acknowledgement. Raises `TimeoutError`."""
        assert self._answer is not None
        async with asyncio.timeout(WAIT_S + 5):
            return await asyncio.shield(self._answer)

    async def answer(self) -> Message:
        """Its newest answer, once there is one."""
        await self._slack.wait_for(lambda: self.messages)
        return self.messages[-1]

    async def opened(self) -> View:
        """The modal that it opens."""
        await self._slack.wait_for(lambda: self.view)
        assert self.view is not None
        return self.view

    def respond(self, body: Json) -> web.Response:
        """Answer a request to its response_url."""
        if time.monotonic() - self._made > LIFETIME_S:
            return web.Response(status=404, text="expired_url")
        self.uses += 1
        if self.uses > USES:
            return web.Response(status=404, text="used_url")
        source = self.source
        if body.get("delete_original"):
            if source is not None:
                source.is_deleted = True
            return web.Response(text="ok")
        if not body.get("text") and not body.get("blocks"):
            return web.Response(status=400, text="no_text")
        if body.get("blocks") and problems_of(body["blocks"], "message"):
            return web.Response(status=400, text="invalid_blocks")
        if source is not None and "replace_original" not in body:
            self._slack.api.warnings.append("a response to a press without replace_original")
        if body.get("replace_original") and source is not None:
            replace_content(source, body)
        elif self.channel is not None:
            private = body.get("response_type", "ephemeral") != "in_channel"
            workspace = self._slack.workspace
            self.responses.append(
                workspace.add(
                    self.channel,
                    workspace.bot.id,
                    body,
                    only_for=self.member.id if private else "",
                )
            )
        return web.Response(text="ok")


def initial_values(view: View) -> Json:
    """What the inputs of a modal have at first, as `state.values`."""
    found: Json = {}
    for block in nested(view.content["blocks"]):
        if block.get("type") == "input":
            element = block["element"]
            found[block["block_id"]] = {element["action_id"]: _value(element, _initial(element))}
    return found


def filled_in(view: View, values: Json, *, forged: bool = False) -> Json:
    """`state.values` of a modal with these values, by `block_id`.

    Unless it is `forged`, raises `ValueError` for what the form itself would not take.
    """
    state = initial_values(view)
    inputs = {
        block["block_id"]: block
        for block in nested(view.content["blocks"])
        if block.get("type") == "input"
    }
    for name, value in values.items():
        element = inputs[name]["element"]
        if not forged:
            _check(element, value)
        state[name] = {element["action_id"]: _value(element, value)}
    if not forged:
        for name, block in inputs.items():
            (entry,) = state[name].values()
            if not block.get("optional") and _is_empty(entry):
                raise ValueError(f"{name} is required")
    return state


def _initial(element: Json) -> object:
    option = element.get("initial_option") or {}
    return (
        element.get("initial_value")
        or option.get("value")
        or element.get("initial_user")
        or element.get("initial_conversation")
    )


def _value(element: Json, value: object) -> Json:
    kind = element["type"]
    match kind:
        case "static_select" | "external_select" | "radio_buttons":
            option = None
            if value is not None:
                known = [each for each in element.get("options", ()) if each["value"] == value]
                text = {"type": "plain_text", "text": str(value), "emoji": True}
                option = known[0] if known else {"text": text, "value": value}
            return {"type": kind, "selected_option": option}
        case "users_select":
            return {"type": kind, "selected_user": value}
        case "conversations_select":
            return {"type": kind, "selected_conversation": value}
        case "file_input":
            return {"type": kind, "files": value or []}
        case _:
            return {"type": kind, "value": value}


def _check(element: Json, value: object) -> None:
    match element["type"]:
        case "plain_text_input":
            assert isinstance(value, str)
            least, most = element.get("min_length", 0), element.get("max_length", 3000)
            if not least <= len(value) <= most:
                raise ValueError(f"{least} to {most} characters")
        case "number_input":
            number = float(str(value))
            low, high = (float(element.get(f"{end}_value", number)) for end in ("min", "max"))
            if not low <= number <= high:
                raise ValueError(f"{low} to {high}")
        case "static_select":
            if value not in [each["value"] for each in element["options"]]:
                raise ValueError("not among the options")


def _is_empty(entry: Json) -> bool:
    return not any(value for name, value in entry.items() if name != "type")

"""Modals and home tabs, and the triggers that open modals."""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bot.platforms.local.common.changes import Changes
from bot.platforms.local.limits import JSON
from bot.platforms.local.slack.blocks import Surface, check_view
from bot.platforms.local.slack.limits import ACKNOWLEDGEMENT_S, SlackError
from bot.platforms.local.slack.messages import Messages, with_ids
from bot.platforms.local.slack.records import Interaction, View
from bot.platforms.local.slack.workspace import Member, Workspace

STACKED = 3
"""Modals that can be on top of each other."""


@dataclass(slots=True)
class Trigger:
    """Permission to open a modal once, for 3 seconds."""

    asked: Interaction
    member: Member
    created_at: float
    is_used: bool = False


class Views:
    """Views. Methods for a request of the bot raise `SlackError` as Slack would."""

    def __init__(
        self,
        workspace: Workspace,
        messages: Messages,
        clock: Callable[[], float],
        changes: Changes,
    ) -> None:
        self._workspace, self._messages = workspace, messages
        self._clock, self._changes = clock, changes
        self.by_id: dict[str, View] = {}
        self.homes: dict[str, View] = {}  # by id of the member
        self._triggers: dict[str, Trigger] = {}

    def new_trigger(self) -> str:
        return f"{secrets.randbelow(10**13)}.{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"

    def register(self, trigger_id: str, asked: Interaction, member: Member) -> None:
        self._triggers[trigger_id] = Trigger(asked, member, self._clock())
        for oldest in list(self._triggers)[:-1000]:
            del self._triggers[oldest]

    def top(self, member: Member) -> View | None:
        """The modal that a member sees: the newest one that is open."""
        stack = self._stack(member)
        return stack[-1] if stack else None

    # Requests of the bot

    def open(self, trigger_id: str, content: object) -> View:
        """views.open: a modal, in place of those that are open."""
        trigger = self._use(trigger_id)
        open_before = self._stack(trigger.member)
        view = self._show(trigger.asked, trigger.member, content, None)
        for other in open_before:
            other.is_open = False
        return view

    def push(self, trigger_id: str, content: object) -> View:
        """views.push: a modal on top of the one that the trigger comes from."""
        trigger = self._use(trigger_id)
        below = trigger.asked.source
        if not isinstance(below, View) or below.kind != "modal":
            raise SlackError("not_in_modal")
        return self._show(trigger.asked, trigger.member, content, below)

    def update(self, arguments: JSON) -> View:
        """views.update: by view_id or external_id, and only if `hash` is the present one."""
        view = self._find(arguments)
        if arguments.get("hash") not in (None, "", view.hash):
            raise SlackError("hash_conflict")
        self.replace(view, arguments.get("view"))
        return view

    def publish(self, member: Member, content: object, known_hash: str = "") -> View:
        """views.publish: the home tab of a member."""
        present = self.homes.get(member.id)
        if known_hash and (present is None or known_hash != present.hash):
            raise SlackError("hash_conflict")
        checked = self._checked(content, "home")
        view = View(self._new_id(), member, checked, self._new_hash())
        if present is not None:
            self.by_id.pop(present.id)
            view.id = present.id
        self.by_id[view.id] = self.homes[member.id] = view
        self._changes.notify()
        return view

    # Acknowledgements of a submission

    def answer(self, view: View, payload: JSON, asked: Interaction) -> None:
        """What the acknowledgement of a submission does to the modal."""
        action = payload.get("response_action")
        if action is None:
            view.is_open = False
        elif action == "clear":
            for other in self._stack(view.member):
                other.is_open = False
        elif action == "errors":
            asked.errors = _checked_errors(view, payload.get("errors"))
        elif action == "update":
            self.replace(view, payload.get("view"))
            asked.view = view
        elif action == "push":
            self._show(asked, view.member, payload.get("view"), view)
        else:
            raise SlackError("invalid_arguments", [f"response_action {action!r}"])

    def replace(self, view: View, content: object) -> None:
        view.content = self._checked(content, "home" if view.kind == "home" else "modal")
        view.hash = self._new_hash()
        self._changes.notify()

    def close(self, view: View) -> None:
        view.is_open = False
        self._changes.notify()

    # Building blocks

    def _use(self, trigger_id: str) -> Trigger:
        trigger = self._triggers.get(trigger_id)
        if trigger is None:
            raise SlackError("invalid_trigger_id")
        if self._clock() - trigger.created_at > ACKNOWLEDGEMENT_S:
            raise SlackError("expired_trigger_id")
        if trigger.is_used:
            raise SlackError("exchanged_trigger_id")
        trigger.is_used = True
        return trigger

    def _show(
        self, asked: Interaction, member: Member, content: object, below: View | None
    ) -> View:
        if below is not None and len(self._stack(member)) >= STACKED:
            raise SlackError("push_limit_reached")
        checked = self._checked(content, "modal")
        name = checked.get("external_id")
        if name and any(v.is_open and v.content.get("external_id") == name for v in self._all()):
            raise SlackError("duplicate_external_id")
        view = View(self._new_id(), member, checked, self._new_hash())
        if below is not None:
            view.previous, view.root = below, below.root or below
        self.by_id[view.id] = view
        closed = [key for key, old in self.by_id.items() if not old.is_open]
        for oldest in closed[:-1000]:
            del self.by_id[oldest]
        asked.view = view
        self._changes.notify()
        return view

    def _checked(self, content: object, surface: Surface) -> JSON:
        view = dict(check_view(content, surface, self._messages.shared_files))
        view["blocks"] = with_ids(view["blocks"])
        return view

    def _all(self) -> list[View]:
        return list(self.by_id.values())

    def _find(self, arguments: JSON) -> View:
        view_id, external_id = arguments.get("view_id"), arguments.get("external_id")
        for view in self._all():
            named = external_id and view.content.get("external_id") == external_id
            if view.is_open and (view.id == view_id or named):
                return view
        raise SlackError("not_found")

    def _stack(self, member: Member) -> list[View]:
        return [
            view
            for view in self._all()
            if view.member is member and view.kind == "modal" and view.is_open
        ]

    def _new_id(self) -> str:
        return f"V0LOCAL{secrets.token_hex(4).upper()}"

    def _new_hash(self) -> str:
        return f"{self._clock():.0f}.{secrets.token_urlsafe(6)}"


def _checked_errors(view: View, errors: object) -> Mapping[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise SlackError("invalid_arguments", [f"errors {errors!r}; inputs: {sorted(inputs)}"])
    return errors

"""Modals and home tabs, and the triggers that open modals."""

import secrets
from collections.abc import Callable, Mapping
from typing import Literal

from simulators.common.payloads import JSON
from simulators.common.simulator import Changes
from simulators.slack.blocks import check_view, with_ids
from simulators.slack.limits import ACKNOWLEDGEMENT_S, SlackError
from simulators.slack.records import Interaction, View
from simulators.slack.workspace import Member

KEPT = 1000
"""Triggers and closed modals to keep; older ones are forgotten."""


class Views:
    """Views. Methods for a request of the bot raise `SlackError` as Slack would."""

    def __init__(self, clock: Callable[[], float], changes: Changes) -> None:
        self._clock, self._changes = clock, changes
        self.by_id: dict[str, View] = {}
        self.homes: dict[str, View] = {}  # by id of the member
        self._triggers: dict[str, Interaction] = {}

    def new_trigger(self, asked: Interaction) -> str:
        """Permission to open a modal once, for 3 seconds."""
        name = f"{secrets.randbelow(10**13)}.{secrets.token_hex(16)}"
        self._triggers[name] = asked
        for oldest in list(self._triggers)[:-KEPT]:
            del self._triggers[oldest]
        return name

    def top(self, member: Member) -> View | None:
        """The modal that a member sees."""
        for view in reversed(self.by_id.values()):
            if view.member is member and view.content["type"] == "modal" and view.is_open:
                return view
        return None

    def open(self, trigger_id: str, content: object) -> View:
        """views.open: a modal, in place of the one that is open."""
        asked = self._triggers.get(trigger_id)
        if asked is None or (member := asked.member) is None:
            raise SlackError("invalid_trigger_id")
        if self._clock() - asked.created_at > ACKNOWLEDGEMENT_S:
            raise SlackError("expired_trigger_id")
        if asked.is_trigger_used:
            raise SlackError("exchanged_trigger_id")
        asked.is_trigger_used = True
        shown = _checked(content, "modal")
        if (present := self.top(member)) is not None:
            present.is_open = False
        view = asked.view = self._new_view(member, shown)
        closed = [key for key, old in self.by_id.items() if not old.is_open]
        for oldest in closed[:-KEPT]:
            del self.by_id[oldest]
        self._changes.notify()
        return view

    def publish(self, member: Member, content: object) -> View:
        """views.publish: the home tab of a member."""
        shown = _checked(content, "home")
        view = self.homes.get(member.id)
        if view is None:
            view = self.homes[member.id] = self._new_view(member, shown)
        self._replace(view, shown)
        return view

    def update(self, view_id: str, hash_: str, content: object) -> View:
        """views.update: change a modal, unless it has changed meanwhile."""
        view = self.by_id.get(view_id)
        if view is None or not view.is_open:
            raise SlackError("not_found")
        if hash_ not in ("", view.hash):
            raise SlackError("hash_conflict")
        self._replace(view, _checked(content, "modal"))
        return view

    def answer(self, view: View, payload: JSON, asked: Interaction) -> None:
        """Change the modal as the acknowledgement of a submission says."""
        action = payload.get("response_action")
        if action is None:
            view.is_open = False
        elif action == "errors":
            asked.errors = _checked_errors(view, payload.get("errors"))
        elif action == "update":
            self._replace(view, _checked(payload.get("view"), "modal"))
            asked.view = view
        else:
            raise SlackError("invalid_arguments", [f"response_action {action!r}"])

    def close(self, member: Member, view: View) -> None:
        """Close a modal of a member; the bot does not hear of it."""
        view.is_open = view.is_open and view.member is not member
        self._changes.notify()

    def _new_view(self, member: Member, shown: JSON) -> View:
        view = View(f"V0LOCAL{secrets.token_hex(4).upper()}", member, shown, self._new_hash())
        self.by_id[view.id] = view
        return view

    def _replace(self, view: View, shown: JSON) -> None:
        view.content, view.hash = shown, self._new_hash()
        self._changes.notify()

    def _new_hash(self) -> str:
        return f"{self._clock():.0f}.{secrets.token_urlsafe(6)}"


def _checked(content: object, surface: Literal["modal", "home"]) -> JSON:
    view = check_view(content, surface)
    return view | {"blocks": with_ids(view["blocks"])}


def _checked_errors(view: View, errors: object) -> Mapping[str, str]:
    inputs = {block["block_id"] for block in view.blocks if block["type"] == "input"}
    if not isinstance(errors, dict) or not errors or not errors.keys() <= inputs:
        raise SlackError("invalid_arguments", [f"errors {errors!r}; inputs: {sorted(inputs)}"])
    return errors

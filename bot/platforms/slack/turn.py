"""Requests of members on Slack, as `bot.chat.turn.Turn`s."""

import asyncio
import json
import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from bot.chat.errors import form_too_late
from bot.chat.message import Button, Form, Message, translated
from bot.chat.received import clean
from bot.chat.translation import ENGLISH, Language, _, language_of
from bot.chat.turn import (
    AnswerRef,
    Deleted,
    DeliveryError,
    Forbidden,
    Gone,
    MessageRef,
    OnPending,
    Source,
    Unreachable,
    User,
)
from bot.monitoring import requests
from bot.platforms.slack.identities import message_id
from bot.platforms.slack.network.api import EPHEMERAL, IN_CHANNEL, Part, SlackApi
from bot.platforms.slack.payloads import FileRef
from bot.platforms.slack.platform import SlackPlatform, are_pictures, refuses_picture, with_note
from bot.platforms.slack.views.modals import text_form
from bot.platforms.slack.views.rendering import Block
from bot.store import StoreError
from bot.text.spans import text
from data.phrases import NOTHING

log = logging.getLogger(__name__)

PLACEHOLDER_S = 1.2
"""Seconds after the request until something is shown of an answer that is not ready.

Longer than an answer that grows is awaited whole.
"""
NOTICE_S = 3.0
"""`PLACEHOLDER_S` of an answer that the bot cannot edit: the placeholder stays above it."""
CLOSED = _(
    "Apps can't join conversations between members, so the bot can't show that here. Use a "
    "channel, or your direct messages with the bot."
)
IN_DIRECT = _("The file is in your direct messages with the bot.")
MOST_USES = 5
"""How often a `response_url` can be used."""


@dataclass(frozen=True, slots=True)
class SlackOrigin:
    """Origin of a request: who made it, and where."""

    user: str
    """Slack's id of the member: U…"""
    channel: str = ""
    """C…, G… or D…; empty for App Home and some shortcuts."""
    channel_id: int | None = None
    response_url: str = field(default="", repr=False)
    """A secret, for 30 minutes; empty for a modal that was opened from nowhere."""
    message: str = ""
    """Timestamp of the message whose button was pressed."""
    is_ephemeral: bool = False
    """Whether only the member sees that message."""
    thread: str = ""
    """Timestamp of the message to which that one is a reply: so are the answers."""
    is_closed: bool = False
    """Whether the channel is a conversation of members, to which no app can be invited."""
    is_guest: bool = False
    """Whether the member is a guest of the workspace."""
    is_unknown: bool = False
    """Whether Slack has not said what the member may do."""
    trigger: str = field(default="", repr=False)
    """Id that can open a form, for three seconds."""

    @property
    def metadata(self) -> str:
        """Metadata of a form: the place to which its answer goes."""
        return json.dumps(
            {
                "channel": self.channel,
                "response_url": self.response_url,
                "message": self.message,
                "is_ephemeral": self.is_ephemeral,
                "thread": self.thread,
                "is_closed": self.is_closed,
            }
        )


class SlackTurn:
    """One request: a slash command, a pressed button, a submitted modal, or a shortcut.

    Its envelope is acknowledged already. A public answer is an ordinary message, which the bot can
    edit; one that only the member sees, or in a channel that the bot is not in, goes through the
    `response_url` and stays as it is. What is too late for that goes to the member.
    """

    def __init__(
        self,
        origin: SlackOrigin,
        user: User,
        platform: SlackPlatform,
        *,
        community_id: int | None,
        created_at: datetime,
    ) -> None:
        self.platform = platform
        self.user = user
        self.community_id = community_id
        self.channel_id = origin.channel_id
        self.created_at = created_at
        self.expects_answer = True
        """Whether the member is to be told if this process ends before it answers."""
        self.on_pending: OnPending | None = None
        self.origin = origin
        self._begun = time.monotonic()
        self._posted: str | None = None
        """Timestamp of the answer, if the bot can edit it."""
        self._is_private = False
        """Whether only the member is to see the answer."""
        self._is_deferred = self._is_answered = self._is_acknowledged = False
        self._retry: Button | None = None
        self._grows: bool | None = None  # not decided yet
        self._is_outside = False
        """Whether Slack has said that the bot is not in the channel."""
        self._uses = 0
        self._responding = asyncio.Lock()
        self._placeholder: asyncio.Task[None] | None = None
        self._waiting = Message(text(_("⏳ One moment …")))

    @property
    def sees_channel(self) -> bool:
        """Whether the bot is in the channel, as far as is known: Slack tells when it answers."""
        channel = self.origin.channel
        self._is_outside |= self.origin.is_closed or self.platform.is_outside(channel)
        return bool(channel) and not self._is_outside

    @property
    def attaches_files(self) -> bool:
        """Whether the bot is in the channel: a file needs that."""
        return self.sees_channel

    @property
    def can_admit_bot(self) -> bool:
        """Whether an app can be invited into the channel."""
        return not self.origin.is_closed

    async def language(self, *, private: bool = False) -> Language:
        """The member's language, or else that of the workspace; in direct messages the member's.

        Slack may not have told the member's.
        """
        if self.user.locale and (private or self.community_id is None):
            own = language_of(self.user.locale)
            # What a channel reads has no region, and a reader should meet one system of units.
            return replace(own, tag=ENGLISH.tag) if own.is_imperial else own
        return await self.platform.language_of(self.platform.community_id)

    def moderates(self, channel_id: int) -> bool:
        """Whether the user administers the workspace: Slack has no moderators of a channel."""
        return self.user.is_administrator

    @property
    def source(self) -> Source | None:
        """The message whose button was pressed."""
        ref = self._ref(self.origin.message)
        return Source(ref) if ref is not None else None

    @property
    def edits_answers(self) -> bool:
        """Whether the answer is, or will be, an ordinary message, and may grow: few do at once."""
        if self._posted is not None or not self.sees_channel or self._is_private:
            return self._posted is not None
        self._grows = self.platform.may_grow() if self._grows is None else self._grows
        return self._grows

    @property
    def private_answer(self) -> None:
        """A message that only the member sees can be replaced only when its own button is pressed.

        The `response_url` of another message replaces that one.
        """

    @property
    def unanswered(self) -> AnswerRef | None:
        """The `response_url`, while nothing is shown: Slack has had its acknowledgement."""
        is_shown = self._is_deferred or self._is_answered or self._is_acknowledged
        if is_shown or not self.expects_answer or not self.origin.response_url:
            return None
        return AnswerRef(self.channel_id, None, self.origin.response_url, locale=self.user.locale)

    async def defer(self, *, private: bool = False, retry: Button | None = None) -> None:
        """Show that an answer is being prepared, if it is not ready soon.

        What only the member sees, or is in a channel without the bot, cannot be replaced: there the
        member is told once, and late.
        """
        async with self._responding:
            if self._is_deferred or self._is_answered:
                return
            self._is_deferred = True
            self._is_private, self._retry = private, retry
            token = self.origin.response_url or None
            # Before it is shown: the process may be killed right after.
            locale = (await self.language(private=private)).tag
            await self._pending(AnswerRef(self.channel_id, None, token, locale=locale), retry)
            is_replaced = not private and self.sees_channel
            showing = self._show_placeholder() if is_replaced else self._show_notice()
            self._placeholder = asyncio.create_task(showing)

    async def acknowledge(self) -> None:
        """Show nothing: the envelope of a pressed button is acknowledged before anything else."""
        self._is_acknowledged = True
        requests.acknowledge()

    async def respond(self, message: Message) -> MessageRef | None:
        """Answer, replacing what `defer` shows."""
        message = await self._translated(message)
        async with self._responding:
            was_answered = self._is_answered
            try:
                await self._answer(message)
            except Unreachable:
                self._is_answered = was_answered
                raise
            return self._ref(self._posted)

    async def edit(self, message: Message) -> None:
        """Replace the answer, or send another one where that is not possible.

        Raises `Unreachable` if Slack says only now that the bot is not in the channel: what was to
        grow there can be sent once, when it is complete.
        """
        message = await self._translated(message)
        async with self._responding:
            could_grow = self.edits_answers
            try:
                await self._answer(message, elsewhere=not could_grow)
            except Forbidden as error:
                if self.sees_channel or not could_grow:
                    raise
                self._is_answered = False
                self._placeholder = asyncio.create_task(self._show_notice())
                raise Unreachable("the bot is not in this channel") from error

    async def show_waiting(self, message: Message) -> None:
        """Show the place in the queue: in the answer, or in what is shown once instead of it."""
        self._waiting = message
        if self.edits_answers:
            await self.edit(message)

    async def edit_source(self, message: Message) -> None:
        """Replace the message whose button was pressed."""
        origin, ref = self.origin, self._ref(self.origin.message)
        requests.acknowledge()
        language = await self.language(private=origin.is_ephemeral)
        message = translated(message, language)
        if ref is not None and not origin.is_ephemeral and self.sees_channel:
            try:
                await self.platform.edit(ref, message)
            except Forbidden as error:
                self.platform.note_outside(origin.channel, error)
            except Deleted:
                raise
            except Gone:  # it was sent through a response_url
                if not origin.response_url:
                    raise
            else:
                return
        elif ref is None and not origin.response_url:  # in App Home
            await self._respond_elsewhere(message)
            return
        is_private = origin.is_ephemeral
        pictures = await self._pictures(message) if is_private else []
        shown = message if pictures else await self._with_files(message)
        part = await self.platform.rendered_edit(
            shown, language, private=is_private, pictures=pictures
        )
        await self._use_url(part, {"replace_original": True})

    async def ask(self, form: Form) -> None:
        """Open a form. Its answer replaces the same message, as the button's would."""
        language = await self.language(private=True)
        await self.open_view(text_form(form, self.origin.metadata, language))

    async def open_view(self, view: Mapping[str, Any]) -> None:
        """Open a modal. Raises `UserError` if it is too late for that."""
        if not self.origin.trigger:  # no request of Slack's that could open one
            raise form_too_late()
        try:
            await self.platform.api.open_view(self.origin.trigger, view)
        except Gone as error:
            raise form_too_late() from error
        self._is_acknowledged = True

    async def announce(self, message: Message) -> MessageRef:
        """Send an ordinary message to the channel."""
        if not self.sees_channel:
            raise self._no_access()
        language = await self.language()
        timestamp = await self._post(translated(message, language))
        ref = self._ref(timestamp)
        if ref is None:
            raise DeliveryError("chat.postMessage: no timestamp")
        await self._pending(
            AnswerRef(ref.channel_id, ref.message_id, is_announced=True, locale=language.tag), None
        )
        return ref

    async def _note_posted(self) -> None:
        """Tell which message shows a deferred answer: it may still grow."""
        number = message_id(self._posted or "")
        if self._is_deferred and number is not None:
            locale = (await self.language()).tag
            await self._pending(AnswerRef(self.channel_id, number, locale=locale), self._retry)

    async def _show_placeholder(self) -> None:
        """Post what the answer replaces. Where the bot is not in the channel, tell the member."""
        await self._until(PLACEHOLDER_S)
        async with self._responding:
            if self._is_answered:
                return
            if self.edits_answers:
                try:
                    waiting = translated(self._waiting, await self.language())
                    self._posted = await self._post(waiting)
                except DeliveryError as error:
                    log.info("A placeholder could not be shown: %s", error)
                else:
                    requests.acknowledge()
                    await self._note_posted()
        if self._posted is None:
            await self._show_notice()

    async def _show_notice(self) -> None:
        """Tell the member that the answer takes long."""
        await self._until(NOTICE_S)
        async with self._responding:
            if self._is_answered or not self.origin.response_url:
                return
            language = await self.language(private=True)
            part = await self.platform.rendered_edit(self._waiting, language, private=True)
            try:
                await self._use_url(part, EPHEMERAL)
            except DeliveryError as error:
                log.info("A notice could not be shown: %s", error)
            else:
                requests.acknowledge()

    async def _translated(self, message: Message) -> Message:
        """An answer in the language of those who see it."""
        return translated(message, await self.language(private=message.private or self._is_private))

    async def _until(self, seconds: float) -> None:
        """Wait until the request is some seconds old."""
        age = time.monotonic() - self._begun
        await asyncio.sleep(max(seconds - age, 0.0))

    async def _answer(self, message: Message, *, elsewhere: bool = True) -> None:
        """Send or replace the answer.

        If the bot is not in the channel, send it `elsewhere`, or else raise `Forbidden`.
        """
        self._is_answered = True
        if self._placeholder is not None:  # it waits, or has been shown
            self._placeholder.cancel()
        if self._posted is not None:
            origin = self.origin
            try:
                await self.platform.replace(
                    origin.channel,
                    self._posted,
                    message,
                    await self.language(private=message.private),
                    thread=origin.thread,
                )
            except Forbidden as error:
                if not self.platform.note_outside(self.origin.channel, error):
                    raise
                self._posted = None  # the bot was removed from the channel
                if not elsewhere:
                    raise
            else:
                requests.acknowledge()
                return
        if message.private or not self.sees_channel:
            await self._respond_elsewhere(message)
        else:
            try:
                self._posted = await self._post(message)
            except Forbidden:
                if self.sees_channel or not elsewhere:
                    raise
                await self._respond_elsewhere(message)
            else:
                requests.acknowledge()
                await self._note_posted()
        requests.acknowledge()

    async def _post(self, message: Message) -> str:
        channel, thread = self.origin.channel, self.origin.thread
        language = await self.language(private=message.private)
        try:
            return await self.platform.post(channel, message, thread=thread, language=language)
        except Deleted:
            if not thread:
                raise
            self.origin = replace(self.origin, thread="")  # it exists no longer
            return await self.platform.post(channel, message, language=language)

    async def _respond_elsewhere(self, message: Message) -> None:
        """Answer through the `response_url`, or in the direct message with the member.

        Raises `Forbidden` for what needs the bot in the channel: votes, and pictures that do not
        just accompany the message.
        """
        if message.files_stay:
            message = replace(message, files=())
        known = self.platform.commands.registry.buttons
        actions = {each.action for each in message.buttons} & known.keys()
        needs_channel = bool(message.files) or any(known[each].is_vote for each in actions)
        if not message.private and needs_channel and self.origin.channel:
            raise self._no_access()
        language = await self.language(private=message.private)
        pictures = await self._pictures(message) if message.private else []
        try:
            await self._send_elsewhere(message, language, pictures)
        except DeliveryError as error:
            if not (pictures and refuses_picture(error)):
                raise
            await self._send_elsewhere(message, language, [])

    async def _send_elsewhere(
        self, message: Message, language: Language, pictures: Sequence[Block]
    ) -> None:
        """Send an answer with pictures in it, or with its files beside it."""
        shown = message if pictures else await self._with_files(message)
        parts = await self.platform.rendered(
            shown, language, private=message.private, pictures=pictures
        )
        kind = EPHEMERAL if message.private else IN_CHANNEL
        sent = 0
        try:
            for part in parts:
                await self._use_url(part, kind)
                sent += 1
        except Gone:
            api = self.platform.api
            channel = await api.open_direct(self.origin.user)
            for part in parts[sent:]:
                await api.post(channel, part)
            if pictures and self.platform.pictures is not None:  # such a message stays
                await self.platform.pictures.keep(pictures)

    def _no_access(self) -> Forbidden:
        """The error for what needs the bot in the channel."""
        sentence = CLOSED if self.origin.is_closed else NOTHING
        return Forbidden("the bot is not in this channel", sentence=sentence)

    async def _use_url(self, part: Part, kind: Part) -> None:
        """Post to the `response_url`, or privately to a thread. Raises `Gone` if it is used up."""
        origin = self.origin
        if kind is EPHEMERAL and origin.thread and self.sees_channel:
            try:
                await self.platform.api.post_privately(
                    origin.channel, origin.user, part, thread=origin.thread
                )
            except DeliveryError as error:
                log.info("A private answer could not be sent to its thread: %s", error)
            else:
                return
        if not self.origin.response_url or self._uses >= MOST_USES:
            raise Gone("no response_url is left")
        self._uses += 1
        await self.platform.api.respond(
            self.origin.response_url, {**part, **kind}, thread=self.origin.thread
        )

    async def _pictures(self, message: Message) -> list[Block]:
        """The pictures of an answer as blocks; none if it has other files, or Slack is slow."""
        pictures = self.platform.pictures
        if pictures is None or not are_pictures(message):
            return []
        try:
            return await pictures.upload(self.platform.team, message.files, self.created_at)
        except (DeliveryError, StoreError) as error:
            log.warning("A picture could not be put into its message: %s", error)
            return []

    async def _with_files(self, message: Message) -> Message:
        """Send files that only the member is to see. The message then says where they are.

        It comes without pictures if these cannot be sent, and says why if Slack does.
        """
        if not message.files:
            return message
        api = self.platform.api
        try:
            await api.upload(await api.open_direct(self.origin.user), message.files)
        except DeliveryError as error:
            if not message.embeds:  # the file is what the member has asked for
                raise
            log.warning("A picture could not be sent: %s", error)
            return with_note(message, error.sentence) if error.sentence else message
        return with_note(message, IN_DIRECT) if self.origin.response_url else message

    async def _pending(self, ref: AnswerRef, retry: Button | None) -> None:
        if self.on_pending is not None:
            await self.on_pending(ref, retry)

    def _ref(self, timestamp: str | None) -> MessageRef | None:
        number = message_id(timestamp or "")
        if number is None or self.channel_id is None:
            return None
        return MessageRef(self.channel_id, number, self.community_id)


class SlackAttachment:
    """An uploaded file: a `bot.chat.turn.Attachment`."""

    def __init__(self, file: FileRef, api: SlackApi) -> None:
        self.name = clean(file.name)
        self.size = file.size
        self._address = file.url
        self._api = api

    async def read(self) -> bytes:
        """Download the file. Raises `DeliveryError`."""
        content = await self._api.download(self._address, self.size + 1)
        if len(content) != self.size:
            raise DeliveryError(f"a file has {len(content)} bytes and not {self.size}")
        return content

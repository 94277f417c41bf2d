"""Slack as a platform: limits, terms, members, and messages outside of requests."""

import asyncio
import logging
import re
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

from bot.chat.cooldowns import Cooldowns, TooSoon
from bot.chat.languages import FindLanguage, no_choice
from bot.chat.message import Message, translated
from bot.chat.received import clean, stored_number
from bot.chat.translation import Language, _, language_of
from bot.chat.turn import (
    AnswerRef,
    CommunityInfo,
    Deleted,
    DeliveryError,
    Forbidden,
    Gone,
    Limits,
    MessageRef,
    Terms,
    Unanswered,
    Unreachable,
)
from bot.concurrency import within
from bot.platforms.slack.identities import (
    PLATFORM,
    SlackIdentities,
    is_external,
    message_id,
    timestamp_of,
)
from bot.platforms.slack.names import CommandNames
from bot.platforms.slack.network.api import EPHEMERAL, SlackApi, code_of
from bot.platforms.slack.network.errors import OUTSIDE, LostAnswer
from bot.platforms.slack.network.members import Member, Members
from bot.platforms.slack.payloads import list_of, text_of
from bot.platforms.slack.pictures import Pictures
from bot.platforms.slack.recent import Recent
from bot.platforms.slack.views import rendering
from bot.platforms.slack.views.rendering import Block, MessagePart
from bot.store import StoreError
from bot.text.formats import spaced
from bot.text.spans import text
from bot.text.technical import NEWLINE, TechnicalText, technical
from data.phrases import NOTHING, Showable

log = logging.getLogger(__name__)

LONGEST_BUTTON = 190
"""Characters of a button's action and state: `rendering.encoded` may triple them, and Slack takes
2,000, but a state of over 200 is refused when it is pressed (`received_state`)."""
LIMITS = Limits(button_label=75, button_id=LONGEST_BUTTON, choices=100, choice_label=75)
TERMS = Terms(
    platform=technical("Slack"),
    # TRANSLATORS: What Slack calls a community. It is the field {community} of other sentences.
    community=_("workspace"),
    # TRANSLATORS: The same for several: the field {communities}.
    communities=_("workspaces"),
    # TRANSLATORS: The field {reload} of: This command has changed; {reload} and try again.
    reload=_("reload Slack (Ctrl+R)"),
    access=_("Invite the bot by typing /invite @Mangosaurus in the channel."),
    place=_("channel"),  # direct messages are in the workspace, too
    without_commands=_("Commands don't work in threads, but buttons do."),
    has_channel_rights=False,
    community_id=technical("T0123456789"),
    home_setting=technical("HOME_WORKSPACES"),
)
IN_THREAD = _("The picture is in the thread.")
OUTSIDE_S = 5.0
"""Seconds for which a channel is remembered that the bot is not in: it may be invited any time."""
MOST_OUTSIDE = 1_000
MOST_DIRECT = 1_000
MOST_THREADS = 1_000
MOST_FILES = 5_000
GROWING_S, MOST_GROWING = 3.6, 5
"""Seconds between two answers that are shown before they are complete, and how many may be in a
row. Each takes an edit in the end at least, which are few, and votes need most of them."""
NAMING_S = 2.0
"""Seconds that a message waits for the name of somebody whom it mentions."""
LONGEST_ADDRESS = 200
"""Characters of a message's address."""
_PATH = re.compile(r"/archives/([A-Z0-9]{2,32})/p(\d{16})")


class SlackPlatform:
    """A `bot.chat.turn.Platform`: one workspace."""

    name = PLATFORM
    limits = LIMITS
    terms = TERMS
    sees_all_communities = True
    shard_latencies: Mapping[int, float | None] = {}
    latency: float | None = None
    spares_requests = False
    whole_answer_s = 1.0
    mention = staticmethod(rendering.mention_user)
    mention_channel = staticmethod(rendering.mention_channel)

    def serves_community(self, _community_id: int) -> bool:
        """Whether a workspace is this one, as far as the app is installed in it alone."""
        return True

    def __init__(self, api: SlackApi, identities: SlackIdentities, commands: CommandNames) -> None:
        self.api = api
        self.identities = identities
        self.commands = commands
        self.known_language: FindLanguage = no_choice
        self.connected: Callable[[], bool] = lambda: False
        self.team = self.team_name = self.bot_user = self.bot_id = self.address = ""
        """Facts about the workspace, once `identify` has been called."""
        self.community_id: int | None = None
        self.pictures: Pictures | None = None
        """Puts pictures into messages; without it, they follow these."""
        self.now: Callable[[], datetime] = lambda: datetime.now(UTC)
        self.is_home = False
        """Whether the workspace's owner is the bot's operator."""
        self._clock = time.monotonic
        self.members = Members(api)
        self._growing = Cooldowns(GROWING_S, most=MOST_GROWING)
        self._outside: Recent[str, float] = Recent(MOST_OUTSIDE)
        self._direct: Recent[str, str] = Recent(MOST_DIRECT)
        """The direct messages of members (U…) with the bot."""
        self._files: Recent[tuple[str, str], tuple[int, Sequence[str]]] = Recent(MOST_FILES)
        """Files of messages (C…, timestamp), which are messages of their own: a hash, and ids."""
        self._shown: Recent[tuple[str, str], tuple[int, Sequence[Block]]] = Recent(MOST_FILES)
        """Pictures in messages: a hash of their files, and the blocks."""
        self._edits: Recent[tuple[str, str], object] = Recent(MOST_FILES)
        """The latest edit of each message: what is noted after an upload must not undo one."""
        self._threads: Recent[tuple[str, str], str] = Recent(MOST_THREADS)
        """Threads of messages, by channel and timestamp: what follows a message goes there."""

    async def identify(self) -> None:
        """Ask Slack which workspace and bot the token belongs to.

        Raises `DeliveryError`, and `StoreError`.
        """
        found = await self.api.identify()
        self.team, self.bot_user = text_of(found, "team_id"), text_of(found, "user_id")
        self.bot_id = text_of(found, "bot_id")
        self.team_name = clean(text_of(found, "team"))
        self.address = text_of(found, "url")
        if not is_external(self.team):
            raise DeliveryError("auth.test: no workspace")
        self.community_id = await self.identities.community(self.team)

    @property
    def communities(self) -> Collection[int]:
        """The workspace as the only community."""
        return () if self.community_id is None else (self.community_id,)

    @property
    def is_connected(self) -> bool:
        """Whether requests arrive."""
        return self.connected()

    @property
    def is_reachable(self) -> bool:
        """Whether messages can be sent, as far as is known."""
        return self.connected()

    def serves(self, payload: Mapping[str, object]) -> bool:
        """Whether a payload is about the workspace, and not another one that has the same app.

        In a channel shared with another workspace, the member who acts may belong to that one, and
        the payload may name both.
        """
        teams = {
            text_of(payload, "team_id"),
            text_of(payload, "team", "id"),
            text_of(payload, "view", "app_installed_team_id"),
            *(text_of(each, "team_id") for each in list_of(payload, "authorizations")),
        } - {""}
        return not teams or self.team in teams

    def has_written(self, message: object) -> bool:
        """Whether a message in a payload is the bot's.

        One that was sent through a `response_url` may have no `user`.
        """
        user, bot = text_of(message, "user"), text_of(message, "bot_id")
        return self.bot_user == user or bool(self.bot_id and self.bot_id == bot)

    async def member(self, user: str) -> Member:
        """A member (U…), with their rights. Raises `DeliveryError`."""
        return await self.members.find(user, self.team)

    async def is_between_members(self, channel: str, user: str) -> bool:
        """Whether a direct message (D…) is not that of the user with the bot.

        Slack calls both `directmessage`. If it does not tell, the bot finds out when it posts.
        """
        if user not in self._direct:
            try:
                self._direct[user] = await self.api.open_direct(user)
            except DeliveryError as error:
                log.info("A direct message is unknown: %s", error)
        return self._direct.get(user) not in (None, "", channel)

    def may_grow(self) -> bool:
        """Whether one more answer may be shown before it is complete. Counts it if so."""
        try:
            self._growing.start(None, datetime.now(UTC))
        except TooSoon:
            return False
        return True

    def is_outside(self, channel: str) -> bool:
        """Whether Slack has just refused a message, because the bot is not in the channel (C…)."""
        return self._clock() < self._outside.get(channel, 0.0)

    def note_outside(self, channel: str, error: DeliveryError) -> bool:
        """Remember a channel that the bot is not in. Returns whether that was the error."""
        if code_of(error) not in OUTSIDE:
            return False
        self._outside[channel] = self._clock() + OUTSIDE_S
        return True

    async def rendered(
        self,
        message: Message,
        language: Language,
        *,
        private: bool = False,
        pictures: Sequence[Block] = (),
    ) -> list[MessagePart]:
        """A message in parts. Only a private one mentions members."""
        names = await self._named(message, private)
        return rendering.render(message, self.commands, names, language, pictures)

    async def rendered_edit(
        self,
        message: Message,
        language: Language,
        *,
        private: bool = False,
        pictures: Sequence[Block] = (),
    ) -> MessagePart:
        """A message as one part, since an edit cannot add others."""
        names = await self._named(message, private)
        return rendering.render_edit(message, self.commands, names, language, pictures)

    async def _named(self, message: Message, private: bool) -> dict[int, str]:
        """Names on Slack of the users and channels that a message mentions."""
        mentioned = rendering.mentioned(message)
        names = await asyncio.gather(*(self._name(number, private) for number in mentioned))
        return dict(zip(mentioned, names, strict=True))

    async def _name(self, number: int, private: bool) -> str:
        """Name of a user or channel in a message; "" if it is not known soon."""
        try:
            found = await within(NAMING_S, self.identities.find(number))
            if found is None:
                return ""
            if found.kind != "user" or private:
                return found.external
            finding = self.members.find(found.external, self.team, for_rights=False)
            member = await within(NAMING_S, finding)  # a mention would notify them
        except (DeliveryError, StoreError, TimeoutError):
            return ""
        return f"@{member.display_name}"

    async def post(
        self,
        channel: str,
        message: Message,
        *,
        thread: str = "",
        language: Language | None = None,
        has_blocks: bool = True,
    ) -> str:
        """Send a message to a channel (C…). Returns its timestamp. Raises `DeliveryError`.

        A long one is split, and files follow in a message of their own. What is missing of these is
        only logged: a second attempt would send the first part again.

        thread: the timestamp of the message to which it is a reply.
        language: by default that of the workspace.
        has_blocks: whether pictures may be in the message, which Slack might refuse.
        """
        language = language or await self.language_of(self.community_id)
        message = translated(message, language)
        plain, pictures = await self._with_pictures(message) if has_blocks else (message, [])
        first, *rest = await self.rendered(plain, language, pictures=pictures)
        try:
            timestamp = await self.api.post(channel, first, thread=thread)
        except DeliveryError as error:
            if pictures and refuses_picture(error):
                return await self.post(
                    channel, message, thread=thread, language=language, has_blocks=False
                )
            self.note_outside(channel, error)
            raise
        self._outside.pop(channel, None)
        if thread:
            self._threads[channel, timestamp] = thread
        if pictures:
            await self._note_pictures((channel, timestamp), hash(message.files), pictures)
        await self._send_rest(channel, timestamp, rest, plain, thread, language)
        return timestamp

    async def send(self, ref: MessageRef, message: Message, *, nonce: int | None = None) -> int:
        """Send a message to the channel of `ref`, or to its thread if this process has posted it.

        Returns its id. Raises `DeliveryError`.

        Slack has no key against duplicates, and shows the bot no messages in which to look for one.
        So with a `nonce`, `Unanswered` is raised when its answer was lost.
        """
        channel = await self._channel(ref.channel_id)
        thread = self._threads.get((channel, timestamp_of(ref.message_id)), "")
        try:
            return message_id(await self.post(channel, message, thread=thread)) or 0
        except LostAnswer as error:
            if nonce is None:
                raise
            raise Unanswered(str(error)) from error

    async def edit(self, ref: MessageRef, message: Message) -> None:
        """Replace a message of the bot. Files go to its thread. Raises `DeliveryError`.

        Those that it had are deleted, unless they stay: its own, and what this process has sent
        after it. Slack shows that, so the same files stay.
        """
        language = await self.language_of(self.community_id)
        message = translated(message, language)
        channel = await self._channel(ref.channel_id)
        timestamp = timestamp_of(ref.message_id)
        key = channel, timestamp
        self._edits[key] = edit = object()
        plain, pictures = await self._pictures_of(key, message)
        if self._edits.get(key) is not edit:
            return  # a newer one has come while a picture was sent
        known, sent = self._files.get(key, (hash(()), ()))
        stays = known == hash(plain.files) if plain.files else plain.files_stay
        noted = plain
        if sent and stays and not pictures and key not in self._threads:
            noted = with_note(plain, IN_THREAD)
        part = await self.rendered_edit(noted, language, pictures=pictures)
        try:
            shown = await self.api.update(channel, timestamp, part)
        except Deleted:
            await self._note_pictures(key, hash(()), [])
            raise
        except DeliveryError as error:
            if not (pictures and refuses_picture(error)):
                raise
            plain, pictures = message, []
            part = await self.rendered_edit(message, language)
            shown = await self.api.update(channel, timestamp, part)
        if shown is None:
            return
        await self._note_pictures(key, hash(message.files), pictures)
        if message.files_stay and not message.files:
            return
        files = list_of(shown, "files")
        # A file that was deleted has left a stub.
        former = [text_of(each, "id") for each in files if text_of(each, "mode") != "tombstone"]
        if known != hash(plain.files):
            self._files.pop(key, None)
            former += sent
            if plain.files:
                thread = await self._thread_of(channel, timestamp)
                await self._send_rest(channel, timestamp, (), plain, thread, language)
        for file in {*former} - {each["slack_file"]["id"] for each in pictures}:
            try:
                await self.api.delete_file(file)
            except DeliveryError as error:
                if code_of(error) != "file_deleted":
                    log.warning("A picture could not be deleted: %s", error)

    async def may_leave_pictures(self, ref: MessageRef, started_at: datetime) -> bool:
        """Whether pictures may stay that another process has sent after a message."""
        of = timestamp_of(ref.message_id)
        is_older = float(of) < started_at.timestamp()
        if not is_older or any(known == of for _channel, known in self._files):
            return False
        try:
            channel = await self._channel(ref.channel_id)
            return self.pictures is None or not await self.pictures.has(self.team, channel, of)
        except (DeliveryError, StoreError):
            return True

    async def replace(
        self, channel: str, timestamp: str, message: Message, language: Language, *, thread: str
    ) -> None:
        """Replace an answer. What does not fit follows it, in its `thread`.

        Raises `DeliveryError`.
        """
        message = translated(message, language)
        plain, pictures = await self._pictures_of((channel, timestamp), message)
        first, *rest = await self.rendered(plain, language, pictures=pictures)
        await self.api.update(channel, timestamp, first)
        await self._send_rest(channel, timestamp, rest, plain, thread, language)

    async def close_answer(self, ref: AnswerRef, message: Message) -> None:
        """Replace a deferred answer, perhaps of another process. Raises `DeliveryError`."""
        language = language_of(ref.locale)
        message = translated(message, language)
        if ref.channel_id is not None and ref.message_id is not None:
            await self.edit(MessageRef(ref.channel_id, ref.message_id), message)
        elif ref.token is not None:  # nothing is shown yet
            part = await self.rendered_edit(message, language, private=True)
            await self.api.respond(ref.token, {**part, **EPHEMERAL})

    async def language_of(self, community_id: int | None) -> Language:
        """The language that the workspace has chosen for the bot, or English: it has none."""
        return language_of((await self.known_language(community_id)).chosen)

    async def link(self, ref: MessageRef) -> TechnicalText:
        """The address of a message; that of the workspace if its channel is unknown."""
        try:
            channel = await self._channel(ref.channel_id)
        except DeliveryError:
            return technical(self.address)
        return technical(f"{self.address}archives/{channel}/p{ref.message_id:016}")

    async def find(self, address: str) -> MessageRef | None:
        """The message of the workspace with this address; unchecked."""
        address = address.strip()
        if len(address) > LONGEST_ADDRESS or not self.address:
            return None
        try:
            parts, own = urlsplit(address), urlsplit(self.address)
        except ValueError:
            return None
        match = _PATH.fullmatch(parts.path)
        if match is None or parts[:2] != own[:2]:
            return None
        channel = await self.identities.known_channel(self.team, match[1])
        if channel is None:  # the bot has never been asked there
            return None
        return MessageRef(channel, int(match[2]), self.community_id)

    async def is_in_community(self, ref: MessageRef) -> bool:
        """Whether the channel of `ref` belongs to its workspace."""
        found = await self.identities.find(ref.channel_id)
        return (
            found is not None
            and found.kind == "channel"
            and found.workspace == self.team
            and ref.community_id == self.community_id
            and not is_direct(found.external)
        )

    async def is_operator(self, user_id: int) -> bool:
        """Whether the user is the primary owner of the workspace, if that is a home.

        Slack tells nobody who owns an app. Raises `DeliveryError`.
        """
        if not self.is_home:
            return False
        try:
            found = await self.identities.find(user_id)
        except StoreError as error:
            raise Unreachable("the user is unknown while the database is away") from error
        if found is None or found.kind != "user" or found.workspace != self.team:
            return False
        return (await self.member(found.external)).is_primary_owner

    def describe(self, community_id: int) -> CommunityInfo | None:
        """The workspace, if it is this one."""
        if community_id != self.community_id:
            return None
        return CommunityInfo(community_id, self.team_name, None)

    async def community_of(self, typed: str) -> int | None:
        """The workspace that has a typed id (T…), or its number."""
        if (number := stored_number(typed)) is not None:
            return number
        return await self.identities.known_community(typed.upper())

    async def shown_id(self, number: int) -> TechnicalText:
        """The id of a user (U…) or a workspace (T…)."""
        found = await self.identities.find(number)
        return technical(str(number) if found is None else found.external)

    async def leave(self, community_id: int) -> None:
        """Give up the bot's token, which removes the bot. Raises `DeliveryError`."""
        if community_id != self.community_id:
            raise Gone("the bot is not in this workspace")
        await self.api.revoke()

    def newcomers(self, _since: datetime) -> Mapping[int, Sequence[int]]:
        """No channels: Slack tells the bot of each one to which it is invited."""
        return {}

    async def _with_pictures(self, message: Message) -> tuple[Message, Sequence[Block]]:
        """A message without its pictures, and these as blocks.

        It stays as it is if they have to follow it. If the workspace forbids them, it says so.
        """
        if self.pictures is None or not are_pictures(message):
            return message, []
        plain = replace(message, files=())
        try:
            return plain, await self.pictures.upload(self.team, message.files, self.now())
        except (DeliveryError, StoreError) as error:
            log.warning("A picture could not be put into its message: %s", error)
            if isinstance(error, Forbidden) and error.sentence:
                return with_note(plain, error.sentence), []
            return message, []

    async def _pictures_of(
        self, key: tuple[str, str], message: Message
    ) -> tuple[Message, Sequence[Block]]:
        """A message without the pictures that it has already, and these as blocks.

        Slack shows a picture that an edit brings as broken: it has to follow the message.
        """
        digest, blocks = self._shown.get(key, (None, None))
        if message.files and digest == hash(message.files) and blocks:
            return replace(message, files=()), blocks
        if message.files or not message.files_stay or self.pictures is None:
            return message, []
        if blocks is None:
            try:
                blocks = await self.pictures.of(self.team, " ".join(key))
            except StoreError as error:
                raise Unreachable("pictures are unknown while the database is away") from error
        return message, blocks

    async def _note_pictures(
        self, key: tuple[str, str], digest: int, blocks: Sequence[Block]
    ) -> None:
        """Note which pictures a message has, and delete those that it had."""
        _digest, known = self._shown.get(key, (None, None))
        if self.pictures is None or known == blocks:
            return
        self._shown[key] = digest, blocks
        try:
            await self.pictures.place(self.team, " ".join(key), blocks)
        except StoreError as error:
            log.warning("The pictures of a message could not be noted: %s", error)

    async def _send_rest(
        self,
        channel: str,
        timestamp: str,
        parts: Sequence[MessagePart],
        message: Message,
        thread: str,
        language: Language,
    ) -> None:
        """Send what the message with a timestamp could not hold, and its files.

        Once they are there, the message says so; or why Slack does not take them.
        """
        note: Showable = NOTHING
        edit = self._edits.get((channel, timestamp))
        try:
            for part in parts:
                await self.api.post(channel, part, thread=thread)
            if message.files:
                below = thread or (timestamp if message.files_stay else "")
                sent = await self.api.upload(channel, message.files, thread=below)
                self._files[channel, timestamp] = (hash(message.files), sent)
                note = IN_THREAD if below and (channel, timestamp) not in self._threads else NOTHING
        except DeliveryError as error:
            log.warning("A part of a message could not be sent: %s", error)
            note = error.sentence if message.files and isinstance(error, Forbidden) else NOTHING
        if note and not parts and self._edits.get((channel, timestamp)) is edit:
            try:
                part = await self.rendered_edit(with_note(message, note), language)
                await self.api.update(channel, timestamp, part)
            except DeliveryError as error:
                log.info("A message does not say where its picture is: %s", error)

    async def _thread_of(self, channel: str, timestamp: str) -> str:
        """The thread for what follows a message; none if that is unknown.

        A reply begins no thread: Slack would lose what is posted there.
        """
        if (known := self._threads.get((channel, timestamp))) is not None:
            return known
        try:
            return await self.api.thread_of(channel, timestamp)
        except DeliveryError as error:
            log.info("The thread of a message is unknown: %s", error)
            return ""

    async def _channel(self, channel_id: int) -> str:
        try:
            channel = await self.identities.external(channel_id, "channel")
        except StoreError as error:
            raise Unreachable("the channel is unknown while the database is away") from error
        if channel is None:
            raise Gone("the channel is unknown")
        return channel


def are_pictures(message: Message) -> bool:
    """Whether a message has files, and all of them are pictures that Slack shows."""
    return bool(message.files) and all(file.name.endswith(".png") for file in message.files)


def refuses_picture(error: DeliveryError) -> bool:
    """Whether Slack does not take a picture in a message: it has to follow it."""
    is_refused = code_of(error) == "invalid_blocks"
    if is_refused:
        log.warning("Slack does not take a picture in a message: %s", error)
    return is_refused


def with_note(message: Message, note: Showable) -> Message:
    """A message with a sentence below."""
    if not message.embeds:
        content = message.content
        return replace(message, content=(*content, *text(NEWLINE if content else NOTHING, note)))
    *others, last = message.embeds
    last = replace(last, footer=spaced([*filter(None, (last.footer, note))], " · "))
    return replace(message, embeds=(*others, last))


def is_direct(channel: str) -> bool:
    """Whether a channel is a direct message."""
    return channel.startswith("D")

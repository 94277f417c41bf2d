"""Requests on Slack: what arrives → commands, buttons, forms and events."""

import asyncio
import json
import logging
import math
import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from bot.chat import dispatch
from bot.chat.app import App, BackgroundJobs
from bot.chat.audiences import audiences_of
from bot.chat.commands import Audience, Command, Group, Menu, NoOptions, Picked, Place, Pressed
from bot.chat.cooldowns import Cooldowns, TooSoon
from bot.chat.errors import community_only, not_allowed, with_echo
from bot.chat.message import Button, Message, NotAllowed, UserError
from bot.chat.received import LONGEST_TEXT, clean, received
from bot.chat.run_button import RUN
from bot.chat.translation import _, language_of
from bot.chat.turn import DeliveryError, MessageRef, Turn
from bot.platforms.slack.access import UNKNOWN, Asked, SlackTurns, refusal_of, rights_for
from bot.platforms.slack.identities import is_external, message_id
from bot.platforms.slack.names import MENU, SHORTCUT
from bot.platforms.slack.network.api import code_of
from bot.platforms.slack.network.connection import Payload, Reply
from bot.platforms.slack.options import (
    EVERYONE,
    MisreadError,
    TypedCommand,
    Value,
    parse,
    unescaped,
    usable_part,
)
from bot.platforms.slack.payloads import LONGEST_WORDS, is_true, list_of, part_of, text_of
from bot.platforms.slack.platform import LONGEST_BUTTON, TERMS, SlackPlatform, is_direct
from bot.platforms.slack.recent import Recent
from bot.platforms.slack.startup_problems import REJECTED
from bot.platforms.slack.turn import SlackOrigin, SlackTurn
from bot.platforms.slack.views import home, modals, rendering
from bot.store import StoreError
from bot.text.written import own_words
from data.phrases import Phrase

log = logging.getLogger(__name__)

LONGEST_METADATA = 3_000
LONGEST_URL = 500
"""Characters of a `response_url`."""
LONGEST_FORGOTTEN = 30
"""Characters of a line that a refusal does not repeat: it is typed again at once."""
HOME_S = 10.0
"""Seconds for which a member's App Home stays as it is, however often they open it."""
MOST_HOMES = 4
"""How many are made at once."""
FORM, MOST_FORMS = timedelta(minutes=30), 200
"""How long a form can be opened again as it was submitted, and how many forms can be."""

NOT_WRITTEN = {"bot_id", "edited", "hidden"}
"""Fields of messages that no member has just written: those of apps, edits, deletions."""
WRITTEN = (None, "file_share", "me_message", "thread_broadcast")
"""Subtypes of messages that a member has written; others tell of joins, say."""

_MARKED = re.compile(r"<([^<>|]*)(?:\|([^<>]*))?>")
"""A mention, a channel or an address, perhaps with words to show for it."""
_EMOJI = re.compile(r"(?<![\w:]):[a-z0-9_+'-]{1,60}:(?![\w])")
_EMPHASIS = re.compile(r"(?<!\w)[*_~`]+|(?<![*_~`])[*_~`]+(?!\w)")
"""Marks at the beginning or end of words. The second kind is not tried from each mark of a row."""


class Requests:
    """Answers what members do in the workspace."""

    def __init__(self, app: App, platform: SlackPlatform, jobs: BackgroundJobs) -> None:
        self._app = app
        self._platform = platform
        self._api = platform.api
        self._jobs = jobs
        self.registry = platform.commands.registry
        """The commands and buttons, in Slack's words."""
        self._turns = SlackTurns(app, platform)
        self._home_cooldowns = Cooldowns(HOME_S)
        self._making_homes = asyncio.Semaphore(MOST_HOMES)
        self._forms: Recent[tuple[str, str], tuple[datetime, Mapping[str, Value]]] = Recent(
            MOST_FORMS
        )
        """Refused input of forms, and when, by member (U…) and command."""

    async def receive(self, kind: str, payload: Payload) -> Reply:
        """Handle what has arrived. Returns the reply for suggestions and submitted modals."""
        if not self._platform.serves(payload):  # where the same app is installed
            log.info("Something for another workspace has arrived")
            return None
        match kind, payload.get("type"):
            case "slash_commands", _none:
                await self._command(payload)
            case "interactive", "block_actions":
                await self._press(payload)
            case "interactive", "block_suggestion":
                return await self._suggest(payload)
            case "interactive", "view_submission":
                return self._submit(payload)
            case "interactive", "message_action" | "shortcut":
                await self._shortcut(payload)
            case "events_api", _any:
                await self.handle_event(part_of(payload, "event"))
            case _:
                log.info("Something unknown has arrived")
        return None

    async def _command(self, payload: Payload) -> None:
        """Answer a slash command."""
        command = text_of(payload, "command")
        word = self._platform.commands.word_of(command) or "unknown"
        user, channel = text_of(payload, "user_id"), text_of(payload, "channel_id")
        is_closed = _is_group(text_of(payload, "channel_name"))
        origin = SlackOrigin(
            user,
            channel,
            response_url=_url_in(payload),
            is_closed=is_closed,
            trigger=text_of(payload, "trigger_id"),
        )
        rights = rights_for(self.registry.by_first_word.get(word))
        turn = await self._turns.of(origin, text_of(payload, "user_name"), rights=rights)
        if turn is None:
            return
        line = clean(text_of(payload, "text", most=LONGEST_WORDS))
        usable: Collection[Audience] = EVERYONE
        if isinstance(self.registry.by_first_word.get(word), Group):
            usable = await audiences_of(self._app, turn)
        try:
            typed = parse(self._platform.commands, command, line, usable)
        except UserError as error:
            error.buttons = self._likeliest(error)
            if len(line) > LONGEST_FORGOTTEN:  # Slack has emptied the field
                error.text = with_echo(error.text, own_words(f"{command} {unescaped(line)}"))
            await self._refuse(turn, error, word)
            return
        if typed.wants_form:
            await self._open_form(turn, typed)
        elif isinstance(typed.command, Command):
            again = self._kept(turn, typed.command, typed.values, _("Open the form"))
            await self._run(turn, typed.command, typed.values, again if typed.values else ())

    def _likeliest(self, error: UserError) -> tuple[Button, ...]:
        """A button that runs what a line may have meant, if that can be run."""
        reading = error.reading if isinstance(error, MisreadError) else ""
        shown = own_words(self._platform.commands.slash(unescaped(reading)))
        label = _("Run {command}").format(command=shown)
        if not reading or len(f"{RUN}:{reading}") > LONGEST_BUTTON or self._read(reading) is None:
            return ()
        return (Button(label, RUN, reading, primary=True),)

    def _read(self, reading: str) -> TypedCommand | None:
        """A command without its slash; `None` if it cannot be run."""
        word, _space, line = reading.partition(" ")
        commands = self._platform.commands
        try:
            typed = parse(commands, commands.slash(word), line)
        except UserError:
            return None
        return None if typed.wants_form else typed

    async def _run(
        self,
        turn: SlackTurn,
        command: Command,
        values: Mapping[str, Value],
        remedies: Sequence[Button] = (),
    ) -> None:
        """Answer a command with its options; a refusal has the buttons `remedies`."""
        user = turn.origin.user

        async def answer(app: App, turn: Turn, _options: NoOptions) -> None:
            if command.place is Place.COMMUNITY and turn.community_id is None:
                raise UserError(*community_only(TERMS))
            options = command.build(**await self._turns.resolved(values))
            await command.answer(app, turn, received(options))
            self._forms.pop((user, command.name), None)

        word = command.name.partition(" ")[0]
        if refusal := refusal_of(self.registry.by_first_word.get(word), turn.origin):
            await self._refuse(turn, refusal, command.name)
        else:
            await dispatch.run(
                self._app, turn, answer, NoOptions(), name=command.name, remedies=remedies
            )

    async def _refuse(self, turn: SlackTurn, error: UserError, name: str) -> None:
        """Answer a request with the reason why it is refused."""

        async def command(_app: App, _turn: Turn, _options: NoOptions) -> None:
            raise error

        await dispatch.run(self._app, turn, command, NoOptions(), name=name)

    async def _press(self, payload: Payload) -> None:
        """Answer a pressed button."""
        pressed = next(iter(list_of(payload, "actions")), {})
        button = rendering.button_of(pressed)
        if button is None:
            await self._choose(payload)
            return
        action, state = button
        is_form = action == home.FORM
        known = self.registry.buttons.get(action)
        asked: Asked = known
        if is_form:
            asked = self.registry.by_first_word.get(state.partition(" ")[0])
        typed = self._read(state) if action == RUN else None
        if typed is not None:
            asked = self.registry.by_first_word.get(typed.command.name.partition(" ")[0])
        name = text_of(payload, "user", "name")
        turn = await self._turns.of(_origin_of(payload), name, rights=rights_for(asked))
        if turn is None:
            return
        self._place(turn, known)
        turn.expects_answer = known is None or not known.is_vote  # the card shows them
        if refusal := refusal_of(asked, turn.origin):
            await self._refuse(turn, refusal, f"button {action if known is not None else 'form'}")
        elif typed is not None and isinstance(typed.command, Command):
            await self._run(turn, typed.command, typed.values)
        elif is_form:
            if (command := self.registry.by_name.get(state)) is not None:
                typed = TypedCommand(command, self._refused(turn, state), wants_form=True)
                await self._open_form(turn, typed)
        else:
            channel = text_of(pressed, "selected_conversation")
            await self._press_known(turn, action, state, channel)

    async def _press_known(
        self, turn: SlackTurn, action: str, state: str, channel: str = ""
    ) -> None:
        """Answer a button of a feature, or a menu in which a channel (C…) was chosen."""
        if is_external(channel):
            try:
                number = await self._platform.identities.channel(self._platform.team, channel)
            except StoreError as error:
                await self._turns.explain(error, turn.origin)
                return
            state += str(number)
        await dispatch.press(self._app, turn, action, state)

    async def _shortcut(self, payload: Payload) -> None:
        """Answer a shortcut in the menu of a message."""
        turn = await self._turns.of(_origin_of(payload), text_of(payload, "user", "name"))
        if turn is None:
            return
        message = part_of(payload, "message")
        called = text_of(payload, "callback_id")
        if called == SHORTCUT:
            await self._write_poem(turn, message)
            return
        menus = [each for each in self.registry.commands if isinstance(each, Menu)]
        place = called.removeprefix(MENU)
        number = message_id(text_of(message, "ts"))
        if called.startswith(MENU) and place.isdecimal() and int(place[:3]) < len(menus) and number:
            menu = menus[int(place[:3])]
            if turn.origin.is_unknown:
                await self._refuse(turn, UserError(UNKNOWN), menu.label)
                return
            ref = MessageRef(turn.channel_id or 0, number, turn.community_id)
            is_own = self._platform.has_written(message)
            options = menu.build(Picked(ref, is_own=is_own))
            await dispatch.run(self._app, turn, menu.answer, options, name=menu.label)

    async def _write_poem(self, turn: SlackTurn, message: Payload) -> None:
        """Answer the shortcut that writes a sonnet which begins like a message."""
        sonnet = self.registry.by_name["sonnet"]
        (opening,) = (each for each in sonnet.options if each.is_main)
        typed = words_of(text_of(message, "text", most=LONGEST_WORDS)[:LONGEST_TEXT])
        if self._platform.has_written(message):
            error = UserError(_("Choose a member's message; this one is the bot's."))
            await self._refuse(turn, error, sonnet.name)
        elif not any(map(str.isalpha, typed)):
            error = UserError(
                _("A poem needs words to begin with. Choose a message that has some.")
            )
            await self._refuse(turn, error, sonnet.name)
        else:
            await self._run(turn, sonnet, {opening.name: typed[: int(opening.most or 0)]})

    # Forms.

    async def _choose(self, payload: Payload) -> None:
        """Show a form again with what is chosen in it, on which suggestions depend."""
        view = part_of(payload, "view")
        try:
            chosen = modals.submitted(self.registry, view)
        except UserError:
            return  # no form of a command
        known = self._platform.members.known(text_of(payload, "user", "id"), math.inf)
        language = language_of(known.locale if known is not None else "")
        metadata = text_of(view, "private_metadata", most=LONGEST_METADATA)
        names = self._platform.commands
        form = modals.form_of(chosen.command, chosen.values, names, metadata, language)
        try:
            await self._api.update_view(text_of(view, "id"), text_of(view, "hash"), form)
        except DeliveryError as error:
            log.info("A form could not be shown again: %s", error)

    async def _open_form(self, turn: SlackTurn, typed: TypedCommand) -> None:
        """Open the form of a command, or that of a group. Its answer goes where it was opened."""
        word = typed.command.name.partition(" ")[0]
        if refusal := refusal_of(self.registry.by_first_word.get(word), turn.origin):
            await self._refuse(turn, refusal, typed.command.name)
            return
        command = usable_part(typed.command, await audiences_of(self._app, turn))
        if command is None:
            await self._refuse(turn, NotAllowed(*not_allowed()), typed.command.name)
            return
        metadata = replace(turn.origin, message="", thread="").metadata
        commands, language = self._platform.commands, await turn.language(private=True)
        view = modals.form_of(command, typed.values, commands, metadata, language)

        async def answer(_app: App, _turn: Turn, _options: NoOptions) -> None:
            await turn.open_view(view)

        await dispatch.run(self._app, turn, answer, NoOptions(), name=typed.command.name)

    async def _suggest(self, payload: Payload) -> Payload:
        """Suggestions for a select."""
        asked = modals.suggestion_of(self.registry, payload)
        if asked is None:
            return modals.options(())
        option, others, typed = asked
        turn = await self._turn_of_form(payload)
        if turn is None or option.suggest is None:
            return modals.options((), typed)
        found = await dispatch.suggest(self._app, turn, option.suggestions(others), typed)
        return modals.options(found, typed, await turn.language(private=True))

    def _submit(self, payload: Payload) -> Reply:
        """Answer a submitted form: at once what is wrong in it, or else later in the channel."""
        view, user = part_of(payload, "view"), text_of(payload, "user", "id")
        if (asked := modals.text_in(view)) is not None:
            return self._press_form(payload, *asked)
        known = self._platform.members.known(user, math.inf)  # whoever opened it was asked for
        language = language_of(known.locale if known is not None else "")
        try:
            submitted = modals.submitted(self.registry, view, language)
        except UserError as error:
            return self._answer_form(payload, error)
        if submitted.errors:
            return {"response_action": "errors", "errors": dict(submitted.errors)}
        if submitted.wants_form:
            metadata = text_of(view, "private_metadata", most=LONGEST_METADATA)
            form = modals.form_of(
                submitted.command, submitted.values, self._platform.commands, metadata, language
            )
            return {"response_action": "update", "view": form}
        return self._answer_form(payload, submitted)

    async def _press_form(self, payload: Payload, action: str, state: str) -> None:
        """Answer a form that a button has opened, as if that had been pressed."""
        turn = await self._turn_of_form(payload, answers=True)
        if turn is not None:
            self._place(turn, self.registry.buttons.get(action))
            await dispatch.press(self._app, turn, action, state)

    def _place(self, turn: SlackTurn, pressed: Pressed | None) -> None:
        """Let what is about the whole workspace work in its direct messages, too."""
        if pressed is not None and pressed.is_for_community:
            turn.community_id = self._platform.community_id

    async def _answer_form(self, payload: Payload, submitted: modals.Submitted | UserError) -> None:
        turn = await self._turn_of_form(payload, answers=True)
        if turn is None:
            return
        if isinstance(submitted, UserError):
            await self._refuse(turn, submitted, "unknown")
        else:
            command = submitted.command
            again = self._kept(turn, command, submitted.values, _("Open the form again"))
            await self._run(turn, command, submitted.values, again)

    def _kept(
        self, turn: SlackTurn, command: Command, values: Mapping[str, Value], label: Phrase
    ) -> tuple[Button, ...]:
        """Keep what a member has typed, for the button with which a refusal opens the form."""
        if not command.options:
            return ()
        self._forms[turn.origin.user, command.name] = turn.created_at, values
        return (Button(label, home.FORM, command.name),)

    def _refused(self, turn: SlackTurn, name: str) -> Mapping[str, Value]:
        """Values that the member typed last for a command, if they were refused."""
        for key, (at, _values) in [*self._forms.items()]:
            if at < turn.created_at - FORM:
                del self._forms[key]
        return self._forms.get((turn.origin.user, name), (None, {}))[1]

    async def _turn_of_form(self, payload: Payload, *, answers: bool = False) -> SlackTurn | None:
        """The turn of a form, which has the channel in its metadata.

        answers: whether the member gets an answer, unlike to what they type in the form. A form
            that was opened in App Home has no channel: it is answered in the direct message.
        """
        metadata: object = None
        with suppress(ValueError):
            raw = text_of(payload, "view", "private_metadata", most=LONGEST_METADATA)
            metadata = json.loads(raw)
        user, channel = text_of(payload, "user", "id"), text_of(metadata, "channel")
        if answers and is_external(user) and not channel:
            try:
                channel = await self._api.open_direct(user)
            except DeliveryError as error:
                log.info("A direct message could not be opened: %s", error)
        origin = SlackOrigin(
            user,
            channel,
            response_url=_url_in(metadata),
            message=text_of(metadata, "message"),
            is_ephemeral=is_true(metadata, "is_ephemeral"),
            thread=text_of(metadata, "thread"),
            is_closed=is_true(metadata, "is_closed"),
        )
        name = text_of(payload, "user", "name")
        return await self._turns.of(origin, name, is_answered=answers)

    # Events: a member opens App Home, or the workspace removes the app.

    async def handle_event(self, event: Payload) -> None:
        """Handle one of the events that the manifest lists. Others are ignored."""
        match event.get("type"):
            case "app_home_opened" if event.get("tab") in (None, "home"):
                await self._show_home(text_of(event, "user"))
            case "member_joined_channel" if text_of(event, "user") == self._platform.bot_user:
                await self._greet(text_of(event, "channel"))
            case "channel_id_changed":
                await self._move(text_of(event, "old_channel_id"), text_of(event, "new_channel_id"))
            case "app_mention":
                await self._greet_writer(event)
            case "message" if event.get("channel_type") == "im":
                await self._greet_writer(event)
            case "app_uninstalled":
                await self._removed("removed the app")
            case "tokens_revoked" if self._platform.bot_user in _revoked(event):
                await self._removed("revoked SLACK_BOT_TOKEN")

    async def _greet(self, channel: str) -> None:
        """Welcome the workspace in the first channel to which somebody has invited the bot."""
        platform = self._platform
        if platform.community_id is not None and is_external(channel):
            try:
                number = await platform.identities.channel(platform.team, channel)
            except StoreError as error:
                log.warning("The workspace is not welcomed: %s", error)
            else:
                await self._jobs.greet(platform.community_id, number)

    async def _move(self, old: str, new: str) -> None:
        """Follow a channel that is shared with another workspace now, and has another id.

        Raises `StoreError`.
        """
        platform = self._platform
        if is_external(old) and is_external(new):
            await platform.identities.move_channel(platform.team, old, new)

    async def _greet_writer(self, event: Payload) -> None:
        """Answer a member who writes to the bot where they do. What they write is not read."""
        platform, user = self._platform, text_of(event, "user")
        channel, thread = text_of(event, "channel"), text_of(event, "thread_ts")
        is_theirs = user != platform.bot_user and NOT_WRITTEN.isdisjoint(event)
        is_theirs &= event.get("subtype") in WRITTEN
        if not (is_theirs and is_external(user) and is_external(channel)):
            return
        await self._app.begin()
        try:
            number = await platform.identities.known_user(platform.team, user)
        except StoreError as error:
            log.info("A member who wrote to the bot is not answered: %s", error)
            return

        async def send(greeting: Message) -> None:
            language = await self._turns.language_of(user) if is_direct(channel) else None
            known = thread if message_id(thread) is not None else ""
            await platform.post(channel, greeting, thread=known, language=language)

        await dispatch.greet(self._app, platform.community_id, number, user, send)

    async def _removed(self, what: str) -> None:
        """Have the workspace's data deleted, unless it adds the app again.

        That may have happened before the event arrives, which Slack sends again for minutes. Then
        the token is good. Raises `DeliveryError` if Slack does not tell: the data stays.
        """
        try:
            await self._api.identify()
        except DeliveryError as error:
            if code_of(error) not in REJECTED:
                raise
        else:
            log.info("The workspace has %s, and added the app again since", what)
            return
        log.error("The workspace has %s", what)
        if self._platform.community_id is not None:
            await self._jobs.left(self._platform.community_id)

    async def _show_home(self, user: str) -> None:
        """Show a member's App Home: Slack keeps what was shown when they opened it before."""
        try:
            self._home_cooldowns.start(user, self._app.now())
        except TooSoon:
            return
        async with self._making_homes:
            turn = await self._turns.of(SlackOrigin(user), is_answered=False)
            try:
                if turn is not None:
                    view = await home.home_view(self._app, turn, self._platform.commands)
                    await self._api.publish_home(user, view)
                    return
            except (DeliveryError, StoreError) as error:
                log.info("App Home could not be shown: %s", error)
            self._home_cooldowns.end(user)


def words_of(text: str) -> str:
    """A message's text without mentions, addresses, emoji and marks, in one line.

    >>> words_of("*Shall I* compare <@U123> to a <https://x.org|summer's day>? :sunny: &amp;c.")
    "Shall I compare to a summer's day? &c."
    """
    text = _MARKED.sub(lambda found: found[2] or "", text)
    text = _EMPHASIS.sub("", _EMOJI.sub("", _EMOJI.sub("", text)))
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return " ".join(text.split())


def _origin_of(payload: Payload) -> SlackOrigin:
    """The origin of a request about a message; without thread if the message begins the thread."""
    message, container = part_of(payload, "message"), part_of(payload, "container")
    own = text_of(message, "ts") or text_of(container, "message_ts")
    thread = text_of(message, "thread_ts") or text_of(container, "thread_ts")
    return SlackOrigin(
        text_of(payload, "user", "id"),
        text_of(payload, "channel", "id") or text_of(container, "channel_id"),
        response_url=_url_in(payload),
        message=text_of(container, "message_ts"),
        is_ephemeral=is_true(container, "is_ephemeral"),
        is_closed=_is_group(text_of(payload, "channel", "name")),
        trigger=text_of(payload, "trigger_id"),
        thread=thread if thread != own and message_id(thread) is not None else "",
    )


def _is_group(name: str) -> bool:
    """Whether a channel is a group DM, by its name: mpdm-ann--ben-1."""
    return name.startswith("mpdm-")


def _url_in(payload: object) -> str:
    return text_of(payload, "response_url", most=LONGEST_URL)


def _revoked(event: Payload) -> Collection[object]:
    """The bots (U…) whose tokens were revoked; those of members are none of ours."""
    bots = part_of(event, "tokens").get("bot")
    return bots if isinstance(bots, list) else ()

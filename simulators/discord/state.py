"""State of the simulated Discord: the server, its commands, and every interaction.

No sockets, no event loop, no files: the time comes from `clock`, and changes are reported to the
listeners of `events`.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence

from simulators.common.payloads import JSON, Upload
from simulators.discord.channel import HISTORY, Channel
from simulators.discord.guild import (
    ALL_PERMISSIONS,
    BOT_DM_PERMISSIONS,
    FOUNDED_S,
    PRIVATE_PERMISSIONS,
    Guild,
    Snowflakes,
    User,
)
from simulators.discord.limits import (
    ATTACHMENT_BYTES,
    CHANNEL,
    CHANNEL_SELECT,
    LINK_BUTTON,
    SERVERS,
    USER,
    USERS,
    ApiError,
    Context,
    PayloadErrors,
    check_choices,
)
from simulators.discord.records import (
    LOADING,
    Attachment,
    Events,
    Interaction,
    InteractionType,
    Message,
    Reply,
    Status,
    Surface,
    reply_type,
)
from simulators.discord.registry import RegisteredCommands

FOLLOW_UPS = 5
"""Messages after the first answer, where only the user has added the bot."""


class State:
    """The simulated server.

    Methods for a request of the bot or of a member raise `ApiError` where Discord would.
    """

    def __init__(
        self,
        clock: Callable[[], float],
        *,
        first_response_s: float = 3.0,
        history: int = HISTORY,
        beside: "State | None" = None,
        position: int = 0,
    ) -> None:
        """`beside`: another server of the same Discord; `position`: the number of this one."""
        self.clock = clock
        self.first_response_s = first_response_s
        self.locale = "en-US"
        """The language of the members: that of the browser."""
        self.upload_s = 0.0
        """Seconds by which a first response with files arrives later; nobody waits for them."""
        self.online = False
        self.events = Events()
        self._new_id: Snowflakes = Snowflakes(clock) if beside is None else beside._new_id
        # The same ids at each start, so that a bot with a database recognizes members and channel.
        founding = Snowflakes(lambda: FOUNDED_S + position / 1000)
        self.guild: Guild = Guild(founding) if beside is None else beside.guild.another(founding)
        self.channel = Channel(
            self.guild, self.events, clock=clock, new_id=self._new_id, history=history
        )
        self.interactions: dict[str, Interaction] = {}  # by token
        self.commands = RegisteredCommands(self.guild.bot.id, self._new_id)
        if beside is not None:
            self.commands = beside.commands
            self.channel.attachments = beside.channel.attachments  # at one address
            self.channel.by_nonce = beside.channel.by_nonce  # of one author

    def overwrite_commands(self, payloads: list[JSON], guild_id: str = "") -> list[JSON]:
        registered = self.commands.overwrite(payloads, guild_id)
        self.events.emit("commands")
        return registered

    def set_online(self, online: bool) -> None:
        """Note whether the bot is connected."""
        if online != self.online:
            self.online = online
            self.events.emit("online")

    def remove_bot(self) -> None:
        """Remove the bot from the server."""
        self.guild.joined = False
        self.events.emit("membership")
        self.events.emit("commands")

    def add_bot(self) -> None:
        """Add the bot to the server, from which it was removed."""
        self.guild.joined, self.guild.joined_s = True, self.clock()
        self.events.emit("membership")
        self.events.emit("commands")

    # Requests of a member

    def picker(self, user: User) -> list[JSON]:
        """The commands that this member sees, with the members and the channel to choose from.

        None if the bot is not in the server.
        """
        if not self.guild.joined:
            return []
        members, channel = self.guild.users.values(), self.guild.channel_payload()
        choices: dict[int, list[JSON]] = {
            USER: [{"name": member.name, "value": member.id} for member in members],
            CHANNEL: [{"name": channel["name"], "value": channel["id"]}],
        }
        listed = self.commands.picker(user, self.guild.id)
        for option in (option for each in listed for option in each["options"]):
            if option["type"] in choices:
                option["choices"] = choices[option["type"]]
        return listed

    def invoke(
        self,
        user: User,
        name: str,
        values: Mapping[str, object] | None = None,
        *,
        surface: Surface = Surface.SERVER,
    ) -> Interaction:
        """Run a slash command. The value of an attachment option is an `Upload`; that of a user or
        a channel is its id. Only the page checks values, as clients do: others are forged.
        """
        choice = self.commands.find(name, self.guild.id, surface)
        if not user.may_use(choice.command):
            raise ApiError(50013)
        given = values or {}
        if unknown := given.keys() - {option["name"] for option in choice.options}:
            form = PayloadErrors()
            form.add(f"options.{min(unknown)}", f"/{name} has no such option.")
            form.check()
        files = {k: self.channel.store_file(v) for k, v in given.items() if isinstance(v, Upload)}
        data = choice.data(dict(given) | {name: file.id for name, file in files.items()})
        resolved = self._resolved(choice.options, given)
        if files:
            resolved["attachments"] = {f.id: f.payload() for f in files.values()}
        if resolved:
            data["resolved"] = resolved
        return self._ask(
            InteractionType.COMMAND, user, f"/{name}", data, surface, files=list(files.values())
        )

    def _resolved(self, options: Sequence[JSON], values: Mapping[str, object]) -> dict[str, JSON]:
        """The members and channels that options name. Raises `ApiError` for unknown ones."""
        resolved: dict[str, JSON] = {}
        for option in options:
            value = str(values.get(option["name"], ""))
            if not value:
                continue
            if option["type"] == USER:
                chosen = self.guild.user(value)
                member = self.guild.member_payload(chosen)
                member |= {"permissions": str(chosen.permissions)}
                resolved.setdefault("users", {})[value] = chosen.payload()
                resolved.setdefault("members", {})[value] = member
            elif option["type"] == CHANNEL:
                if value != self.guild.channel_id:
                    raise ApiError(10003)
                channel = self.guild.channel_payload() | {"permissions": str(ALL_PERMISSIONS)}
                resolved.setdefault("channels", {})[value] = channel
        return resolved

    def complete(
        self, user: User, name: str, values: Mapping[str, object], focused: str
    ) -> Interaction:
        """Ask for the choices of the option `focused`, given the values typed so far."""
        data = self.commands.find(name, self.guild.id).data(values, focused)
        return self._ask(InteractionType.AUTOCOMPLETE, user, f"/{name}", data)

    def choose(self, user: User, message_id: str, custom_id: str, value: str) -> Interaction:
        """Choose a value in a menu."""
        message = self.channel.messages.get(message_id)
        if message is None or not message.visible_to(user):
            raise ApiError(10008)
        select = next((each for each in message.parts if each.get("custom_id") == custom_id), {})
        values = [option["value"] for option in select.get("options") or ()]
        if select.get("type") == CHANNEL_SELECT:
            values = [self.guild.channel_id]
        if value not in values:
            raise ApiError(50035)
        data = {"custom_id": custom_id, "component_type": select["type"], "values": [value]}
        if select["type"] == CHANNEL_SELECT:
            data |= {"resolved": self._resolved([{"name": "", "type": CHANNEL}], {"": value})}
        title = str(select.get("placeholder"))
        return self._ask(InteractionType.COMPONENT, user, title, data, source=message)

    def submit(self, asked: Interaction, values: Mapping[str, str]) -> Interaction:
        """Submit the form that an interaction has opened, with a text for each custom_id."""
        if (modal := asked.modal) is None:
            raise ApiError(10062)
        fields = [field for row in modal["components"] for field in row["components"]]
        rows = [
            {"type": 1, "components": [{"type": 4, "custom_id": each["custom_id"], "value": text}]}
            for each in fields
            if (text := values.get(each["custom_id"], each.get("value", ""))) is not None
        ]
        asked.modal = None
        data = {"custom_id": modal["custom_id"], "components": rows}
        return self._ask(
            InteractionType.MODAL, asked.user, modal["title"], data, source=asked.source
        )

    def press(self, user: User, message_id: str, custom_id: str) -> Interaction:
        """Press a button that is neither disabled nor a link."""
        message = self.channel.messages.get(message_id)
        if message is None or not message.visible_to(user):
            raise ApiError(10008)
        button = next((each for each in message.buttons if each.custom_id == custom_id), None)
        if button is None or button.style == LINK_BUTTON:
            raise ApiError(50035)
        if button.disabled:
            raise ApiError(50013)
        data = {"custom_id": custom_id, "component_type": 2}
        surface = message.asked.surface if message.asked is not None else Surface.SERVER
        return self._ask(
            InteractionType.COMPONENT, user, button.label, data, surface, source=message
        )

    def _ask(
        self,
        kind: InteractionType,
        user: User,
        title: str,
        data: JSON,
        surface: Surface = Surface.SERVER,
        *,
        source: Message | None = None,
        files: Sequence[Attachment] = (),
    ) -> Interaction:
        if not self.guild.joined and surface is Surface.SERVER:
            raise ApiError(50001)
        asked = Interaction(
            id=self._new_id(),
            token=secrets.token_urlsafe(48),
            kind=kind,
            user=user,
            title=title,
            data=data,
            created_at=self.clock(),
            source=source,
            surface=surface,
            files=list(files),
        )
        self.interactions[asked.token] = asked
        self.events.emit("interaction", asked)
        return asked

    def interaction_payload(self, asked: Interaction) -> JSON:
        """The INTERACTION_CREATE event, as the bot receives it."""
        channel = self.guild.channel_payload() | {"permissions": str(asked.user.permissions)}
        payload: JSON = {
            "id": asked.id,
            "application_id": self.guild.bot.id,
            "type": int(asked.kind),
            "token": asked.token,
            "version": 1,
            "data": asked.data,
            "guild_id": self.guild.id,
            "channel_id": self.guild.channel_id,
            "channel": channel,
            "member": self.guild.member_payload(asked.user)
            | {"permissions": str(asked.user.permissions)},
            "app_permissions": str(self.guild.bot.permissions),
            "locale": self.locale,
            "guild_locale": self.guild.told_locale,
            "context": int(Context.SERVER),
            "authorizing_integration_owners": {str(SERVERS): self.guild.id},
            "attachment_size_limit": ATTACHMENT_BYTES,
        }
        if asked.surface is not Surface.SERVER:
            payload |= self._elsewhere(asked)
        if asked.surface.context is not Context.SERVER:
            payload |= {"user": payload["member"]["user"]}
            del payload["guild_id"], payload["guild_locale"], payload["member"]
        if asked.source is not None:
            payload["message"] = asked.source.payload()
        return payload

    def _elsewhere(self, asked: Interaction) -> JSON:
        """The fields that differ in an INTERACTION_CREATE event from outside of the server."""
        elsewhere, kinds = self.guild.elsewhere_id, {Context.BOT_DM: 1, Context.PRIVATE: 3}
        surface = asked.surface
        channel = {"id": elsewhere, "type": kinds.get(surface.context, 0), "name": "elsewhere"}
        owner = "0" if surface.install == SERVERS else asked.user.id
        is_private = surface is Surface.PRIVATE
        return {
            "guild_id": elsewhere,
            "channel_id": elsewhere,
            "channel": channel | {"permissions": str(asked.user.permissions), "position": 0},
            "app_permissions": str(PRIVATE_PERMISSIONS if is_private else BOT_DM_PERMISSIONS),
            "context": int(surface.context),
            "authorizing_integration_owners": {str(surface.install): owner},
        }

    # Responses of the bot

    def answer(
        self, interaction_id: str, token: str, payload: JSON, uploads: Sequence[Upload] = ()
    ) -> JSON:
        """The first response to an interaction: POST /interactions/{id}/{token}/callback."""
        asked = self.interactions.get(token)
        if asked is None or asked.id != interaction_id:
            raise ApiError(10062)
        if asked.acknowledged:
            raise ApiError(40060)
        arrived_at = self.clock() + self.upload_s * bool(uploads)
        if asked.failed or arrived_at - asked.created_at > self.first_response_s:
            raise ApiError(10062)
        reply = reply_type(asked, payload.get("type"))
        data: JSON = payload.get("data") or {}
        if reply is Reply.CHOICES:
            asked.choices = check_choices(data)
        elif reply is Reply.MODAL:
            asked.modal = data
        elif reply is Reply.UPDATE and asked.source is not None:
            self.channel.rewrite(asked.source, data, uploads)
            asked.original = asked.source
        elif reply is Reply.DEFERRED_UPDATE:
            asked.original = asked.source
        else:
            self._open_thread(asked)
            draft = self.channel.draft(self.guild.bot, data, asked=asked, reply_to=asked.source)
            if reply is Reply.DEFERRED_MESSAGE:
                draft.flags |= LOADING
            else:
                self.channel.fill(draft, data, uploads)
            asked.original = self.channel.add(draft)
        asked.acknowledged_at = self.clock()
        deferred = reply in (Reply.DEFERRED_MESSAGE, Reply.DEFERRED_UPDATE)
        self._progress(asked, Status.DEFERRED if deferred else Status.ANSWERED)
        return self._callback_payload(asked, reply)

    def give_up(self, asked: Interaction) -> None:
        """Fail an interaction that was not acknowledged within 3 seconds."""
        if asked.status is Status.WAITING:
            self._progress(asked, Status.FAILED)

    def expire(self, asked: Interaction) -> None:
        """Expire an interaction's token after 15 minutes; "thinking…" becomes a failure.

        A press that was only acknowledged (type 6) has nothing to show, so it does not fail.
        """
        self.interactions.pop(asked.token, None)
        self.channel.delete_files(asked.files)
        if asked.original is not None and asked.original.loading:
            asked.original.failed = True
            self.events.emit("edit", asked.original)
        if asked.status is Status.DEFERRED:
            silent = asked.original is asked.source
            self._progress(asked, Status.ANSWERED if silent else Status.FAILED)

    def follow_up(self, token: str, payload: JSON, uploads: Sequence[Upload] = ()) -> Message:
        """POST /webhooks/{application}/{token}: one more message.

        After a deferral, the first one replaces "thinking…", as on Discord.
        """
        asked = self._live(token)
        if asked.original is not None and asked.original.loading:
            return self.edit_reply(token, "@original", payload, uploads)
        if asked.surface.install == USERS and len(asked.followups) >= FOLLOW_UPS:
            raise ApiError(40094)
        self._open_thread(asked)
        message = self.channel.draft(self.guild.bot, payload, asked=asked, reply_to=asked.original)
        self.channel.fill(message, payload, uploads)
        asked.followups.append(self.channel.add(message))
        self._progress(asked, Status.ANSWERED)
        return message

    def edit_reply(
        self, token: str, message_id: str, payload: JSON, uploads: Sequence[Upload] = ()
    ) -> Message:
        """PATCH of an answer of an interaction, which `message_id` or "@original" names."""
        asked = self._live(token)
        posted = self.channel.messages.get(message_id)
        message = asked.original if message_id == "@original" else posted
        if message is None or message not in asked.messages:
            raise ApiError(10008)
        self.channel.rewrite(message, payload, uploads)
        self._progress(asked, Status.ANSWERED)
        return message

    def _open_thread(self, asked: Interaction) -> None:
        if asked.surface is Surface.SERVER:
            self.channel.open_thread()

    def _live(self, token: str) -> Interaction:
        asked = self.interactions.get(token)
        if asked is None:
            raise ApiError(50027)
        if not asked.acknowledged:
            raise ApiError(10015)
        return asked

    def _progress(self, asked: Interaction, status: Status) -> None:
        asked.status = status
        self.events.emit("progress", asked)

    def _callback_payload(self, asked: Interaction, reply: Reply) -> JSON:
        answered: JSON = {"interaction": {"id": asked.id}, "resource": {"type": int(reply)}}
        if asked.original is not None:
            answered["interaction"]["response_message_id"] = asked.original.id
            if reply in (Reply.MESSAGE, Reply.UPDATE):
                answered["resource"]["message"] = asked.original.payload()
        return answered

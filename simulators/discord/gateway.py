"""Gateway: the WebSocket that sends events to the bot.

A session outlives its connection. Events are numbered and kept, so a client that lost its
connection can resume after the last event it received (Discord's documentation, "Gateway").
"""

import asyncio
import json
import logging
import secrets
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from aiohttp import WSMsgType, web

from simulators.common.payloads import JSON
from simulators.discord.records import Event, Interaction, Message
from simulators.discord.servers import Servers, shard_of
from simulators.discord.state import State

_log = logging.getLogger(__name__)

DISPATCH, HEARTBEAT, IDENTIFY, RESUME = 0, 1, 2, 6
INVALID_SESSION, HELLO, HEARTBEAT_ACK = 9, 10, 11
AUTHENTICATION_FAILED, TIMED_OUT = 4004, 4009
INVALID_SHARD, DISALLOWED_INTENTS = 4010, 4014
# Members, presences, message content: they have to be enabled for a bot in Discord's portal.
PRIVILEGED_INTENTS = 1 << 1 | 1 << 8 | 1 << 15
GUILD_MESSAGES_INTENT = 1 << 9
KEPT_EVENTS = 1000
HEARTBEAT_S = 41.25
"""Interval of heartbeats, as sent to clients."""
ACK_DELAY_S = 0.05
"""Seconds until a heartbeat is acknowledged. discord.py notes the time of a heartbeat after it has
sent it: an answer that is there before seems to be late, and is logged as "Can't keep up"."""


@dataclass(eq=False)
class Session:
    """An identified client, connected or not."""

    id: str
    shard: tuple[int, int]
    intents: int
    socket: web.WebSocketResponse | None = None
    transport: asyncio.Transport | None = None
    sequence: int = 0
    cursor: int = 0  # number of the last event sent over the present connection
    kept: deque[str] = field(default_factory=deque)
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    is_stalled: bool = False  # its present connection is open, and carries nothing

    def append(self, name: str, data: object) -> None:
        self.sequence += 1
        frame = {"op": DISPATCH, "t": name, "s": self.sequence, "d": data}
        self.kept.append(json.dumps(frame))
        # Events that a slow client has not received yet are all kept.
        unsent = self.sequence - self.cursor if self.socket is not None else 0
        while len(self.kept) > max(KEPT_EVENTS, unsent):
            self.kept.popleft()
        self.wake.set()

    def remembers(self, sequence: int) -> bool:
        """Whether every event after number `sequence` is still kept."""
        return self.sequence - len(self.kept) <= sequence <= self.sequence

    def pending(self) -> Iterator[str]:
        while self.cursor < self.sequence:
            text = self.kept[self.cursor - self.sequence]
            self.cursor += 1
            yield text


class Gateway:
    """All sessions. Sends the state's events to those that should receive them."""

    def __init__(self, servers: Servers, token: str) -> None:
        self.url = ""
        self.identified: list[int] = []
        """The shards of all IDENTIFYs, in order."""
        self._servers, self._token = servers, token
        self._sessions: dict[str, Session] = {}
        for server in servers:
            server.events.listeners.append(partial(self._hear, server))

    def is_connected(self, shard_id: int) -> bool:
        """Whether a shard has a connection."""
        return any(s.shard[0] == shard_id and s.socket is not None for s in self._sessions.values())

    async def drop(self) -> None:
        """Cut every connection, like a failing network; the sessions can be resumed."""
        for session in self._sessions.values():
            if session.transport is not None:
                session.transport.abort()
                session.socket = session.transport = None
        self._update_online()

    async def send_frame(self, text: str) -> None:
        """Send a frame as it is, for example one that breaks off."""
        for session in self._sessions.values():
            if session.socket is not None and not session.is_stalled:
                await session.socket.send_str(text)

    def send_event(self, name: str, data: object) -> None:
        """Send an event with any data."""
        for session in self._sessions.values():
            session.append(name, data)

    def stall(self) -> None:
        """Leave every connection half-open, like a lost route: nothing arrives on either side."""
        for session in self._sessions.values():
            if session.transport is not None:
                session.transport.pause_reading()
                session.is_stalled = True

    async def close(self) -> None:
        for session in list(self._sessions.values()):
            if session.socket is not None:
                await session.socket.close(code=1001)

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """Serve a connection from HELLO until it closes."""
        socket = web.WebSocketResponse(receive_timeout=HEARTBEAT_S * 1.5, timeout=1.0)
        await socket.prepare(request)
        interval = int(HEARTBEAT_S * 1000)
        await socket.send_str(json.dumps({"op": HELLO, "d": {"heartbeat_interval": interval}}))
        session: Session | None = None
        pump: asyncio.Task[None] | None = None
        try:
            async for message in socket:
                if message.type is not WSMsgType.TEXT:
                    break
                frame = json.loads(message.data)
                op, data = frame.get("op"), frame.get("d")
                if session is not None and session.is_stalled and session.socket is socket:
                    continue
                if op == HEARTBEAT:
                    await asyncio.sleep(ACK_DELAY_S)
                    await socket.send_str(json.dumps({"op": HEARTBEAT_ACK}))
                elif op in (IDENTIFY, RESUME) and session is None:
                    open_session = self._identify if op == IDENTIFY else self._resume
                    session = await open_session(socket, data)
                    if session is not None:
                        session.socket = socket
                        session.transport = request.transport
                        session.is_stalled = False
                        pump = asyncio.create_task(self._pump(session, socket))
                        self._update_online()
        except TimeoutError:
            await socket.close(code=TIMED_OUT, message=b"Session timed out.")
        except ConnectionError:
            pass  # the bot was killed; its session is resumed or ends as after any disconnect
        finally:
            if pump is not None:
                pump.cancel()
            if session is not None:
                self._disconnected(session, socket)
        return socket

    async def _identify(self, socket: web.WebSocketResponse, data: JSON) -> Session | None:
        intents = int(data.get("intents") or 0)
        shard_id, shard_count = map(int, data.get("shard") or (0, 1))
        for is_wrong, code, message in (
            (data.get("token") != self._token, AUTHENTICATION_FAILED, b"Authentication failed."),
            (intents & PRIVILEGED_INTENTS, DISALLOWED_INTENTS, b"Disallowed intent(s)."),
            (not 0 <= shard_id < shard_count, INVALID_SHARD, b"Invalid shard."),
        ):
            if is_wrong:
                await socket.close(code=code, message=message)
                return None
        self.identified.append(shard_id)
        session = Session(secrets.token_hex(16), (shard_id, shard_count), intents)
        self._sessions = {
            key: old for key, old in self._sessions.items() if old.shard != session.shard
        }
        self._sessions[session.id] = session
        bot = self._servers[0].guild.bot
        guilds = [s.guild for s in self._servers if s.guild.joined and _has(session, s.guild.id)]
        session.append(
            "READY",
            {
                "user": bot.payload(),
                "guilds": [{"id": guild.id, "unavailable": True} for guild in guilds],
                "session_id": session.id,
                "resume_gateway_url": self.url,
                "shard": [shard_id, shard_count],
                "application": {"id": bot.id, "flags": 0},
            },
        )
        for guild in guilds:
            session.append("GUILD_CREATE", guild.payload())
        return session

    async def _resume(self, socket: web.WebSocketResponse, data: JSON) -> Session | None:
        session = self._sessions.get(str(data.get("session_id")))
        sequence = int(data.get("seq") or 0)
        if data.get("token") != self._token or session is None or not session.remembers(sequence):
            await socket.send_str(json.dumps({"op": INVALID_SESSION, "d": False}))
            return None
        _log.info("The client resumed its session; missed events: %d.", session.sequence - sequence)
        session.cursor = sequence
        session.append("RESUMED", {})
        return session

    def _disconnected(self, session: Session, socket: web.WebSocketResponse) -> None:
        if session.socket is socket:
            session.socket = session.transport = None
        if socket.close_code in (1000, 1001):  # a client that closes properly does not resume
            self._sessions.pop(session.id, None)
        self._update_online()

    def _update_online(self) -> None:
        connected = [s for s in self._sessions.values() if s.socket is not None]
        for server in self._servers:
            server.set_online(any(_has(session, server.guild.id) for session in connected))

    def _hear(self, server: State, event: Event) -> None:
        """Send an event of a server to the session whose shard has it."""
        guild, subject = server.guild, event.subject
        if event.name == "membership" and guild.joined:
            self._dispatch(guild.id, "GUILD_CREATE", guild.payload())
        elif event.name == "membership":
            self._dispatch(guild.id, "GUILD_DELETE", {"id": guild.id})
        elif isinstance(subject, Interaction) and event.name == "interaction":
            self._dispatch(guild.id, "INTERACTION_CREATE", server.interaction_payload(subject))
        elif isinstance(subject, Message) and not subject.ephemeral:
            data = subject.payload() | {"guild_id": guild.id}
            if not subject.author.bot:
                data["content"] = ""  # hidden without the message content intent
                data["member"] = guild.member_payload(subject.author)
            name = {"message": "CREATE", "edit": "UPDATE", "delete": "DELETE"}[event.name]
            self._dispatch(guild.id, f"MESSAGE_{name}", data, intent=GUILD_MESSAGES_INTENT)

    def _dispatch(self, guild_id: str, name: str, data: JSON, *, intent: int = 0) -> None:
        for session in self._sessions.values():
            if _has(session, guild_id) and session.intents & intent == intent:
                session.append(name, data)

    async def _pump(self, session: Session, socket: web.WebSocketResponse) -> None:
        """Send a session's events until the connection closes, or another one replaces it."""
        while not socket.closed and session.socket is socket:
            session.wake.clear()
            if not session.is_stalled:
                for text in session.pending():
                    await socket.send_str(text)
            await session.wake.wait()


def _has(session: Session, guild_id: str) -> bool:
    """Whether a session gets the events of a server."""
    shard_id, shard_count = session.shard
    return shard_of(guild_id, shard_count) == shard_id

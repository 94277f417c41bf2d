"""REST API: a table of the routes that the bot uses, with token check and rate limits.

Errors have Discord's codes. An unknown route is answered with an error that names it.
"""

import hashlib
import json
import logging
import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.web_request import FileField

from simulators.common.payloads import JSON, Upload
from simulators.common.rate_limits import Allowance, RateLimiter
from simulators.discord.gateway import Gateway
from simulators.discord.limits import ApiError
from simulators.discord.records import Message
from simulators.discord.servers import Servers
from simulators.discord.state import State

_log = logging.getLogger(__name__)

PREFIX = "/api/v10"
GUILD_COMMANDS = "/applications/{application}/guilds/{guild}/commands"


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A parsed request."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    items: list[JSON]  # the payload of the route that takes a list
    content: tuple[JSON, list[Upload]]  # the payload of others, and files

    def __getitem__(self, parameter: str) -> str:
        """The value of a path parameter."""
        return self.path[parameter]


@dataclass(frozen=True, slots=True)
class Route:
    """A route. The handler's result is sent as JSON (a message as its payload), None as a 204."""

    method: str
    path: str
    handler: Callable[[ApiCall], object]
    limited_by: str | None = None  # the path parameter by which requests are limited


def too_many_requests(
    seconds: float,
    everything: bool,
    headers: Mapping[str, str] | None = None,
    about: JSON | None = None,
) -> web.Response:
    """A 429, after which discord.py waits for `seconds` and tries again."""
    seconds = max(0.001, seconds)
    message = "You are being rate limited."
    body = {"message": message, "retry_after": round(seconds, 3), "global": everything}
    body |= about or {}
    # discord.py takes a 429 without Via for a ban by Cloudflare.
    sent = {"Via": "1.1 local", "Retry-After": f"{math.ceil(seconds)}"}
    if everything:
        sent["X-RateLimit-Global"] = "true"
    else:
        sent |= {"X-RateLimit-Scope": "user", "X-RateLimit-Reset-After": f"{seconds:.3f}"}
    return json_response(body, status=429, headers=sent | dict(headers or {}))


def json_response(
    body: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """A JSON response. Its type has no charset, or discord.py would read it as text."""
    content = {"Content-Type": "application/json"} | dict(headers or {})
    return web.Response(body=json.dumps(body).encode(), status=status, headers=content)


def unknown_route(method: str, path: str) -> web.Response:
    """The response to a route that the simulator does not have."""
    _log.warning("The Discord simulator has no route %s %s.", method, path)
    message = f"404: Not Found. The Discord simulator has no route {method} {path}."
    return json_response({"message": message, "code": 0}, status=404)


async def parse(request: web.Request) -> ApiCall:
    """Parse a request's body: JSON, or multipart with `payload_json` and `files[n]`."""
    body: object = {}
    uploads: list[Upload] = []
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        body = json.loads(str(form["payload_json"]))
        about = body.get("data", body) if isinstance(body, dict) else {}
        described = {str(item["id"]): item for item in about.get("attachments") or []}
        for key, value in form.items():
            if isinstance(value, FileField):
                item = described.get(key.removeprefix("files[")[:-1], {})
                name = str(item.get("filename") or value.filename)
                uploads.append(Upload(name, value.file.read(), item.get("description")))
    elif request.can_read_body:
        body = json.loads(await request.text() or "{}")
    payload = body if isinstance(body, dict) else {}
    items = body if isinstance(body, list) else []
    return ApiCall(request.match_info, request.query, items, (payload, uploads))


class Rest:
    """The routes, the bot's token, and the rate limits."""

    def __init__(
        self,
        servers: Servers,
        token: str,
        gateway: Gateway,
        limits: tuple[RateLimiter, RateLimiter],
        shards: int,
        max_concurrency: int,
    ) -> None:
        """`limits`: of writes to a channel or an interaction, and of all requests."""
        self.refused: Counter[str] = Counter()
        self._servers, self._token, self._clock = servers, token, servers[0].clock
        self._gateway, self._limits = gateway, limits
        self._shards, self._concurrency = shards, max_concurrency

    def add_to(self, app: web.Application) -> None:
        for route in self._routes():
            app.router.add_route(route.method, PREFIX + route.path, self._serve(route))

    def _routes(self) -> Iterator[Route]:
        servers, guild = self._servers, self._servers[0].guild
        yield Route("GET", "/gateway", lambda c: {"url": self._gateway.url})
        yield Route("GET", "/gateway/bot", lambda c: self._gateway_bot())
        yield Route("GET", "/users/@me", lambda c: guild.bot.payload())
        yield Route("GET", "/users/@me/guilds", lambda c: self._guilds())
        yield Route("GET", "/users/{user}", lambda c: guild.user(c["user"]).payload())
        yield Route("GET", "/applications/@me", lambda c: self._application())
        yield Route("GET", "/oauth2/applications/@me", lambda c: self._application())
        commands = "/applications/{application}/commands"
        yield Route("PUT", commands, lambda c: servers[0].overwrite_commands(c.items))

        in_guild = servers.of_guild
        yield Route("PUT", GUILD_COMMANDS, self._overwrite_in_guild)
        leave = "/users/@me/guilds/{guild}"
        yield Route("DELETE", leave, lambda c: in_guild(c["guild"]).remove_bot())
        yield Route("GET", "/guilds/{guild}", lambda c: in_guild(c["guild"]).guild.payload())
        yield Route("GET", "/guilds/{guild}/members/{user}", self._member)

        webhook, message = "/webhooks/{application}/{token}", "messages/{message}"
        yield Route("POST", "/interactions/{interaction}/{token}/callback", self._callback)
        yield Route("POST", webhook, self._follow_up, "token")
        yield Route("PATCH", f"{webhook}/{message}", self._edit_reply, "token")

        channel = "/channels/{channel}"
        yield Route("GET", channel, lambda c: self._place(c).guild.channel_payload())
        yield Route("PATCH", channel, lambda c: self._place(c).guild.change_thread(c.content[0]))
        post = f"{channel}/messages"
        yield Route("POST", post, lambda c: self._place(c).channel.post(*c.content), "channel")
        yield Route("PATCH", f"{channel}/{message}", self._edit, "channel")

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def serve(request: web.Request) -> web.Response:
            headers = self._admit(route, request)
            if isinstance(headers, web.Response):
                return headers
            body = route.handler(await parse(request))
            if body is None:
                return web.Response(status=204, headers=headers)
            if isinstance(body, Message):
                body = body.payload()
            return json_response(body, headers=headers)

        return serve

    def _admit(self, route: Route, request: web.Request) -> dict[str, str] | web.Response:
        """Check the token and the rate limits; the headers for the response, or a 429."""
        if "{token}" not in route.path:  # of an interaction
            if request.headers.get("Authorization") != f"Bot {self._token}":
                raise ApiError(0)
            if not (whole := self._limits[1].take("")).granted:
                self.refused["everything"] += 1
                return too_many_requests(whole.reset_after, everything=True)
        if route.limited_by is None:
            return {}
        bucket = f"{route.method} {route.path}"
        allowance = self._limits[0].take(f"{bucket} {request.match_info[route.limited_by]}")
        headers = _rate_headers(allowance, bucket, self._clock())
        if not allowance.granted:
            self.refused[bucket] += 1
            return too_many_requests(allowance.reset_after, everything=False, headers=headers)
        return headers

    def _application(self) -> JSON:
        first = self._servers[0]
        installs: JSON = {str(each): {} for each in first.commands.installs}
        return first.guild.application_payload() | {"integration_types_config": installs}

    def _gateway_bot(self) -> JSON:
        limit = {"total": 1000, "remaining": 1000, "reset_after": 0}
        limit["max_concurrency"] = self._concurrency
        return {"url": self._gateway.url, "shards": self._shards, "session_start_limit": limit}

    def _guilds(self) -> list[JSON]:
        return [server.guild.payload() for server in self._servers if server.guild.joined]

    def _overwrite_in_guild(self, call: ApiCall) -> list[JSON]:
        server = next((each for each in self._servers if each.guild.id == call["guild"]), None)
        if server is None or not server.guild.joined:
            raise ApiError(50001)
        return server.overwrite_commands(call.items, server.guild.id)

    def _member(self, call: ApiCall) -> JSON:
        guild = self._servers.of_guild(call["guild"]).guild
        return guild.member_payload(guild.user(call["user"]))

    def _place(self, call: ApiCall) -> State:
        return self._servers.of_channel(call["channel"])

    def _edit(self, call: ApiCall) -> Message:
        return self._place(call).channel.edit(call["message"], *call.content)

    def _follow_up(self, call: ApiCall) -> Message:
        return self._servers.of_token(call["token"]).follow_up(call["token"], *call.content)

    def _edit_reply(self, call: ApiCall) -> Message:
        state = self._servers.of_token(call["token"])
        return state.edit_reply(call["token"], call["message"], *call.content)

    def _callback(self, call: ApiCall) -> JSON | None:
        state = self._servers.of_token(call["token"])
        answered = state.answer(call["interaction"], call["token"], *call.content)
        return answered if call.query.get("with_response") in ("1", "true") else None


def _rate_headers(allowance: Allowance, bucket: str, now: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": f"{allowance.limit}",
        "X-RateLimit-Remaining": f"{allowance.remaining}",
        "X-RateLimit-Reset": f"{now + allowance.reset_after:.3f}",
        "X-RateLimit-Reset-After": f"{allowance.reset_after:.3f}",
        "X-RateLimit-Bucket": hashlib.sha256(bucket.encode()).hexdigest()[:32],
    }

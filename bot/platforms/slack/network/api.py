"""Slack's Web API: every call with a time limit, its errors as `DeliveryError`, and proxies."""

import asyncio
import http
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from slack_sdk.errors import SlackApiError, SlackRequestError
from slack_sdk.version import __version__
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse
from slack_sdk.webhook.async_client import AsyncWebhookClient
from slack_sdk.webhook.webhook_response import WebhookResponse

from bot.chat.message import File
from bot.chat.translation import _
from bot.chat.turn import DeliveryError, Forbidden, Gone, Unreachable
from bot.concurrency import Locks
from bot.monitoring.monitor import Monitor
from bot.platforms.slack.network.edit_budget import EDIT_S, EditBudget
from bot.platforms.slack.network.errors import NO_DIRECT, LostAnswer, error_of
from bot.platforms.slack.payloads import list_of, part_of, text_of
from bot.text.formats import cut
from bot.text.technical import technical

log = logging.getLogger(__name__)
library = logging.getLogger("slack_sdk.quiet")
library.setLevel(logging.WARNING)  # below that it logs members' words and secret addresses

BASE_URL = "https://slack.com/api/"
LIBRARY = __version__
"""The version of slack-sdk."""
REQUEST_S = 10.0
"""Time limit of a call, in seconds, with the pauses that rate limits impose."""
TRANSFER_S = 30.0
"""Time limit of a call that carries files."""
PROCESSING_S = (0.1, 0.2, 0.4, 0.8, 1.6, 1.6)
"""Seconds between looks at a file that Slack processes: in a block it would be refused before."""
WAITING_S = 60.0
"""Seconds that an edit waits for its turn at most."""
TRIES = 3
"""Attempts at a call that Slack answers with 429."""
ALTERNATIVE = 1_000
"""Characters that describe an uploaded file."""
PAGE = 1_000
"""Members in one answer, at most."""
REDIRECTS = 3
"""Most redirects of a request for a file."""
READ_FILES = "files:read"
"""The scope for files of members."""
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 3600.0

Part = Mapping[str, Any]
"""A rendered message: `text` and `blocks`; or other arguments."""
EPHEMERAL: Part = {"response_type": "ephemeral", "replace_original": False}
"""Arguments of an answer through a `response_url` that only the member sees."""
IN_CHANNEL: Part = {"response_type": "in_channel", "replace_original": False}
"""Arguments of an answer through a `response_url` that everybody in the channel sees."""

_INERT = {"mrkdwn": False, "unfurl_links": False, "unfurl_media": False}
"""No words of members or networks format anything or show a preview of a page. With `mrkdwn`, a
star in them would be bold in a notification."""
_NO_NETWORK = (aiohttp.ClientError, OSError, json.JSONDecodeError)
"""Errors of a failed connection; `OSError` includes timeouts."""
_NO_FILE = (http.HTTPStatus.FORBIDDEN, http.HTTPStatus.NOT_FOUND, http.HTTPStatus.GONE)
"""Answers for a file that is deleted, or that the bot may not read."""
_NO_JSON = (SlackRequestError, AttributeError, TypeError, UnicodeError)
"""Errors of the library if a proxy answers with something else than JSON."""

_NO_SCOPE = _(
    "The bot can't read files in this workspace, because it doesn't have the scope {scope}. Ask "
    "an admin to add the scope to the app, then install the app again."
)
_NO_ACCESS = _(
    "Slack won't let the bot read this file. Add it again. If that doesn't help, ask a workspace "
    "admin to allow the app to read files."
)


class SlackApi:
    """The calls of Slack's Web API that the bot makes. All raise `DeliveryError`."""

    def __init__(
        self,
        token: str,
        *,
        monitor: Monitor,
        base_url: str = BASE_URL,
        edit_s: float = EDIT_S,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`token`: xoxb-…. `base_url` ends with a slash. `edit_s`: seconds between two edits."""
        self.base_url = base_url
        self.budget = EditBudget(edit_s, clock=clock, sleep=sleep)
        self.scopes: frozenset[str] = frozenset()
        """Scopes of the token, once `identify` has been called."""
        self._token = token
        self._monitor = monitor
        self._clock = clock
        self._sleep = sleep
        self._paused: dict[str, float] = {}
        """Times at which calls may go on that Slack has answered with 429, by kind."""
        self._waiting = Locks()
        self._is_closed = False
        self._session: aiohttp.ClientSession | None = None
        self._web: AsyncWebClient | None = None

    async def close(self) -> None:
        """Close the connections. Later calls raise `Unreachable`."""
        self._is_closed = True
        if self._session is not None:
            await self._session.close()

    async def identify(self) -> Mapping[str, Any]:
        """The token's workspace and user: `team_id`, `team`, `user_id`, `user`, `url`."""

        async def ask(web: AsyncWebClient) -> AsyncSlackResponse:
            answer = await web.auth_test()
            scopes = answer.headers.get("X-OAuth-Scopes", "")
            self.scopes = frozenset(filter(None, map(str.strip, scopes.split(","))))
            return answer

        return await self._call("auth.test", ask)

    async def app_of(self, bot: str) -> str:
        """The app (A…) of a bot (B…). Needs the scope users:read."""
        found = await self._ask("bots.info", bot=bot)
        return text_of(found, "bot", "app_id")

    async def connection_address(self, app_token: str) -> str:
        """A fresh address for Socket Mode, which is a secret."""
        found = await self._ask("apps.connections.open", app_token=app_token)
        return text_of(found, "url", most=4_096)

    async def user(self, user: str) -> Mapping[str, Any]:
        """A member, with their rights."""
        return part_of(await self._ask("users.info", user=user, include_locale=True), "user")

    async def members(self, cursor: str = "") -> tuple[Sequence[Mapping[str, object]], str]:
        """Up to `PAGE` members, with their rights. `cursor` is where the last call has ended.

        Returns them and where the call has ended; "" if there are no more.
        """
        found = await self._ask(
            "users.list", limit=PAGE, cursor=cursor or None, include_locale=True
        )
        end = text_of(found, "response_metadata", "next_cursor")
        return list_of(found, "members", most=PAGE), end

    async def open_direct(self, user: str) -> str:
        """The direct message with a member (D…)."""
        try:
            found = await self._ask("conversations.open", users=[user])
        except Gone as error:  # of another workspace, perhaps: other answers reach them
            raise Forbidden(str(error), sentence=NO_DIRECT) from error
        return text_of(found, "channel", "id")

    async def post(self, channel: str, part: Part, *, thread: str = "") -> str:
        """Send a message. Returns its timestamp."""
        found = await self._ask(
            "chat.postMessage",
            place=channel,
            channel=channel,
            **part,
            thread_ts=thread or None,
            parse="none",
            link_names=False,
            **_INERT,
        )
        return text_of(found, "ts")

    async def post_privately(self, channel: str, user: str, part: Part, *, thread: str) -> None:
        """Send a message that only one member sees, in a thread: no `response_url` can do that."""
        await self._ask(
            "chat.postEphemeral",
            place=channel,
            channel=channel,
            user=user,
            **part,
            thread_ts=thread,
            parse="none",
            link_names=False,
        )

    async def update(self, channel: str, timestamp: str, part: Part) -> Mapping[str, Any] | None:
        """Replace a message, as soon as the workspace's budget allows it. Returns it.

        `None` if a newer edit of the message has come meanwhile, and this one was left out.
        """
        try:
            async with asyncio.timeout(WAITING_S):
                if not await self.budget.turn(channel, timestamp):
                    return None
        except TimeoutError as error:
            raise Unreachable("too many edits are waiting") from error
        found = await self._ask(
            "chat.update", channel=channel, ts=timestamp, **part, parse="none", link_names=False
        )
        return part_of(found, "message")

    async def thread_of(self, channel: str, timestamp: str) -> str:
        """The thread to which a message belongs, or that it can begin."""
        found = await self._ask("chat.getPermalink", channel=channel, message_ts=timestamp)
        query = parse_qs(urlsplit(text_of(found, "permalink", most=4_096)).query)
        return query.get("thread_ts", [timestamp])[0]

    async def revoke(self) -> None:
        """Give up the bot's token, for good."""
        await self._ask("auth.revoke")

    async def open_view(self, trigger: str, view: Mapping[str, Any]) -> None:
        """Open a modal. A trigger lasts three seconds."""
        await self._ask("views.open", trigger_id=trigger, view=dict(view))

    async def update_view(self, view_id: str, digest: str, view: Mapping[str, Any]) -> None:
        """Replace a modal, unless it is another one than that with this `hash` meanwhile."""
        await self._ask("views.update", view_id=view_id, hash=digest, view=dict(view))

    async def publish_home(self, user: str, view: Mapping[str, Any]) -> None:
        """Show a member's App Home."""
        await self._ask("views.publish", user_id=user, view=dict(view))

    async def upload(self, channel: str, files: Sequence[File], *, thread: str = "") -> list[str]:
        """Send files as one message, in a channel that the bot is in. Returns their ids."""
        uploads = [
            {
                "content": file.content,
                "filename": file.name,
                "title": file.name,
                "alt_txt": cut(file.description, ALTERNATIVE) or None,
            }
            for file in files
        ]
        found = await self._call(
            "files.upload",
            lambda web: web.files_upload_v2(
                channel=channel, thread_ts=thread or None, file_uploads=uploads
            ),
            limit=TRANSFER_S,
        )
        return [each for file in list_of(found, "files") if (each := text_of(file, "id"))]

    async def begin_upload(self, file: File) -> tuple[str, str]:
        """The id (F…) that a file will have, and the address that takes it."""
        found = await self._ask(
            "files.getUploadURLExternal",
            filename=file.name,
            length=len(file.content),
            alt_txt=cut(file.description, ALTERNATIVE) or None,
        )
        return text_of(found, "file_id"), text_of(found, "upload_url", most=4_096)

    async def finish_upload(self, identifier: str, address: str, file: File) -> None:
        """Send a file, share it nowhere, and wait until Slack has processed it."""
        if not self.is_ours(address):
            raise DeliveryError("an upload does not lead to Slack")
        session, _web = self._opened()
        try:
            async with (
                asyncio.timeout(TRANSFER_S),
                session.request(
                    "POST", address, data=file.content, proxy=proxy_for(address)
                ) as answer,
            ):
                self._count(answer.status)
                if answer.status != http.HTTPStatus.OK:
                    raise error_of("an upload", "", answer.status)
        except _NO_NETWORK as error:
            self._count(None)
            raise Unreachable(type(error).__name__) from error
        await self._ask(
            "files.completeUploadExternal", files=[{"id": identifier, "title": file.name}]
        )
        for pause in PROCESSING_S:
            found = await self._ask("files.info", file=identifier)
            if text_of(found, "file", "mimetype"):
                return
            await self._sleep(pause)
        raise Unreachable("a picture is not processed yet")

    async def alternative_text(self, file: str) -> str:
        """The text that describes a picture of the bot."""
        found = await self._ask("files.info", file=file)
        return text_of(found, "file", "alt_txt", most=2_000)

    async def delete_file(self, file: str) -> None:
        """Delete a file of the bot. Its message keeps a stub."""
        await self._ask("files.delete", file=file)

    async def download(self, address: str, most: int) -> bytes:
        """A file that a member has uploaded; if it is longer than `most` bytes, the first of it."""
        if not self.is_ours(address):
            raise DeliveryError("a file is not on Slack")
        try:
            async with asyncio.timeout(TRANSFER_S):
                for _redirect in range(1 + REDIRECTS):
                    if not self.is_ours(address):  # it would get the token
                        raise self._no_file()
                    found, address = await self._read_file(address, most)
                    if found is not None:
                        return found
        except _NO_NETWORK as error:
            self._count(None)
            raise Unreachable(type(error).__name__) from error
        raise self._no_file()  # it redirects too often

    async def _read_file(self, address: str, most: int) -> tuple[bytes | None, str]:
        """The beginning of a file; `None`, and another address, if it redirects there."""
        session, _web = self._opened()
        async with session.get(
            address,
            headers={"Authorization": f"Bearer {self._token}"},
            proxy=proxy_for(address),
            allow_redirects=False,
        ) as answer:
            self._count(answer.status)
            if 300 <= answer.status < 400:
                try:
                    return None, urljoin(address, answer.headers.get("Location", ""))
                except ValueError as error:  # no address
                    raise self._no_file() from error
            is_refused = answer.status in _NO_FILE or answer.content_type == "text/html"
            if is_refused:  # perhaps by the page for signing in
                raise self._no_file()
            if answer.status != http.HTTPStatus.OK:
                raise error_of("a file", "", answer.status)
            return await _read(answer.content, most), address

    def _no_file(self) -> Forbidden:
        """The error for a file that Slack does not give to the bot."""
        if self.scopes and READ_FILES not in self.scopes:
            sentence = _NO_SCOPE.format(scope=technical(READ_FILES))
            return Forbidden(f"a file needs the scope {READ_FILES}", sentence=sentence)
        return Forbidden("Slack does not give the bot access to a file", sentence=_NO_ACCESS)

    async def respond(self, address: str, body: Part, *, thread: str = "") -> None:
        """Post to a `response_url`, which is a secret: 5 times in 30 minutes.

        thread: where a new message belongs that everybody sees: Slack documents it for these.
        """
        if not self.is_ours(address):
            raise DeliveryError("a response_url is not on Slack")
        is_public = body.get("response_type") == "in_channel"
        place = {"thread_ts": thread} if thread and is_public else {}

        async def send(_web: AsyncWebClient) -> WebhookResponse:
            webhook = AsyncWebhookClient(
                address, session=self._session, retry_handlers=[], logger=library
            )
            webhook.proxy = proxy_for(address)
            answer = await webhook.send_dict({**body, **place, **_INERT})
            if answer.status_code != http.HTTPStatus.OK:
                raise SlackApiError("response_url", answer)  # type: ignore[no-untyped-call]
            return answer

        await self._call("response_url", send, place=address)

    async def _ask(
        self,
        method: str,
        *,
        place: str = "",
        **arguments: Any,  # noqa: ANN401 (each has its type)
    ) -> Mapping[str, Any]:
        """Make a call with a method of the library, which has underscores in place of the dots."""
        _session, web = self._opened()
        ask = getattr(web, method.replace(".", "_"))
        return await self._call(method, lambda _web: ask(**arguments), place=place)

    async def _call(
        self,
        method: str,
        send: Callable[[AsyncWebClient], Awaitable[AsyncSlackResponse | WebhookResponse]],
        *,
        place: str = "",
        limit: float | None = None,
    ) -> Mapping[str, Any]:
        """Make a call, again after the pause that Slack asks for if that is within the limit.

        `place`: what Slack limits separately, in addition to the method. `limit` is in seconds,
        `REQUEST_S` by default.
        """
        key = f"{method} {place}"
        until = self._clock() + (REQUEST_S if limit is None else limit)
        _session, web = self._opened()
        for _attempt in range(TRIES):
            if not await self._may_call(key, until):
                break
            try:
                async with asyncio.timeout(max(until - self._clock(), 0.1)):
                    answer = await send(web)
            except SlackApiError as error:
                code, status, headers = _facts_of(error)
                self._count(status)
                if status != http.HTTPStatus.TOO_MANY_REQUESTS and code != "ratelimited":
                    raise error_of(method, _described(code, error), status, code) from error
                self._pause(key, headers)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                self._count(None)
                raise Unreachable(f"{method}: {type(error).__name__}") from error
            except (*_NO_NETWORK, *_NO_JSON) as error:
                self._count(None)
                raise LostAnswer(f"{method}: {type(error).__name__}") from error
            except RuntimeError as error:
                if "closed" not in str(error):
                    raise
                raise Unreachable(f"{method}: the session is closed") from error
            else:
                self._count(http.HTTPStatus.OK)
                data = getattr(answer, "data", None)
                return data if isinstance(data, dict) else {}
        raise Unreachable(f"{method}: ratelimited")

    async def _may_call(self, key: str, until: float) -> bool:
        """Wait for the end of a pause. Returns false if that comes later than `until`.

        Calls that wait for the same go on a second apart: otherwise all but one are refused again.
        """
        async with self._waiting.of(key):
            due = self._paused.get(key)
            if due is None:
                return True
            if (pause := due - self._clock()) > 0:
                if due >= until:
                    return False
                await self._sleep(pause)
            now = self._clock()
            if now - due < SHORTEST_PAUSE_S:
                self._paused[key] = max(self._paused.get(key, due), now + SHORTEST_PAUSE_S)
            elif self._paused.get(key) == due:
                del self._paused[key]
            return True

    def _pause(self, key: str, headers: Mapping[str, str]) -> None:
        seconds = _seconds_of(headers)
        log.info("Slack limits %s for %g s", key.partition(" ")[0], seconds)
        now = self._clock()
        self._paused = {each: due for each, due in self._paused.items() if due > now}
        self._paused[key] = now + seconds
        if key.startswith("chat.update "):
            self.budget.pause(seconds)

    def _opened(self) -> tuple[aiohttp.ClientSession, AsyncWebClient]:
        if self._is_closed:
            raise Unreachable("the bot has disconnected")
        if self._session is None or self._web is None:
            connecting = aiohttp.ClientTimeout(sock_connect=REQUEST_S / 2)
            self._session = aiohttp.ClientSession(timeout=connecting)
            self._web = AsyncWebClient(
                self._token,
                base_url=self.base_url,
                session=self._session,
                retry_handlers=[],
                logger=library,
            )
            self._web.proxy = proxy_for(self.base_url)
        return self._session, self._web

    def is_ours(self, address: str) -> bool:
        """Whether an address in a payload leads to Slack, or to where `base_url` does."""
        try:
            parts = urlsplit(address)
            host = parts.hostname or ""
        except ValueError:
            return False
        is_slack = f".{host}".endswith((".slack.com", ".slack-gov.com"))
        return parts[:2] == urlsplit(self.base_url)[:2] or (parts.scheme == "https" and is_slack)

    def _count(self, status: int | None) -> None:
        label = "error" if status is None else f"{status // 100}xx"
        self._monitor.metrics.rest_responses.labels(label).inc()


async def _read(stream: aiohttp.StreamReader, most: int) -> bytes:
    """Read at most `most` bytes: one call returns what has arrived."""
    content = bytearray()
    while len(content) < most and (chunk := await stream.read(most - len(content))):
        content += chunk
    return bytes(content)


def _seconds_of(headers: Mapping[str, str]) -> float:
    """Seconds to wait, as an answer with 429 says."""
    given = headers.get("Retry-After", "")
    seconds = float(given) if given.isdecimal() and len(given) < 6 else SHORTEST_PAUSE_S
    return min(max(seconds, SHORTEST_PAUSE_S), LONGEST_PAUSE_S)


def code_of(error: BaseException) -> str:
    """Slack's code of an error, for example `missing_scope`; "" if it has none."""
    cause = error.__cause__
    return _facts_of(cause)[0] if isinstance(cause, SlackApiError) else ""


def needed_scope(error: BaseException) -> str:
    """The scope that Slack says is missing."""
    cause = error.__cause__
    data = getattr(cause.response, "data", None) if isinstance(cause, SlackApiError) else None
    return text_of(data, "needed")


def _facts_of(error: SlackApiError) -> tuple[str, int, Mapping[str, str]]:
    """The code, status and headers of an answer; the library puts various things there."""
    response = error.response
    status = getattr(response, "status_code", None) or getattr(response, "status", None)
    headers = getattr(response, "headers", None)
    body = getattr(response, "body", None)  # of a webhook
    return (
        _webhook_code(body) if body else text_of(getattr(response, "data", None), "error"),
        status if isinstance(status, int) else 0,
        headers if isinstance(headers, Mapping) else {},
    )


def _described(code: str, error: SlackApiError) -> str:
    """The code, with what Slack says about it: where a block is wrong, for example."""
    data = getattr(error.response, "data", None)
    messages = part_of(data, "response_metadata").get("messages")
    return f"{code} {str(messages)[:200]}" if messages else code


def _webhook_code(body: str) -> str:
    """The code in an answer to a `response_url`: bare, or in JSON."""
    try:
        return text_of(json.loads(body), "error")
    except ValueError:
        return body if body.replace("_", "").isalpha() and len(body) < 60 else ""


def proxy_for(address: str) -> str | None:
    """The proxy of the environment for an address; `None` on loopback and for `NO_PROXY`.

    Slack's library reads the proxy, but neither `NO_PROXY` nor whether the host is this machine.
    """
    parts = urlsplit(address)
    host = parts.hostname or ""
    if host == "localhost" or host.startswith("127.") or host == "::1" or proxy_bypass(host):
        return None
    scheme = {"wss": "https", "ws": "http"}.get(parts.scheme, parts.scheme)
    return getproxies().get(scheme)

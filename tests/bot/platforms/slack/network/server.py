"""A few lines of Slack: answers calls as a test says, and keeps them."""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Answer:
    """What Slack answers to one call."""

    body: Mapping[str, Any] | str = field(default_factory=dict)
    """Added to `ok: true`; a text is sent as it is."""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(code: str, status: int = 200, **more: Any) -> Answer:  # noqa: ANN401 (JSON)
    """An error of Slack."""
    return Answer({"ok": False, "error": code, **more}, status)


def limited(seconds: int) -> Answer:
    """Slack's answer to too many calls."""
    headers = {"Retry-After": str(seconds)}
    return Answer({"ok": False, "error": "ratelimited"}, 429, headers)


@dataclass
class SlackServer:
    """The calls so far, and what is answered next; `{"ok": true}` if nothing is."""

    answers: defaultdict[str, list[Answer]] = field(default_factory=lambda: defaultdict(list))
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    hanging: set[str] = field(default_factory=set)
    """Methods that are not answered."""
    url: str = ""

    def of(self, method: str) -> list[dict[str, Any]]:
        """The arguments of the calls of a method."""
        return [arguments for name, arguments in self.calls if name == method]

    def takes_files(self) -> None:
        """Accept the next upload, of a file F1."""
        upload = {"upload_url": f"{self.url}put", "file_id": "F1"}
        self.answers["files.getUploadURLExternal"] = [Answer(upload)]
        self.answers["files.completeUploadExternal"] = [Answer({"files": [{"id": "F1"}]})]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer any request."""
        name = request.match_info["name"]
        self.calls.append((name, await _arguments(request)))
        self.headers.append(dict(request.headers))
        if name in self.hanging:
            await asyncio.sleep(60)
        waiting = self.answers[name]
        answer = waiting.pop(0) if waiting else Answer()
        body = answer.body
        if isinstance(body, str):
            return web.Response(
                body=body.encode("latin-1"), status=answer.status, headers=answer.headers
            )
        return web.json_response({"ok": True, **body}, status=answer.status, headers=answer.headers)


class Clock:
    """Time that passes only while something sleeps, or as a test says."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass, after all others have had a turn."""
        for _turn in range(3):
            await asyncio.sleep(0)
        self.slept.append(seconds)
        self.now += seconds


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(json.loads(await request.text()))
    if request.content_type == "application/x-www-form-urlencoded":
        return dict(await request.post()) | dict(request.query)
    return {"body": await request.read()} | dict(request.query)


@asynccontextmanager
async def serving() -> AsyncIterator[SlackServer]:
    """A server on loopback."""
    slack, application = SlackServer(), web.Application()
    application.router.add_route("*", "/api/{name}", slack.handle)
    async with TestServer(application) as server:
        slack.url = str(server.make_url("/api/"))
        yield slack

"""`Page`: the page on which a person uses a simulated platform.

It asks for the state, and gets it as soon as that has changed. It sends what the member does as
POST requests. Both need a secret (CSRF token), which is new in each run, so that only the page
itself can act for a member.
"""

import contextlib
import json
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

from aiohttp import web
from aiohttp.web_request import FileField

from simulators.common.payloads import JSON, Upload
from simulators.common.simulator import Changes

CSRF_HEADER = "X-Local-Csrf"
SHARED = Path(__file__).with_name("web")
"""Scripts and styles of several pages."""
SHARED_SCRIPTS = ("elements", "messages", "suggestions", "connection")
"""Scripts of the pages of all platforms."""
LONGEST_LOCALE = 16
POLL_S = 20.0
"""Seconds until a request for the state is answered without a change."""
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every response to a page."""
_MALFORMED = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""Errors that values of other types than those of the page lead to."""


class WebPage:
    """The HTML of a page: page.html in `SHARED`, with that of `folder`, styles and scripts in it.

    shared: names of scripts in `SHARED`, which come first; scripts: those in `folder`.
    frames: whether it shows other pages of the same address.
    """

    def __init__(
        self,
        folder: Path,
        title: str,
        scripts: Sequence[str],
        *,
        shared: Sequence[str] = (),
        frames: bool = False,
    ) -> None:
        self._csrf = secrets.token_urlsafe(24)
        self._frames = "frame-src 'self'; " if frames else ""
        files = [*(SHARED / f"{name}.js" for name in shared)]
        files += (folder / f"{name}.js" for name in scripts)
        script = "\n".join(file.read_text("utf-8") for file in files)
        style = "\n".join((each / "page.css").read_text("utf-8") for each in (SHARED, folder))
        filled = {"title": title, "style": style, "script": script}
        filled["body"] = (folder / "page.html").read_text("utf-8")
        self._html = (SHARED / "page.html").read_text("utf-8")
        for name, content in filled.items():
            self._html = self._html.replace(f"{{{{{name}}}}}", content)

    async def index(self, request: web.Request) -> web.Response:
        """The page. Nothing on it is loaded from elsewhere."""
        nonce = secrets.token_urlsafe(16)
        html = self._html.replace("{{nonce}}", nonce).replace("{{csrf}}", self._csrf)
        policy = (
            f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; "
            f"img-src 'self' data:; connect-src 'self'; {self._frames}base-uri 'none'; "
            "form-action 'none'; frame-ancestors 'self'"
        )
        headers = {"Content-Security-Policy": policy, "Cache-Control": "no-store"}
        return web.Response(text=html, content_type="text/html", headers=headers | STRICT)

    def check(self, request: web.Request) -> None:
        """Raise 403 for a request without the secret, in its header or its query."""
        given = request.headers.get(CSRF_HEADER) or request.query.get("csrf") or ""
        if not secrets.compare_digest(given.encode(), self._csrf.encode()):
            raise web.HTTPForbidden(text="This page belongs to an earlier run. Reload it.")


class Page(ABC):
    """A page with the state of a platform, and what a member does on it."""

    def __init__(
        self,
        folder: Path,
        title: str,
        scripts: Sequence[str],
        changes: Changes,
        clock: Callable[[], float],
    ) -> None:
        self._page = WebPage(folder, title, scripts, shared=SHARED_SCRIPTS)
        self._changes, self._clock, self._is_closed = changes, clock, False

    @abstractmethod
    def state(self, query: Mapping[str, str]) -> JSON:
        """The state that the page shows. `query`: who looks ("as"), and where."""

    @abstractmethod
    async def act(self, body: JSON, files: Mapping[str, Upload]) -> JSON:
        """Do something as a member; the answer is what only they see at once.

        body: what to do ("do"), as whom ("as"), the browser's language ("locale"), and more. An
        answer with a "problem" says what is wrong.
        """

    def add_to(self, app: web.Application) -> None:
        app.router.add_get("/", self._page.index)
        app.router.add_get("/local/state", self._answer_with_state)
        app.router.add_post("/local/act", self._answer_act)

    def close(self) -> None:
        """Answer open pages, and let none wait anymore."""
        self._is_closed = True
        self._changes.notify()

    async def _answer_with_state(self, request: web.Request) -> web.Response:
        """The state, as soon as it is another one than the page has seen."""
        self._page.check(request)
        seen, changes = request.query.get("seen"), self._changes
        with contextlib.suppress(TimeoutError):
            await changes.wait_for(
                lambda: self._is_closed or str(changes.count) != seen, timeout_s=POLL_S
            )
        state = {"seen": str(changes.count), "now": self._clock()} | self.state(request.query)
        return web.json_response(state, headers=STRICT)

    async def _answer_act(self, request: web.Request) -> web.Response:
        self._page.check(request)
        form = await request.post()
        files = {
            name: Upload(part.filename, part.file.read())
            for name, part in form.items()
            if isinstance(part, FileField)
        }
        try:
            answer = await self.act(json.loads(str(form.get("payload") or "{}")), files)
        except _MALFORMED as error:
            raise web.HTTPBadRequest(text="The page sent what nobody can read.") from error
        return web.json_response(answer, headers=STRICT)


def locale_of(body: JSON) -> str:
    """The language of the browser, which the bot takes for that of its members."""
    return str(body.get("locale") or "en-US")[:LONGEST_LOCALE]


def file_response(data: bytes, name: str, content_type: str) -> web.Response:
    """A file: shown by the browser if it is a picture, downloaded otherwise."""
    kind = "inline" if content_type.startswith("image/") else "attachment"
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": f"{kind}; filename*=UTF-8''{quote(name)}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400",
    }
    return web.Response(body=data, headers=headers | STRICT)

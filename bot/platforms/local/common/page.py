"""`WebPage`: the HTML of a page with its style and scripts, and the secret of its requests.

The secret (CSRF token) is new in each run, so that only the page itself can act for a member.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from aiohttp import web

CSRF_HEADER = "X-Local-Csrf"
SHARED = Path(__file__).with_name("web")
"""Scripts of several pages."""
SHARED_SCRIPTS = ("elements", "morph", "times", "scrolling", "suggestions")
"""Of the pages of all platforms."""
STRICT = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Headers of every response to a page."""


class WebPage:
    """A page: page.html in `folder`, with page.css and some scripts of the folder in its place.

    shared: names of scripts in `SHARED`, which come first; scripts: those in `folder`.
    frames: whether it shows other pages of the same address.
    """

    def __init__(
        self,
        folder: Path,
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
        style = (folder / "page.css").read_text("utf-8")
        page = (folder / "page.html").read_text("utf-8")
        self._html = page.replace("{{style}}", style).replace("{{script}}", script)

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

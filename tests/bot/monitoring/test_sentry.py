"""Reports to Sentry: what they tell, and what they never do."""

import gzip
import http.server
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
CODE = """
import logging
from bot.monitoring.monitor import Monitor
from bot.monitoring.sentry import set_up_sentry

set_up_sentry("{dsn}", "1.2.3")
log = logging.getLogger("bot.x")
words = " ".join(("my", "secret", "love"))

def compose(opening):
    token_of_member = opening
    raise ValueError(f"cannot write about {{opening}}")

with Monitor().track("/sonnet", 4711) as request:
    print(request.reference)
    log.info("Typed: %s", words)
    try:
        compose(words)
    except ValueError as error:
        try:
            raise RuntimeError(words) from error
        except RuntimeError:
            log.exception("Unknown error of %s", words)
"""


@pytest.fixture
def sentry() -> Iterator[tuple[str, list[bytes]]]:
    """The address of a server that takes reports, and what it got."""
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            zipped = self.headers.get("Content-Encoding") == "gzip"
            bodies.append(gzip.decompress(body) if zipped else body)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://key@127.0.0.1:{server.server_port}/1", bodies
        server.shutdown()
        thread.join()


def test_report(sentry: tuple[str, list[bytes]]) -> None:
    pytest.importorskip("sentry_sdk", reason="needs sentry-sdk: install requirements-sentry.txt")
    dsn, bodies = sentry
    done = subprocess.run(
        [sys.executable, "-c", CODE.format(dsn=dsn)],
        env=os.environ | {"PYTHONPATH": str(CHECKOUT)},
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    (body,) = bodies
    report = body.decode()
    for told in ("ValueError", "RuntimeError", "Unknown error of %s", "mangosaurus@1.2.3"):
        assert told in report
    assert f'"reference":"{done.stdout.strip()}"' in report
    for private in ("my secret love", "4711", socket.gethostname()):
        assert private not in report

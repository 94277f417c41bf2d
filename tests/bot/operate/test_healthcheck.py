"""`python -m bot healthcheck` against servers that are well, ill, hung and absent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from bot.operate import healthcheck as module
from bot.operate.healthcheck import healthcheck


@contextmanager
def answering(status: int) -> Iterator[int]:
    """The port of a server that answers /healthz with a status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("host", "status", "code"),
    [("", 200, 0), ("127.0.0.1", 200, 0), ("0.0.0.0", 200, 0), ("", 503, 1)],  # noqa: S104
)
def test_answer(host: str, status: int, code: int) -> None:
    with answering(status) as port:
        assert healthcheck({"METRICS_PORT": str(port), "METRICS_HOST": host}) == code


def test_hung(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TIMEOUT_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert healthcheck({"METRICS_PORT": str(silent.getsockname()[1])}) == 1


@pytest.mark.parametrize(
    ("port", "sentence"),
    [
        ("9", "The bot does not answer at 127.0.0.1:9: "),
        ("99999", "METRICS_PORT is '99999' in the environment, and not a port number."),
        ("", "METRICS_PORT is not set in the environment, so the bot can't be asked."),
        ("many", "METRICS_PORT is 'many' in the environment, and not a port number."),
        ("-1", "METRICS_PORT is '-1' in the environment, and not a port number."),
    ],
)
def test_wrong_port(port: str, sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert healthcheck({"METRICS_PORT": port}) == 1
    assert capsys.readouterr().err.startswith(sentence)

"""Monitoring: the port for its pages, and the address for reports of errors."""

import http.client
import json
import os
import socket
from collections.abc import Iterator

from bot.operate.doctor.findings import Finding, fine, problem, warning
from bot.operate.doctor.subject import Subject

PORT_CHECK, REPORTS_CHECK = "Monitoring port", "Error reports"
PATIENCE_S = 2.0
"""Seconds that what holds the port may take to answer."""
INSTALL = "Run: python -m pip install --require-hashes -r requirements-sentry.txt"
COPY = "Copy SENTRY_DSN from the page Client Keys (DSN) of your project on Sentry, or leave it out."


def examine_monitoring(subject: Subject) -> list[Finding]:
    """Whether METRICS_PORT can be opened, and SENTRY_DSN be used, if they are set."""
    return [*_port(subject.metrics_host, subject.metrics_port), *_reports(subject.sentry_dsn)]


def _port(host: str, port: int | None) -> Iterator[Finding]:
    if port is None:
        if "METRICS_PORT" in os.environ:
            yield warning(
                PORT_CHECK,
                "METRICS_PORT is empty in the environment, so no port is opened, and the health "
                "check of a container fails.",
                "Remove it from the file of --env-file, or set it: METRICS_PORT=9100",
            )
        return
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address, family=family).close()
    except OSError as error:
        if _is_of_a_bot(host, port):
            yield fine(PORT_CHECK, f"A bot that runs has opened {host}:{port}.")
        else:
            reason = error.strerror or str(error)
            yield problem(
                PORT_CHECK,
                f"{host}:{port} can't be opened ({reason}).",
                "Set METRICS_PORT to another port and METRICS_HOST to an address of this machine.",
            )
    else:
        yield fine(PORT_CHECK, f"{host}:{port} is free.")


def _is_of_a_bot(host: str, port: int) -> bool:
    """Whether the pages of a bot are there already: that of this set-up, most likely."""
    reached = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (not opened)
    connection = http.client.HTTPConnection(reached, port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/readyz")
        answer = json.loads(connection.getresponse().read(100_000))
    except (OSError, http.client.HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and {"ready", "checks"} <= answer.keys()


def _reports(dsn: str) -> Iterator[Finding]:
    if not dsn:
        return
    try:
        from sentry_sdk.utils import Dsn
    except ImportError:
        found = "SENTRY_DSN is set, but the package sentry-sdk is not installed."
        yield problem(REPORTS_CHECK, found, f"{INSTALL}, or leave SENTRY_DSN out.")
        return
    try:
        host = Dsn(dsn).host
    except ValueError as error:
        yield problem(REPORTS_CHECK, f"SENTRY_DSN is not valid ({error}).", COPY)
    else:
        yield fine(REPORTS_CHECK, f"Errors are reported to {host}.")

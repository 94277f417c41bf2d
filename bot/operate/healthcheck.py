"""`python -m bot healthcheck`: whether the bot on this machine answers, for a container's engine.

Reads the environment only and imports little, since it runs every half minute.
"""

import http.client
import os
import sys
from collections.abc import Mapping
from contextlib import closing

HEALTHY, UNHEALTHY = 0, 1
"""Exit codes: those that Docker asks for."""
TIMEOUT_S = 4.0
MOST_BYTES = 100_000
MOST_PORT = 65_535
REACHED = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 (where it listens, not where to ask)
REFUSALS = (OSError, http.client.HTTPException, ValueError, OverflowError)


def healthcheck(environment: Mapping[str, str] = os.environ) -> int:
    """Ask `/healthz` on METRICS_PORT. Returns the exit code."""
    port = environment.get("METRICS_PORT", "").strip()
    host = environment.get("METRICS_HOST", "").strip() or "127.0.0.1"
    if port and not (port.isdecimal() and 1 <= int(port) <= MOST_PORT):
        sys.stderr.write(f"METRICS_PORT is {port!r} in the environment, and not a port number.\n")
        return UNHEALTHY
    if not port:
        sys.stderr.write("METRICS_PORT is not set in the environment, so the bot can't be asked.\n")
        return UNHEALTHY
    try:
        status, _answer = ask(host, int(port), "/healthz")
    except REFUSALS as error:
        sys.stderr.write(f"The bot does not answer at {host}:{port}: {error}\n")
        return UNHEALTHY
    sys.stdout.write(f"The bot answers with {status}.\n")
    return HEALTHY if status == 200 else UNHEALTHY


def ask(host: str, port: int, path: str) -> tuple[int, bytes]:
    """Status and answer of the monitoring of a bot on this machine. Raises `REFUSALS`."""
    connection = http.client.HTTPConnection(REACHED.get(host, host), port, timeout=TIMEOUT_S)
    with closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read(MOST_BYTES)

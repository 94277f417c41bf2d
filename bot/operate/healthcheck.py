"""`python -m bot healthcheck`: whether the bot on this machine answers, for a container's engine.

Reads the environment only and imports little, since it runs every half minute.
"""

import http.client
import os
import sys
from collections.abc import Mapping

HEALTHY, UNHEALTHY = 0, 1
"""Exit codes: those that Docker asks for."""
TIMEOUT_S = 4.0


def healthcheck(environment: Mapping[str, str] = os.environ) -> int:
    """Ask `/healthz` on METRICS_PORT. Returns the exit code."""
    port = environment.get("METRICS_PORT", "").strip()
    host = environment.get("METRICS_HOST", "").strip() or "127.0.0.1"
    if host in ("0.0.0.0", "::"):  # noqa: S104 (where the bot listens, not where to ask)
        host = "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    if port and not port.isdecimal():
        sys.stderr.write(f"METRICS_PORT is {port!r} in the environment, and not a port number.\n")
        return UNHEALTHY
    if not port:
        sys.stderr.write("METRICS_PORT is not set in the environment, so the bot can't be asked.\n")
        return UNHEALTHY
    connection = http.client.HTTPConnection(host, int(port), timeout=TIMEOUT_S)
    try:
        connection.request("GET", "/healthz")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException, ValueError, OverflowError) as error:
        sys.stderr.write(f"The bot does not answer at {host}:{port}: {error}\n")
        return UNHEALTHY
    finally:
        connection.close()
    sys.stdout.write(f"The bot answers with {status}.\n")
    return HEALTHY if status == 200 else UNHEALTHY

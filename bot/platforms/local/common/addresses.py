"""Addresses that a simulator may listen on, and a check of who sends a request."""

import ipaddress
from collections.abc import Collection, Mapping


def loopback_host(host: str, simulator: str) -> str:
    """The host as an address. Raises ValueError if others than this machine can reach it."""
    address = "127.0.0.1" if host == "localhost" else host
    try:
        if ipaddress.ip_address(address).is_loopback:
            return address
    except ValueError:
        pass
    raise ValueError(
        f"The {simulator} simulator can't listen on {host!r}, because everyone who can reach it "
        "can act as an administrator. Use 127.0.0.1 or ::1."
    )


def valid_port(port: int) -> int:
    """The port; 0 is any free one. Raises ValueError."""
    if 0 <= port <= 65535:
        return port
    raise ValueError(
        f"{port} is not a port. Use 1 to 65535, for example 8080, or 0 for any free port."
    )


def foreign_request(
    headers: Mapping[str, str], authorities: Collection[str], *, is_page: bool = False
) -> str:
    """Why a request of another site is rejected, or "" if it is none.

    Other sites can make a browser send requests to this address, by DNS rebinding even under
    their own name. The headers Host, Origin and Sec-Fetch-Site reveal them.

    authorities: hosts with the port that are this server, "127.0.0.1:8080".
    is_page: whether the page itself is requested, to which other sites may link.
    """
    origin = headers.get("Origin")
    if headers.get("Host") not in authorities:
        return "The Host header is not the address of this server."
    if origin is not None and origin.removeprefix("http://") not in authorities:
        return "Requests from other origins are not allowed."
    if headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none") and not is_page:
        return "Requests from other sites are not allowed."
    return ""

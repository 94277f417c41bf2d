"""Addresses: which are Slack's, and which proxy leads to them."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass


def is_slack(address: str) -> bool:
    """Whether an address leads to Slack.

    >>> is_slack("https://hooks.slack.com/x"), is_slack("https://slack.com.example.org/x")
    (True, False)
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" and f".{host}".endswith((".slack.com", ".slack-gov.com"))


def is_same_origin(address: str, other: str) -> bool:
    """Whether two addresses have the same scheme, host and port."""
    try:
        return urlsplit(address)[:2] == urlsplit(other)[:2]
    except ValueError:
        return False


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

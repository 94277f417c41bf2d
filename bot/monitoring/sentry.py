"""Reports of errors to Sentry, without members' words and without secrets.

A report has the class of each error, the stack without the values of variables, and the reference
of the request, by which the whole error is found in the bot's own log. It has no messages of
errors, as they may quote what a member typed.
"""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, cast

from bot.monitoring.requests import current
from bot.startup import Exit, StartupError, missing_extra

if TYPE_CHECKING:
    from sentry_sdk.types import Event, Hint

LAST_REPORTS_S = 1
"""Seconds for sending reports when the bot stops."""
_KEPT = {"event_id", "timestamp", "platform", "level", "logger", "release", "environment", "sdk"}
"""Parts of a report that are sent as they are; `request`, `user`, `breadcrumbs` and others are
not."""
_OF_MECHANISMS = {"type", "handled", "exception_id", "parent_id", "source"}
_SOURCE = {"pre_context", "context_line", "post_context"}
_OF_FRAMES = {"filename", "abs_path", "module", "function", "lineno", "in_app", *_SOURCE}


def sentry_host(dsn: str) -> str:
    """The server that gets the reports. Raises `StartupError` if they can't be sent."""
    try:
        from sentry_sdk.utils import Dsn  # here: an optional package

        return Dsn(dsn).host
    except ImportError as error:
        raise missing_extra("SENTRY_DSN", "sentry-sdk", "requirements-sentry.txt") from error
    except ValueError as error:
        raise StartupError(
            Exit.BAD_SETTINGS,
            f"SENTRY_DSN is not valid ({error}).",
            "Copy it from the page Client Keys (DSN) of your project on Sentry, or leave it out.",
        ) from error


def set_up_sentry(dsn: str, version: str) -> None:
    """Send errors in the log to Sentry. Raises `StartupError` as `sentry_host`."""
    sentry_host(dsn)
    import sentry_sdk
    from sentry_sdk.integrations.atexit import AtexitIntegration
    from sentry_sdk.integrations.dedupe import DedupeIntegration
    from sentry_sdk.integrations.excepthook import ExcepthookIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn,
        release=f"mangosaurus@{version}",
        before_send=scrub,
        send_default_pii=False,
        include_local_variables=False,
        max_breadcrumbs=0,
        server_name="",
        auto_session_tracking=False,
        shutdown_timeout=LAST_REPORTS_S,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, sentry_logs_level=None),
            DedupeIntegration(),
            ExcepthookIntegration(),
            AtexitIntegration(callback=lambda _pending, _timeout: None),
        ],
    )


def scrub(event: "Event", _hint: "Hint") -> "Event":
    """Keep only what cannot quote a member, and add the request's name and reference."""
    kept: dict[str, Any] = _only(_KEPT, event)
    if errors := event.get("exception"):
        kept["exception"] = {"values": [_scrubbed(error) for error in errors.get("values", ())]}
    if entry := event.get("logentry"):  # the template, without what was filled in
        kept["logentry"] = {"message": entry.get("message", "")}
    if request := current.get():
        kept["tags"] = {"reference": request.reference, "request": request.name}
    return cast("Event", kept)


def _scrubbed(error: Mapping[str, Any]) -> dict[str, Any]:
    kept = _only({"type", "module"}, error)
    if stack := error.get("stacktrace"):
        kept["stacktrace"] = {"frames": [_only(_OF_FRAMES, frame) for frame in stack["frames"]]}
    if mechanism := error.get("mechanism"):
        kept["mechanism"] = _only(_OF_MECHANISMS, mechanism)
    return kept


def _only(names: Collection[str], values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in names}

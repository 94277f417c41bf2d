"""`/status`: how the bot is, for its owners, with a plot of the last day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.chat.app import App
from bot.chat.commands import Audience, Command, NoOptions
from bot.chat.dispatch import respond_when_ready
from bot.chat.message import Embed, Field, File, Message, with_pictures
from bot.chat.translation import _, ngettext
from bot.chat.turn import Turn
from bot.community.rights import check_owner
from bot.health import Health
from bot.monitoring.state import MinuteState
from bot.pictures.day_plot import Chart, Series, day_plot
from bot.settings.values import format_shards
from bot.text.spans import Text, Timestamp, text
from bot.text.technical import technical
from bot.writing.cluster import ClusterStatus
from data.phrases import NOTHING, Showable

PLOT = technical("day.png")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MIB = 2**20


async def status(app: App, turn: Turn, _options: NoOptions) -> None:
    """Answer `/status`."""
    await respond_when_ready(turn, _answer(app, turn), private=True)


async def _answer(app: App, turn: Turn) -> Message:
    await check_owner(turn)
    health = app.health
    await health.refresh()
    now = app.now()
    latest = health.sample()
    samples = [*(sample for sample in health.samples if sample.at > now - DAY), latest]
    picture = await app.renderer.picture(day_plot, *_plotted(now, samples))
    in_an_hour = [sample for sample in samples if sample.at > now - HOUR]
    fields = (
        Field(
            _("Requests in an hour"),
            text(
                _("{count}, {failures} failed"),
                count=sum(sample.requests for sample in in_an_hour),
                failures=sum(sample.failures for sample in in_an_hour),
            ),
        ),
        *_fields(app, turn, health, latest),
        *_shards(app, turn),
    )
    lines = (up_since(app, turn),)
    description = _("Requests, memory, event loop lag and database over the last day")
    embed = Embed(technical(f"🦖 Mangosaurus {app.version}"), lines, fields)
    file = File(PLOT, picture, description) if picture else None
    return with_pictures(Message(embeds=(embed,), private=True), file)


def up_since(app: App, turn: Turn) -> Text:
    """Sentence about how long the bot has been running, and where."""
    terms, communities = turn.platform.terms, len(turn.platform.communities)
    return text(
        ngettext(
            "Up since {start}, in {count} {community}.",
            "Up since {start}, in {count} {communities}.",
            communities,
        ),
        start=Timestamp(app.started_at, absolute=True),
        count=communities,
        community=terms.community,
        communities=terms.communities,
    )


def _fields(app: App, turn: Turn, health: Health, latest: MinuteState) -> tuple[Field, ...]:
    platform, networks = turn.platform, app.inference
    latency = platform.latency if platform.is_connected else None
    connected = _("connected") if platform.is_connected else _("not connected")
    return (
        Field(_("Memory"), text(_("{size:.0f} MiB"), size=latest.memory_bytes / MIB)),
        Field(_("Event loop lag"), _seconds(latest.worst_lag)),
        Field(
            _("Networks"),
            text(
                _("{running} in progress, {waiting} waiting"),
                running=networks.at_work,
                waiting=sum(queue.waiting for queue in networks.queues.values()),
            ),
        ),
        *([Field(_("Cluster"), _of_cluster(app.cluster.status))] if app.cluster else []),
        Field(
            _("Trainings"),
            text(
                _("{running} running, {queued} queued"),
                running=health.trainings.get("running", 0),
                queued=health.trainings.get("queued", 0),
            ),
        ),
        Field(
            _("Database"),
            text(_("answers, but stores nothing; the log says why"))
            if app.store.database.write_error
            else _seconds(latest.database_seconds, _("doesn't answer")),
        ),
        Field(platform.terms.platform, _seconds(latency, connected)),
        Field(
            _("Refused by {platform}").format(platform=platform.terms.platform),
            text(_("{count} in ten minutes"), count=app.monitor.invalid_requests.recent),
        ),
    )


def _seconds(value: float | None, unknown: Showable = NOTHING) -> Text:
    return text(unknown) if value is None else text(_("{seconds:.3f} s"), seconds=value)


def _shards(app: App, turn: Turn) -> tuple[Field, ...]:
    """The shards of the process that answers, if the settings choose them."""
    count, latencies = app.settings.shard_count, turn.platform.shard_latencies
    if count is None or not latencies:
        return ()
    away = [number for number, seconds in latencies.items() if seconds is None]
    if away:
        line = _("{shards} of {count}; not connected: {away}")
    else:
        line = _("{shards} of {count}, the slowest {seconds:.3f} s")
    return (
        Field(
            _("Shards"),
            text(
                line,
                shards=technical(format_shards(latencies)),
                count=count,
                away=technical(format_shards(away)),
                seconds=max(seconds or 0.0 for seconds in latencies.values()),
            ),
        ),
    )


def _of_cluster(cluster: ClusterStatus) -> Text:
    if not cluster.connected:
        return text(_("not connected"))
    return text(
        ngettext(
            "{count} worker, {threads} turns at a time",
            "{count} workers, {threads} turns at a time",
            cluster.workers,
        ),
        count=cluster.workers,
        threads=cluster.threads,
    )


def _plotted(
    now: datetime, samples: Sequence[MinuteState]
) -> tuple[list[float], tuple[Chart, ...]]:
    """The charts of the plot, in English: its readers also read the log."""
    hours = [(now - sample.at) / HOUR for sample in samples]
    second = technical("s")
    charts = (
        Chart(
            technical("Requests"),
            technical("a minute"),
            (
                Series([float(sample.requests) for sample in samples], technical("all")),
                Series([float(sample.failures) for sample in samples], technical("failed")),
            ),
        ),
        Chart(
            technical("Memory"),
            technical("MiB"),
            (Series([sample.memory_bytes / MIB for sample in samples]),),
        ),
        Chart(technical("Event loop lag"), second, (Series([s.worst_lag for s in samples]),)),
        Chart(technical("Database"), second, (Series([s.database_seconds for s in samples]),)),
    )
    return hours, charts


STATUS = Command(
    "status",
    _("Show the bot's health: memory, queues, database, and a plot of the last day."),
    status,
    examples=((technical("/status"), _("shows the bot's health and a plot of the last day.")),),
    audience=Audience.OWNERS,
    shown_to=Audience.ADMINISTRATORS,
    needs_rights=True,
)

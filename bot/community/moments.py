"""The moments of dinosaurs of the day and of nests: local dates and hours in zones of the IANA.

Pure functions. Moments are in UTC, days are dates of the zone. Loading a zone reads a file the
first time.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

LATEST = timedelta(hours=2)
"""How late the names of a day may come; after that the day is left out."""
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@cache
def zone_names() -> Mapping[str, str]:
    """The names of all time zones, sorted, by what `folded` makes of them.

    Without that of this machine, and without `Etc/GMT+2`, which is two hours behind GMT.
    """
    misleading = ("Etc/GMT+", "Etc/GMT-")
    names = sorted(
        name for name in available_timezones() - {"localtime"} if not name.startswith(misleading)
    )
    return MappingProxyType({folded(name): name for name in names})


def folded(typed: str) -> str:
    """A name of a zone as it is compared: `new york` is found in `America/New_York`."""
    return "_".join(typed.casefold().split())


def zone_of(name: str) -> ZoneInfo:
    """A time zone. One that this machine does not know (any more) is UTC."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return ZoneInfo("UTC")


def moment_of(day: date, hour: int, zone: ZoneInfo) -> datetime | None:
    """The moment when the clocks of a zone first show a full hour on a day.

    If they skip it, the first minute after what they skip, which may be on the next day; `None` if
    they skip the whole day.
    """
    wall = datetime.combine(day, time(hour), zone)
    moment = wall.astimezone(UTC)
    local = moment.astimezone(zone)
    if local.replace(tzinfo=None) > wall.replace(tzinfo=None):  # skipped: this is past the gap
        while (moment - MINUTE).astimezone(zone).utcoffset() == local.utcoffset():
            moment -= MINUTE
        around = [at.astimezone(zone).date() for at in (moment - MINUTE, moment)]
        if day not in around:
            return None
    return moment


@lru_cache(maxsize=1000)
def day_due(now: datetime, hour: int, zone: ZoneInfo) -> date | None:
    """The day whose hour has come, but not longer ago than `LATEST`; `None` if there is none."""
    due = (day for day, moment in _around(now, hour, zone) if moment <= now <= moment + LATEST)
    return max(due, default=None)


def next_day(
    now: datetime, hour: int, zone: ZoneInfo, taken: date | None = None
) -> tuple[date, datetime]:
    """The next day whose hour comes, apart from what the last one has `taken`, and when that is."""
    days = [(day, moment) for day, moment in _around(now, hour, zone) if moment > now]
    return min((day, moment) for day, moment in days if not is_taken(day, taken))


def today_in(now: datetime, zone: ZoneInfo) -> date:
    """The date in a zone."""
    return now.astimezone(zone).date()


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The moment when a day ends. A zone may skip the next one."""
    ends = (moment_of(day + days * DAY, 0, zone) for days in (1, 2))
    return next(end for end in ends if end is not None)


def is_taken(day: date, last: date | None) -> bool:
    """Whether a day has had its names, as it is the last one, or comes again just after it.

    It does after a move to a zone in the west. A later last one is that of a clock that was wrong.
    """
    return last is not None and last in (day, day + DAY)


def _around(now: datetime, hour: int, zone: ZoneInfo) -> Iterator[tuple[date, datetime]]:
    """The days around today, with their moments. A zone may skip a whole one of them."""
    today = now.astimezone(zone).date()
    for days in range(-1, 4):
        day = today + days * DAY
        if (moment := moment_of(day, hour, zone)) is not None:
            yield day, moment

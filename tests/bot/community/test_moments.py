"""When the dinosaur of the day comes: hours that do not exist or exist twice, lateness."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.community.moments import (
    DAY,
    LATEST,
    MINUTE,
    day_due,
    folded,
    moment_of,
    next_day,
    zone_names,
    zone_of,
)

ZONES = st.sampled_from(sorted(zone_names().values())).map(ZoneInfo)
HOURS = st.integers(0, 23)
DAYS = st.dates(date(1990, 1, 1), date(2040, 1, 1))
MOMENTS = st.integers(631_152_000, 2_208_988_800).map(lambda at: datetime.fromtimestamp(at, UTC))


@pytest.mark.parametrize(
    ("zone", "day", "hour", "moment"),
    [
        ("UTC", "2026-03-29", 9, "2026-03-29 09:00"),
        ("Europe/Berlin", "2026-01-15", 9, "2026-01-15 08:00"),
        ("Europe/Berlin", "2026-07-15", 9, "2026-07-15 07:00"),
        ("Pacific/Kiritimati", "2026-01-15", 9, "2026-01-14 19:00"),
        ("Asia/Kathmandu", "2026-01-15", 9, "2026-01-15 03:15"),
        # Clocks are put forward from 2 to 3, from 2 to 2:30, from 0 to 1.
        ("Europe/Berlin", "2026-03-29", 2, "2026-03-29 01:00"),
        ("Australia/Lord_Howe", "2026-10-04", 2, "2026-10-03 15:30"),
        ("America/Santiago", "2026-09-06", 0, "2026-09-06 04:00"),
        ("America/Havana", "2026-03-08", 0, "2026-03-08 05:00"),
        # From 23:30 to 0:30, so that 0 lies within what is skipped.
        ("America/Toronto", "1919-03-31", 0, "1919-03-31 04:30"),
        # From 23 to 0, the end of a day.
        ("America/Nuuk", "2026-03-28", 23, "2026-03-29 01:00"),
        # They are put back from 3 to 2, from 0 to 23: the hour exists twice.
        ("Europe/Berlin", "2026-10-25", 2, "2026-10-25 00:00"),
        ("America/Santiago", "2026-04-04", 23, "2026-04-05 02:00"),
        # The Friday that Samoa never had.
        ("Pacific/Apia", "2011-12-29", 9, "2011-12-29 19:00"),
        ("Pacific/Apia", "2011-12-30", 9, None),
        ("Pacific/Apia", "2011-12-31", 9, "2011-12-30 19:00"),
    ],
)
def test_moments(zone: str, day: str, hour: int, moment: str | None) -> None:
    expected = datetime.fromisoformat(f"{moment}Z") if moment else None
    assert moment_of(date.fromisoformat(day), hour, ZoneInfo(zone)) == expected


@given(DAYS, HOURS, ZONES)
@example(date(2026, 3, 29), 2, ZoneInfo("Europe/Berlin"))
@example(date(2011, 12, 30), 0, ZoneInfo("Pacific/Apia"))
@example(date(2026, 3, 28), 23, ZoneInfo("America/Nuuk"))
def test_first_minute_not_before_the_hour(day: date, hour: int, zone: ZoneInfo) -> None:
    """The first one that the clocks show at this hour or later; none if they skip the day."""
    moment = moment_of(day, hour, zone)
    wall = datetime.combine(day, time(hour))
    if moment is None:
        begin = wall.replace(tzinfo=UTC) - DAY
        shown = {_wall(begin + quarter * 15 * MINUTE, zone) for quarter in range(4 * 72)}
        assert not any(each.date() == day for each in shown)
        return
    assert day in {_wall(moment - MINUTE, zone).date(), _wall(moment, zone).date()}
    assert _wall(moment - MINUTE, zone) < wall <= _wall(moment, zone)
    if _wall(moment, zone) > wall:
        before, after = (
            (moment - ago).astimezone(zone).utcoffset() for ago in (MINUTE, 0 * MINUTE)
        )
        assert before is not None
        assert after is not None
        assert before < after


@given(ZONES, HOURS, DAYS)
@example(ZoneInfo("Pacific/Apia"), 0, date(2011, 12, 15))
@example(ZoneInfo("Africa/Casablanca"), 2, date(2026, 2, 1))
@settings(max_examples=30, deadline=None)
def test_every_day_comes_once(zone: ZoneInfo, hour: int, start: date) -> None:
    """A look at the clock each hour finds every day that has the hour, in order."""
    now, days = datetime(start.year, start.month, start.day, 0, 30, tzinfo=UTC), list[date]()
    end = now + 40 * DAY
    while now < end:
        if (day := day_due(now, hour, zone)) is not None and day not in days[-1:]:
            days.append(day)
        now += timedelta(hours=1)
    between = [days[0] + number * DAY for number in range((days[-1] - days[0]).days + 1)]
    assert days == [day for day in between if moment_of(day, hour, zone) is not None]
    assert len(days) >= 38


@given(MOMENTS, HOURS, ZONES)
def test_due_or_next(now: datetime, hour: int, zone: ZoneInfo) -> None:
    following, moment = next_day(now, hour, zone)
    assert now < moment <= now + 2 * DAY
    assert moment == moment_of(following, hour, zone)
    assert day_due(moment - timedelta(seconds=1), hour, zone) != following
    assert day_due(moment, hour, zone) == following
    if (due := day_due(now, hour, zone)) is not None:
        assert due < following
        late = now - (moment_of(due, hour, zone) or now)
        assert timedelta(0) <= late <= LATEST


def test_day_that_is_taken() -> None:
    """By names that came at nine, before a manager chose six in the evening."""
    now, day = datetime(2026, 5, 1, 12, tzinfo=UTC), date(2026, 5, 1)
    assert next_day(now, 18, ZoneInfo("UTC"))[0] == day
    assert next_day(now, 18, ZoneInfo("UTC"), taken=day)[0] == day + DAY
    assert next_day(now, 18, ZoneInfo("UTC"), taken=date(2030, 1, 1))[0] == day
    # By those of the second of May in Auckland: the next day in Honolulu is the third.
    assert next_day(now, 18, ZoneInfo("Pacific/Honolulu"), taken=day + DAY)[0] == day + 2 * DAY


@pytest.mark.parametrize(
    ("now", "hour", "day"),
    [
        ("2026-05-01 08:59:59", 9, None),
        ("2026-05-01 09:00:00", 9, "2026-05-01"),
        ("2026-05-01 11:00:00", 9, "2026-05-01"),
        ("2026-05-01 11:00:01", 9, None),
        ("2026-05-02 00:59:00", 23, "2026-05-01"),
        ("2026-05-02 00:00:00", 0, "2026-05-02"),
    ],
)
def test_lateness(now: str, hour: int, day: str | None) -> None:
    due = day_due(datetime.fromisoformat(f"{now}Z"), hour, ZoneInfo("UTC"))
    assert due == (date.fromisoformat(day) if day else None)


def test_zones() -> None:
    names = zone_names()
    assert names[folded("europe/berlin")] == "Europe/Berlin"
    assert names[folded(" America/New  York ")] == "America/New_York"
    assert "localtime" not in names
    assert max(map(len, names)) <= 40
    for unknown in (
        "Middle/Earth",
        "",
        "../../etc/passwd",
        "/etc/passwd",
        "Europe",
        "x" * 5000,
        "\0",
    ):
        assert folded(unknown) not in names
        assert zone_of(unknown).key == "UTC"


def _wall(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of a zone show."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)

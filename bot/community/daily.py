"""The dinosaur of the day in `/settings`: where and when it comes, how long its vote lasts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from bot.chat.app import App
from bot.chat.commands import Choice, Kind, Option, always, within_limits
from bot.chat.message import Embed, Message, Select, UserError
from bot.chat.translation import _, ngettext
from bot.chat.turn import DeliveryError, MessageRef, Platform, Turn, Unreachable
from bot.community.moments import folded, next_day, zone_names, zone_of
from bot.community.queries import QUIET_DAYS, Communities, DailySettings, Stopped
from bot.community.rights import check_is_here
from bot.text.formats import cut
from bot.text.spans import Text, Timestamp, code, command, text
from bot.text.technical import technical
from bot.text.written import for_managers
from data.phrases import NOTHING

LAST_HOUR = 23
"""The last hour of a day, and the most hours that a vote can last."""
LONGEST_ZONE = 40
"""Characters of the name of a time zone."""


@dataclass(frozen=True)
class DailyOptions:
    """Options of `/settings` about the dinosaur of the day; `None` keeps what is set."""

    daily: bool | None = None
    """False switches it off. True switches it on, like a channel."""
    daily_channel: int | None = None
    daily_hour: int | None = None
    daily_zone: str | None = None
    daily_hours: int | None = None


async def change_daily(
    app: App, turn: Turn, community_id: int, options: DailyOptions
) -> list[Text]:
    """Change what is given, and tell the channel if it begins there. Returns what is set now.

    Raises `UserError`.
    """
    given = await _checked(turn, options)
    if not given and options.daily is None:
        return []
    kept = (await app.store[Communities].settings(community_id)).daily
    is_on = options.daily
    if is_on is None:  # its hour may be chosen before its channel
        is_on = kept.starts_on is not None or options.daily_channel is not None
    stopped = None if is_on or options.daily is False else kept.stopped
    changed = replace(kept, **given, starts_on=None, stopped=stopped)
    if is_on:
        if (channel_id := changed.channel_id) is None:
            example = command("/settings")
            raise UserError(
                _("Which channel? Choose one, for example with {example}."), example=example
            )
        day, _moment = await _next(app, changed)
        changed = replace(changed, starts_on=day)
        if kept.starts_on is None or kept.channel_id != channel_id:
            await _introduce(turn, channel_id)
    await app.store[Communities].change(
        community_id,
        daily_channel_id=changed.channel_id,
        daily_hour=changed.hour,
        daily_zone=changed.zone,
        daily_hours=changed.hours,
        daily_from=changed.starts_on,
        daily_stopped=changed.stopped,
    )
    return [await daily_sentence(app, turn.platform, changed)]


async def daily_sentence(app: App, platform: Platform, daily: DailySettings) -> Text:
    """Sentence about the current settings of the dinosaur of the day."""
    if daily.stopped is not None:
        return stopped_sentence(daily, daily.stopped, platform)
    if daily.channel_id is None:
        return text(_("There's no dinosaur of the day here. Pick a channel to start it."))
    if daily.starts_on is None:
        return text(_("There's no dinosaur of the day here."))
    sentence = ngettext(
        "The dinosaur of the day is chosen in {channel}: five new names every day at {hour}:00 "
        "({zone}), with {count} hour to vote. Next names: {next}.",
        "The dinosaur of the day is chosen in {channel}: five new names every day at {hour}:00 "
        "({zone}), with {count} hours to vote. Next names: {next}.",
        daily.hours,
    )
    _day, moment = await _next(app, daily)
    return text(
        sentence,
        channel=platform.mention_channel(daily.channel_id),
        hour=daily.hour,
        zone=technical(daily.zone),
        count=daily.hours,
        next=Timestamp(moment, absolute=True),
    )


def stopped_sentence(daily: DailySettings, reason: Stopped, platform: Platform) -> Text:
    """Why the bot has stopped."""
    if reason is Stopped.QUIET:
        sentence = _(
            "The bot has stopped the dinosaur of the day, because no name has won for {days} days "
            "in a row."
        )
        return text(sentence, days=QUIET_DAYS)
    sentence = _(
        "The bot has stopped the dinosaur of the day, because it can't post in {channel} any "
        "more. {access}"
    )
    channel = platform.mention_channel(daily.channel_id or 0)
    return text(sentence, channel=channel, access=platform.terms.access)


async def suggest_zones(_app: App, turn: Turn, typed: str) -> Sequence[Choice]:
    """Time zones with these letters, those whose city begins with them first."""
    names, letters = await asyncio.to_thread(zone_names), folded(typed)
    found = [key for key in names if letters in key]
    found.sort(key=lambda key: (key != letters, not key.rpartition("/")[2].startswith(letters)))
    return within_limits(
        (Choice(technical(names[key]), names[key]) for key in found), turn.platform.limits
    )


async def checked_zone(typed: str) -> str:
    """The name of a time zone as the IANA writes it. Raises `UserError` for an unknown one."""
    if len(typed) <= LONGEST_ZONE:
        names = await asyncio.to_thread(zone_names)  # reads folders, the first time
        city = folded(typed)
        found = [names[key] for key in names if city in (key, key.rpartition("/")[2])]
        if found:
            return names.get(city, found[0])
    raise UserError(
        _("“{zone}” isn't a time zone. Type a large city near you, for example {example}."),
        zone=for_managers(cut(typed, LONGEST_ZONE)),
        example=command("Europe/Berlin"),
    )


def daily_selects(daily: DailySettings, action: str) -> tuple[Select, Select]:
    """Menus for the channel and the hour of the dinosaur of the day."""
    channel = "" if daily.channel_id is None else str(daily.channel_id)
    sentence = _("The dinosaur of the day is posted at {hour}:00")
    hours = tuple((sentence.format(hour=hour), str(hour)) for hour in range(LAST_HOUR + 1))
    return (
        Select(_("Channel for the dinosaur of the day"), action, "daily_channel=", (), channel),
        Select(
            _("Hour for the dinosaur of the day"), action, "daily_hour=", hours, str(daily.hour)
        ),
    )


async def _checked(turn: Turn, options: DailyOptions) -> dict[str, Any]:
    """The fields of `DailySettings` that are given. Raises `UserError`."""
    for name, hours, least in (
        ("daily_hour:", options.daily_hour, 0),
        ("daily_hours:", options.daily_hours, 1),
    ):
        if hours is not None and not least <= hours <= LAST_HOUR:
            sentence = _("{option} must be between {least} and {most}; you typed {typed}.")
            raise UserError(
                sentence, option=code(technical(name)), least=least, most=LAST_HOUR, typed=hours
            )
    zone = None if options.daily_zone is None else await checked_zone(options.daily_zone)
    if options.daily_channel is not None:
        await check_is_here(turn, options.daily_channel)
    given = {
        "channel_id": options.daily_channel,
        "hour": options.daily_hour,
        "zone": zone,
        "hours": options.daily_hours,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _next(app: App, daily: DailySettings) -> tuple[date, datetime]:
    """The next day, and when its names come."""
    now = app.now()
    return await asyncio.to_thread(
        lambda: next_day(now, daily.hour, zone_of(daily.zone), daily.last_day)
    )


async def _introduce(turn: Turn, channel_id: int) -> None:
    """Tell the channel. Raises `UserError` if the bot cannot post there, and `Unreachable`.

    As the names, the sentence is an embed: on Discord these need another permission.
    """
    ref = MessageRef(channel_id, 0, turn.community_id)
    sentence = _(
        "The bot posts five new names here every day, and the winner becomes the "
        "dinosaur of the day."
    )
    try:
        await turn.platform.send(ref, Message(embeds=(Embed(NOTHING, (text(sentence),)),)))
    except Unreachable:
        raise
    except DeliveryError as error:
        raise UserError(
            _("The bot can't post in {channel}. {access}"),
            channel=turn.platform.mention_channel(channel_id),
            access=turn.platform.terms.access,
        ) from error


DAILY_OPTIONS = (
    Option("daily", _("Whether to choose a dinosaur of the day (default: no)"), Kind.SWITCH),
    Option("daily_channel", _("Channel where the dinosaur of the day is chosen"), Kind.CHANNEL),
    Option(
        "daily_hour",
        _("Hour to post the five names, 0 to 23 (default 9)"),
        Kind.INTEGER,
        least=0,
        most=LAST_HOUR,
    ),
    Option(
        "daily_zone",
        _("Time zone for the hour, for example: Europe/Berlin (default UTC)"),
        most=LONGEST_ZONE,
        suggest=always(suggest_zones),
    ),
    Option(
        "daily_hours",
        _("Hours to vote, 1 to 23 (default 10)"),
        Kind.INTEGER,
        least=1,
        most=LAST_HOUR,
    ),
)

"""Load test: 200 poems and 1,000 cards of names, asked for within one second.

The bot is `python -m bot` in a subprocess, on a simulator in this process. Each request is of
another member, so that no cooldown and no limit of a member matters; one more member asks for a
name every five seconds. With `--baseline`, a bot of another checkout gets the same load, in turn.

The exit code is 1 if an answer was lost, an acknowledgement late, or if an answer disagrees with
the bot's database, which is read when the bot has stopped. Run with:
python -m tools.load --baseline ../before
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from sqlalchemy import URL, func, select
from sqlalchemy.ext.asyncio import create_async_engine

from bot.store.database import url_of
from bot.store.schema import Candidate, Poll, UnfinishedAnswer
from tools.bot_process import CHECKOUT, BotProcess
from tools.rush import PLATFORMS, Asked, What, crowded_bot

POEMS, CARDS, WITHIN_S = 200, 1000, 1.0
LIMIT_S = 120.0
"""Seconds of a rush, after which what is not answered counts as lost. The baseline takes longer."""
ACKNOWLEDGED_S = 3.0


@dataclass(frozen=True)
class Disagreements:
    """Numbers of answers that do not agree with the database."""

    without_poll: int
    """Answered cards without a poll that has all their names and knows their message."""
    without_card: int
    """Polls that no card shows, beyond those of requests that were not answered."""
    unfinished: int
    """Answers that the next start would close as unfinished: their end is not recorded."""

    def __bool__(self) -> bool:
        return any((self.without_poll, self.without_card, self.unfinished))


@dataclass(frozen=True, eq=False)
class RushResult:
    """What was measured in one rush."""

    platform: str
    code: str
    """Which checkout."""
    asked: Sequence[Asked]
    seconds: float
    """From the first request to the last answer, or to the end of waiting for it."""
    cpu_s: Sequence[float]
    """Of the bot's own process, which has the event loop; those that it started; the members."""
    lags_s: Sequence[float]
    """Of the event loop, every 10 ms while the rush lasted."""
    memory_mib: float
    """At the end, with all processes of the bot."""
    log_errors: int
    """Tracebacks and errors in the log of the bot."""
    faults: Disagreements

    def of(self, what: What) -> list[Asked]:
        """The requests of a kind."""
        return [each for each in self.asked if each.what == what]

    @property
    def rush(self) -> list[Asked]:
        """The requests that count for the throughput."""
        return [each for each in self.asked if each.what != "quiet"]

    @property
    def answered(self) -> int:
        """Number of answers to them."""
        return sum(each.answered is not None for each in self.rush)

    @property
    def lost(self) -> int:
        """Number of them without an answer."""
        return len(self.rush) - self.answered

    @property
    def late(self) -> int:
        """Number of requests, quiet ones too, that were not acknowledged within 3 s."""
        times = [each.to_acknowledge for each in self.asked]
        return sum(seconds is None or seconds > ACKNOWLEDGED_S for seconds in times)

    @property
    def is_wrong(self) -> bool:
        """Whether anything was lost, late or not stored."""
        return bool(self.lost or self.late or self.faults)

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return self.answered / self.seconds


def plan(poems: int, cards: int) -> list[What]:
    """The kinds of the requests, poems evenly among the names."""
    total = poems + cards
    return [
        "poem" if (number + 1) * poems // total > number * poems // total else "names"
        for number in range(total)
    ]


async def measure(
    platform: str,
    code: str,
    checkout: Path,
    whats: Sequence[What],
    *,
    settings: Mapping[str, str] | None = None,
) -> RushResult:
    """One rush on a new bot."""
    with tempfile.NamedTemporaryFile() as lags:
        started = datetime.now(UTC)
        async with crowded_bot(
            platform, len(whats), settings or {}, checkout=checkout, lags=Path(lags.name)
        ) as (crowd, bot):
            before, began, clock = _cpu_s(bot), time.time(), time.monotonic()
            await crowd.rush(whats, WITHIN_S, LIMIT_S)
            end = time.monotonic()
            spent = [now - then for now, then in zip(_cpu_s(bot), before, strict=True)]
            _, memory = bot.memory_mib()
            await bot.stop()
            log = bot.log.read_text(errors="replace")
            database = url_of((settings or {}).get("DATABASE_URL"), bot.state_dir)
            faults = await read_faults(database, started, [*crowd.warming, *crowd.asked])
        measured = json.loads(lags.read() or "[]")
    answers = [each.answered for each in crowd.asked if each.what != "quiet"]
    times = [at for at in answers if at is not None]
    is_over = bool(times) and len(times) == len(answers)
    return RushResult(
        platform=crowd.name,
        code=code,
        asked=crowd.asked,
        seconds=max(times) - began if is_over else end - clock,
        cpu_s=spent,
        lags_s=[lag for at, lag in measured if clock <= at <= end],
        memory_mib=memory,
        log_errors=log.count("Traceback") + log.count(" ERROR "),
        faults=faults,
    )


def _cpu_s(bot: BotProcess) -> tuple[float, float, float]:
    """CPU seconds of the bot's own process, of those that it has started, and of this one."""
    return *bot.cpu_s(), time.process_time()


async def read_faults(url: URL, since: datetime, asked: Sequence[Asked]) -> Disagreements:
    """What disagrees between what the bot has stored since a time, and all that was asked of it."""
    engine = create_async_engine(url)
    new = Poll.opened_at >= since
    names = select(Candidate.poll_id, func.count()).join(Poll).where(new)
    unfinished = select(func.count()).where(UnfinishedAnswer.begun_at >= since)
    try:
        async with engine.connect() as connection:
            counts = await connection.execute(names.group_by(Candidate.poll_id))
            polls = {int(poll): int(count) for poll, count in counts}
            placed = select(Poll.id).where(new, Poll.message_id.is_not(None))
            known = {*await connection.scalars(placed)}
            begun = await connection.scalar(unfinished) or 0
    finally:
        await engine.dispose()
    cards = [each for each in asked if each.what != "poem"]
    answered = [each for each in cards if each.answered is not None]
    shown = Counter(each.poll for each in answered)
    good = sum(
        each.poll in known and polls.get(each.poll or 0) == each.names and shown[each.poll] == 1
        for each in answered
    )
    unseen = len(polls.keys() - shown.keys())
    return Disagreements(
        without_poll=len(answered) - good,
        without_card=max(0, unseen - (len(cards) - len(answered))),
        unfinished=begun,
    )


def quantiles(seconds: Sequence[float | None], *levels: float) -> list[float]:
    """Quantiles of those that are known; NaN without any."""
    known = [each for each in seconds if each is not None]
    return [float(np.quantile(known, level)) if known else float("nan") for level in levels]


def rows(run: RushResult) -> list[tuple[str, str]]:
    """The figures of a run, as displayed."""
    names, poems, quiet = run.of("names"), run.of("poem"), run.of("quiet")
    cards_s = max((each.to_answer or 0.0 for each in names), default=0.0)

    def spread(seconds: Sequence[float | None], unit: str = "s", scale: float = 1.0) -> str:
        half, most, last = (scale * each for each in quantiles(seconds, 0.5, 0.99, 1.0))
        digits = 2 if unit == "s" else 1
        return f"{half:.{digits}f} / {most:.{digits}f} / {last:.{digits}f} {unit}"

    return [
        ("answers", f"{run.answered} of {len(run.rush)} in {run.seconds:.1f} s"),
        ("answers a second", f"{run.per_second:.1f}"),
        ("cards of names a second", f"{len(names) / cards_s if cards_s else 0:.1f}"),
        ("acknowledged after", spread([each.to_acknowledge for each in run.asked])),
        ("names answered after", spread([each.to_answer for each in names])),
        ("poems finished after", spread([each.to_answer for each in poems])),
        ("quiet member's name after", spread([each.to_answer for each in quiet])),
        ("lost, late for the 3 s rule", f"{run.lost}, {run.late}"),
        ("event loop lag", spread(run.lags_s, "ms", 1e3)),
        (
            "answered without poll, polls without card",
            f"{run.faults.without_poll}, {run.faults.without_card}",
        ),
        ("answers recorded as unfinished", f"{run.faults.unfinished}"),
        (
            "CPU of the bot, its writers, the members",
            ", ".join(f"{seconds:.1f} s" for seconds in run.cpu_s),
        ),
        ("memory of the bot", f"{run.memory_mib:.0f} MiB"),
        ("errors in the log", f"{run.log_errors}"),
        ("instead of an answer", said(run)),
    ]


def said(run: RushResult) -> str:
    """What the requests without an answer show, the commonest first."""
    found = Counter(each.said[:60] or "nothing" for each in run.rush if each.answered is None)
    return "; ".join(f"{number} × {words}" for words, number in found.most_common(3))


def table_of(runs: Sequence[RushResult]) -> Table:
    """The runs side by side; three figures are the median, the 99th percentile and the most."""
    table = Table("median / 99% / most", *(f"{run.platform}, {run.code}" for run in runs))
    columns = [rows(run) for run in runs]
    for lines in zip(*columns, strict=True):
        table.add_row(lines[0][0], *(value for _, value in lines))
    ratios = [ratio_to_baseline(run, runs) for run in runs]
    if any(ratios):
        table.add_row(
            "throughput, ratio to the baseline", *(f"{r:.2f}" if r else "" for r in ratios)
        )
    return table


def ratio_to_baseline(run: RushResult, runs: Sequence[RushResult]) -> float | None:
    """How many times the answers a second of the baseline on the same platform."""
    before = [
        each.per_second
        for each in runs
        if each.code == "baseline" and each.platform == run.platform
    ]
    return run.per_second / float(np.mean(before)) if before and run.code != "baseline" else None


async def measure_all(options: argparse.Namespace) -> list[RushResult]:
    """All runs; those of a platform one after the other, the baseline first."""
    whats = plan(options.poems, options.cards)
    codes = {"baseline": options.baseline, "now": CHECKOUT}
    runs = []
    for _ in range(options.rounds):
        for platform in options.platforms:
            for code, checkout in codes.items():
                if checkout is not None:
                    runs.append(
                        await measure(
                            platform,
                            code,
                            checkout.resolve(),
                            whats,
                            settings=dict(each.split("=", 1) for each in options.settings),
                        )
                    )
    return runs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the test; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tools.load", description=__doc__)
    parser.add_argument("--baseline", type=Path, help="a checkout to compare with")
    parser.add_argument("--platforms", nargs="+", choices=PLATFORMS, default=PLATFORMS)
    parser.add_argument("--poems", type=int, default=POEMS, help=f"default: {POEMS}")
    parser.add_argument("--cards", type=int, default=CARDS, help=f"default: {CARDS}")
    parser.add_argument("--rounds", type=int, default=1, help="repetitions (default: 1)")
    parser.add_argument(
        "--settings", nargs="*", default=[], metavar="NAME=VALUE", help="settings of the bot"
    )
    options = parser.parse_args(arguments)
    runs = asyncio.run(measure_all(options))
    Console(width=150).print(table_of(runs))
    return 1 if any(run.is_wrong for run in runs if run.code != "baseline") else 0


if __name__ == "__main__":
    sys.exit(main())

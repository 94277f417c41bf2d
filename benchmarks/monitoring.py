"""Benchmark of monitoring: a real Prometheus scrapes the bot under load.

The bot runs in a subprocess, connected to a simulator in this process, whose members send commands
and press buttons. Afterwards, Prometheus evaluates each query of the dashboard and each alerting
rule. The exit code is 1 if it refuses one, if a scrape failed, or if the number of requests that it
saw is not the number that was sent.

Needs `prometheus` and `promtool` (Debian's package prometheus). Run with:
python -m benchmarks.monitoring
"""

import argparse
import asyncio
import contextlib
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.bot_process import BotProcess
from benchmarks.ports import free_port
from bot.monitoring.monitor import Monitor
from bot.monitoring.requests import Outcome, end_with
from bot.platforms.local.server import LocalDiscord

CHECKOUT = Path(__file__).parents[1]
DASHBOARD = CHECKOUT / "deploy" / "grafana" / "mangosaurus.json"
ALERTS = CHECKOUT / "deploy" / "prometheus" / "alerts.yml"
SCRAPE_S = 1
RATE_WINDOW = "15s"
"""What replaces Grafana's `$__rate_interval`."""
START_S = 30.0
IDLE_S = 60.0
"""Seconds until the last answers, poems above all, must be finished."""
CONFIGURATION = """
global: {{scrape_interval: {scrape_s}s, evaluation_interval: 1s}}
rule_files: ["{alerts}"]
scrape_configs:
  - job_name: mangosaurus
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


class Prometheus:
    """A server of Prometheus that scrapes one port, inside of `async with`."""

    def __init__(self, folder: Path, scraped_port: int) -> None:
        self.port = free_port()
        self._folder = folder
        configuration = CONFIGURATION.format(scrape_s=SCRAPE_S, alerts=ALERTS, port=scraped_port)
        (folder / "prometheus.yml").write_text(configuration)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run it until the end of the block."""
        with (self._folder / "prometheus.log").open("wb") as log:
            process = await asyncio.create_subprocess_exec(
                "prometheus",
                f"--config.file={self._folder / 'prometheus.yml'}",
                f"--storage.tsdb.path={self._folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{self.port}",
                stdout=log,
                stderr=log,
            )
        try:
            await self._wait_until_ready()
            yield
        finally:
            process.terminate()
            await process.wait()

    async def query(self, expression: str) -> list[dict[str, Any]]:
        """The samples of an instant query. Raises `ValueError` if it is refused."""
        answer = await self._get("query", {"query": expression})
        if answer["status"] != "success":
            raise ValueError(answer["error"])
        found = answer["data"]["result"]
        return found if answer["data"]["resultType"] == "vector" else [{"value": found}]

    async def rules(self) -> list[dict[str, Any]]:
        """The alerting rules with their health."""
        answer = await self._get("rules", {})
        return [rule for group in answer["data"]["groups"] for rule in group["rules"]]

    async def _get(self, path: str, parameters: dict[str, str]) -> dict[str, Any]:
        address = f"http://127.0.0.1:{self.port}/api/v1/{path}"
        async with (
            aiohttp.ClientSession() as session,
            session.get(address, params=parameters) as response,
        ):
            answer: dict[str, Any] = await response.json()
            return answer

    async def _wait_until_ready(self) -> None:
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    if await self.query("vector(1)"):
                        return
                await asyncio.sleep(0.1)


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.monitoring", description=__doc__)
    parser.add_argument("--members", type=int, default=6, help="at the same time (default: 6)")
    parser.add_argument("--seconds", type=float, default=30.0, help="of load (default: 30)")
    options = parser.parse_args()
    missing = [name for name in ("prometheus", "promtool") if shutil.which(name) is None]
    if missing:
        Console(stderr=True).print(f"Not installed: {' and '.join(missing)}")
        return 2
    checked = subprocess.run(  # noqa: S603 (a file of ours)
        ["promtool", "check", "rules", str(ALERTS)],  # noqa: S607
        check=False,
        stdout=subprocess.DEVNULL,
    )
    return max(checked.returncode, asyncio.run(_run(options.members, options.seconds)))


async def _run(members: int, seconds: float) -> int:
    console, port = Console(), free_port()
    settings = {"COOLDOWN_SECONDS": "0", "METRICS_PORT": str(port)}
    with tempfile.TemporaryDirectory() as folder:
        prometheus = Prometheus(Path(folder), port)
        async with (
            LocalDiscord(port=0, rate_limited=False) as local,
            BotProcess(local, Path(folder), settings) as bot,
            prometheus.running(),
        ):
            sent = await _load(local, members, seconds)
            await _until_idle(prometheus)
            counted = await prometheus.query("sum by (outcome) (mangosaurus_requests_total)")
            seen = {row["metric"]["outcome"]: int(row["value"][1]) for row in counted}
            console.print(f"sent: {dict(sent)}; seen by Prometheus: {seen}")
            for row in await prometheus.query("mangosaurus_request_errors_total"):
                console.print(f"{row['metric']['error']}: {row['value'][1]}")
            failures = await _answer_queries(console, prometheus)
            failures += await _check_scrapes(console, prometheus)
            console.print(f"peak memory of the bot: {bot.memory_mib():.0f} MiB")
    await _measure_costs(console)
    if sum(sent.values()) != sum(seen.values()):
        failures.append("Prometheus saw another number of requests.")
    for failure in failures:
        console.print(f"[red]{failure}")
    return bool(failures)


async def _load(local: LocalDiscord, members: int, seconds: float) -> Counter[str]:
    """Send requests of several kinds until the time is over. Returns their number by kind."""
    sent: Counter[str] = Counter()
    end = time.monotonic() + seconds
    requests: list[tuple[str, dict[str, object]]] = [
        ("dinoname", {"count": 5}),
        ("sonnet", {"opening": "Shall I"}),
        ("dinoname", {"starts_with": "mango"}),
        ("dissect", {"name": "Mangosaurus"}),
        ("dinoname", {"starts_with": "кот"}),  # refused
        ("about", {}),
        ("poems", {}),
    ]

    async def member(number: int) -> None:
        user = local.state.guild.add_member(f"Member {number}")
        turn = number
        while time.monotonic() < end:
            name, options = requests[turn % len(requests)]
            turn += 1
            sent[name] += 1
            asked = await local.run_command(name, options, by=user, timeout_s=30)
            buttons = asked.message.buttons
            if name == "dinoname" and buttons and time.monotonic() < end:
                sent["vote"] += 1
                await local.press(asked.message, buttons[0].label, by=user, timeout_s=30)

    await asyncio.gather(*map(member, range(members)))
    return sent


async def _until_idle(prometheus: Prometheus) -> None:
    """Wait until no request is in progress, and Prometheus knows it."""
    async with asyncio.timeout(IDLE_S):
        while True:
            await asyncio.sleep(2 * SCRAPE_S + 1)
            (row,) = await prometheus.query("mangosaurus_requests_in_progress")
            if float(row["value"][1]) == 0:
                return


async def _answer_queries(console: Console, prometheus: Prometheus) -> list[str]:
    table, failures = Table("panel", "query", "series", "value"), []
    for panel, query in _queries():
        try:
            rows = await prometheus.query(query)
        except ValueError as error:
            failures.append(f"{panel}: {error}: {query}")
            continue
        value = f"{float(rows[0]['value'][1]):.4g}" if rows else ""
        table.add_row(panel, query, str(len(rows)), value)
        if not rows:
            failures.append(f"{panel}: no data for {query}")
    console.print(table)
    for rule in await prometheus.rules():
        if rule["health"] != "ok":
            failures.append(f"{rule['name']}: {rule.get('lastError', rule['health'])}")
        if rule["state"] != "inactive":
            failures.append(f"the alert {rule['name']} is {rule['state']}")
    return failures


async def _check_scrapes(console: Console, prometheus: Prometheus) -> list[str]:
    async def value(query: str) -> float:
        return float((await prometheus.query(query))[0]["value"][1])

    average = 1e3 * await value("avg_over_time(scrape_duration_seconds[1m])")
    longest = 1e3 * await value("max_over_time(scrape_duration_seconds[1m])")
    samples = await value("scrape_samples_scraped")
    console.print(
        f"a scrape under load: {average:.1f} ms on average, {longest:.1f} ms at most, "
        f"{samples:.0f} samples"
    )
    missed = await value("sum(count_over_time(up[1m]) - sum_over_time(up[1m]))")
    return [f"{missed:.0f} scrapes failed"] if missed else []


def _queries() -> Iterator[tuple[str, str]]:
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", ()):
            query = target["expr"].replace("$__rate_interval", RATE_WINDOW)
            yield panel["title"], query.replace("$instance", ".*")


async def _measure_costs(console: Console, rounds: int = 2_000) -> None:
    """The cost of following one request, and of writing all metrics."""
    monitor = Monitor()
    names = [f"/command{number}" for number in range(60)]
    outcomes = [Outcome.ANSWERED, Outcome.REFUSED]
    followed = []
    for number in range(rounds):
        started = time.perf_counter()
        with monitor.track(names[number % len(names)], 1) as request:
            request.acknowledge()
            if number % 7 == 0:
                end_with(ValueError(), outcomes[number % 2])
        followed.append(time.perf_counter() - started)
    written = []
    for _ in range(50):
        started = time.process_time()
        exposition = await monitor.metrics.exposition()
        written.append(time.process_time() - started)
    console.print(
        f"following a request: {1e6 * np.median(followed):.0f} µs; "
        f"writing {len(exposition.splitlines()):,} lines of metrics: "
        f"{1e3 * np.median(written):.1f} ms of CPU, in a thread"
    )


if __name__ == "__main__":
    sys.exit(main())

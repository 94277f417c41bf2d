"""The simulation of a day: arrivals, turns, and what it says of waiting."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.capacity import (
    DAY_S,
    LINES,
    Costs,
    Habits,
    Machines,
    Request,
    arrivals,
    main,
    need,
    processes_for,
    rate,
    simulate,
    turn_s,
)

COSTS, HABITS = Costs(), Habits()


def of_a_day(servers: int, seed: int = 0, habits: Habits = HABITS) -> list[Request]:
    return arrivals(servers, habits, np.random.default_rng(seed), begin=0.0, end=DAY_S)


def test_rate_follows_the_hours() -> None:
    seconds = np.arange(0, DAY_S, 60)
    rates = [rate(each, HABITS) for each in seconds]
    assert np.mean(rates) == pytest.approx(1)
    assert max(rates) == HABITS.peak
    assert seconds[np.argmax(rates)] == HABITS.peak_hour * 3600


def test_arrivals() -> None:
    requests = of_a_day(2_000)
    assert requests == of_a_day(2_000)
    assert requests != of_a_day(2_000, seed=1)
    times = [each.at for each in requests]
    assert times == sorted(times)
    assert len(times) == pytest.approx(2_000 * HABITS.requests, rel=0.1)
    poems = sum(each.is_poem for each in requests) / len(requests)
    assert poems == pytest.approx(HABITS.poems, abs=0.02)
    by_hour = Counter(int(at // 3600) for at in times)
    assert by_hour[19] + by_hour[20] > 3 * (by_hour[7] + by_hour[8])


def test_one_request_waits_for_its_work_only() -> None:
    for is_poem, turns in ((False, 1), (True, LINES)):
        waits = simulate([Request(5.0, is_poem)], Machines(1, 1), COSTS)
        (seconds,) = waits.poems if is_poem else waits.names
        expected = COSTS.request_s + turns * turn_s(is_poem, 1, COSTS)
        assert seconds == pytest.approx(expected)


def test_batches_cost_less() -> None:
    assert LINES * turn_s(True, 1, COSTS) == pytest.approx(COSTS.poem_alone_s)
    assert LINES * turn_s(True, 8, COSTS) / 8 == pytest.approx(COSTS.poem_s)


def test_everybody_is_answered() -> None:
    requests = of_a_day(500)
    waits = simulate(requests, Machines(2, 2), COSTS)
    poems = sum(each.is_poem for each in requests)
    assert len(waits.poems) == len(waits.first_lines) == poems
    assert len(waits.names) == len(requests) - poems
    assert min(waits.names) > COSTS.request_s
    work = sum(map(len, (waits.names,))) * COSTS.card_s
    assert waits.writers_busy * DAY_S * 2 > work


def test_names_do_not_wait_behind_poems() -> None:
    """They have half of the time."""
    poems = [Request(0.0, True) for _ in range(100)]
    alone = simulate([*poems, Request(0.5, False)], Machines(1, 1), COSTS)
    assert alone.names[0] < 0.2
    assert np.median(alone.poems) > 1


def test_more_cores_wait_less() -> None:
    rush = [Request(k / 1200, k % 6 == 0) for k in range(1200)]
    one, four = (simulate(rush, Machines(4, cores), COSTS) for cores in (1, 4))
    assert np.median(one.names) > 2 * np.median(four.names)
    assert np.median(one.poems) > 2 * np.median(four.poems)


def test_need_grows_with_the_servers() -> None:
    small, large = need(10_000, HABITS, COSTS), need(1_000_000, HABITS, COSTS)
    assert large.requests == 100 * small.requests
    assert large.writing_cores == pytest.approx(100 * small.writing_cores)
    assert (small.processes, large.processes) == (1, 40)
    assert processes_for(100, 1.6) == 4


def test_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--servers", "200"]) == 0
    printed = capsys.readouterr().out
    assert "1,000,000 servers" in printed
    assert "first line" in printed

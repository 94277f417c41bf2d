"""Requests of a day, or of a rush."""

import math
from dataclasses import dataclass

import numpy as np

from benchmarks.capacity.assumptions import Habits

DAY_S = 86_400.0


@dataclass(frozen=True)
class Request:
    """One request."""

    at: float
    is_poem: bool


def rate(second: float, habits: Habits) -> float:
    """The rate at a time of the day, as a multiple of the mean: a cosine."""
    hours = (second / 3600 - habits.peak_hour) * math.tau / 24
    return 1 + (habits.peak - 1) * math.cos(hours)


def of_a_day(
    servers: int, habits: Habits, random: np.random.Generator, *, begin: float, end: float
) -> list[Request]:
    """Requests between two times of the day, in their order: a Poisson process by thinning."""
    mean = servers * habits.requests / DAY_S
    expected = mean * habits.peak * (end - begin)
    times = random.uniform(begin, end, random.poisson(expected))
    kept = random.random(len(times)) * habits.peak < [rate(each, habits) for each in times]
    everything = [times[kept]]
    bursts = max(1.0, habits.bursts * servers / 10_000) * (end - begin) / DAY_S
    starts = random.uniform(begin, end, (random.poisson(bursts), 1))
    everything.append(
        (starts + random.uniform(0, habits.burst_s, (len(starts), habits.burst_requests))).ravel()
    )
    every = np.sort(np.concatenate(everything))
    poems = random.random(len(every)) < habits.poems
    return [
        Request(float(at), bool(is_poem))
        for at, is_poem in zip(every, poems, strict=True)
        if at < end
    ]


def of_a_rush(poems: int, cards: int, seconds: float = 1.0) -> list[Request]:
    """The requests of `benchmarks.load`: evenly over some seconds, poems evenly among the cards."""
    total = poems + cards
    return [
        Request(seconds * k / total, (k + 1) * poems // total > k * poems // total)
        for k in range(total)
    ]

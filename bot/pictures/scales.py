"""Round numbers for the scales of plots."""

import math


def round_above(value: float) -> float:
    """The smallest of 1, 2 and 5 times a power of ten that is not below a value.

    >>> round_above(0.03), round_above(180), round_above(0)
    (0.05, 200.0, 1.0)
    """
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(float(f"{f * power:.3g}") for f in (1, 2, 5, 10) if f * power >= value * 0.999)


def ticks(low: float, high: float, count: int) -> list[float]:
    """At most `count` round numbers from low to high, one of 1, 2 and 5 times a power of ten apart.

    >>> ticks(0.9, 3.2, 6)
    [1.0, 1.5, 2.0, 2.5, 3.0]
    """
    step = round_above((high - low) / count)
    first, last = math.ceil(low / step), math.floor(high / step)
    return [float(f"{number * step:.13g}") for number in range(first, last + 1)]

"""Draws without replacement: how many of a sample are of one kind.

Reference: E. Stadlober, "The ratio of uniforms approach for generating discrete random variates", J. Comput. Appl. Math.
31(1), 1990: its HRUA, which NumPy has, too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jitkit.random.numbers import positive_unit, unit
from jitkit.random.philox import block
from jitkit.random.rejection import log_factorial

_FEW = 10.0
_WIDTH, _OFFSET = 2.0 * math.sqrt(2.0 / math.e), 3.0 - 2.0 * math.sqrt(3.0 / math.e)


def draw_hypergeometric(key: Any, counter: Any, step: Any, given: Any) -> Any:
    """Return how many of a sample are good; given the good ones, the bad ones and the size of the sample."""
    good, bad, taken = given[0], given[1], given[2]
    # What is rarer, in the sample or in what it leaves, whichever is smaller; the rest follows.
    rare, common, sample = min(good, bad), max(good, bad), min(taken, good + bad - taken)
    found = one_by_one(rare, common, sample, key, counter, step)
    if sample > _FEW and rare > 0.0:
        found = by_ratio_of_uniforms(rare, common, sample, key, counter, step)
    found = found if good <= bad else sample - found
    return np.int64(found if sample == taken else good - found)


def one_by_one(rare: Any, common: Any, sample: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a number for a sample of up to ten, which is drawn one by one; of none else."""
    left, found = 0.0 if sample > _FEW else sample, 0.0
    while left > 0.0:
        words = block(key, counter, step)
        step += 1
        # Those that are left in the urn; the rare ones among them are rare - found.
        if unit(words[0], words[1]) * (rare + common - (sample - left)) < rare - found:
            found += 1.0
        left -= 1.0
    return found


def by_ratio_of_uniforms(rare: Any, common: Any, sample: Any, key: Any, counter: Any, step: Any) -> Any:
    """Return a number for a larger sample, of at most half of all."""
    total = rare + common
    p, q = rare / total, common / total
    mean = sample * p
    deviation = math.sqrt((total - sample) * mean * q / (total - 1.0) + 0.5)
    mode = np.floor((sample + 1.0) * (rare + 1.0) / (total + 2.0))
    highest = log_ways(mode, rare, common, sample)
    end = min(min(sample, rare) + 1.0, np.floor(mean + 0.5 + 16.0 * deviation))
    result = -1.0
    while result < 0.0:
        a, b, c, d = block(key, counter, step)
        step += 1
        u = positive_unit(a, b)
        x = mean + 0.5 + (_WIDTH * deviation + _OFFSET) * (unit(c, d) - 0.5) / u
        if x >= 0.0 and x < end:
            k = np.floor(x)
            if 2.0 * math.log(u) <= highest - log_ways(k, rare, common, sample):
                result = k
    return result


def log_ways(k: Any, rare: Any, common: Any, sample: Any) -> Any:
    """Return minus the logarithm of the probability of k, but for a constant."""
    return log_factorial(k) + log_factorial(rare - k) + log_factorial(sample - k) + log_factorial(common - sample + k)

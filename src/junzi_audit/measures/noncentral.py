"""The non-central chi-square distribution, of our own: loading a library for it takes longer than all of drift."""

from __future__ import annotations

import math

#: A term this much smaller than the sum changes nothing any more.
_NOTHING = 1e-17
_FINEST = 1e-12


def distribution(t: float, degrees: int, noncentrality: float) -> float:
    """The probability of ``t`` or less, good to about 1e-10; 0 for t up to 0.

    A Poisson mixture of central distributions, summed outwards from its largest weight (Benton & Krishnamoorthy 2003).
    """
    if t <= 0:
        return 0.0
    x, half = t / 2, noncentrality / 2
    middle = math.floor(half)
    weight = math.exp(middle * math.log(half) - half - math.lgamma(middle + 1)) if half else 1.0
    order = degrees / 2 + middle
    central, step = lower_gamma(order, x), _power(order, x)
    return min(1.0, _from_here_on(weight, central, step, middle, half, order, x)
               + _before_here(weight, central, step, middle, half, order, x))  # fmt: skip


def noncentrality_at(t: float, degrees: int, share: float) -> float:
    """The noncentrality at which ``t`` or less has that probability; 0 where it is less likely without any."""
    low, high = 0.0, 2 * t + 200
    while high - low > _FINEST * (1 + high):
        middle = (low + high) / 2
        low, high = (middle, high) if distribution(t, degrees, middle) > share else (low, middle)
    return low


def lower_gamma(order: float, x: float) -> float:
    """The regularized lower incomplete gamma function: by its series, or further out by its continued fraction."""
    return _series(order, x) if x < order + 1 else 1 - _fraction(order, x)


def _from_here_on(
    weight: float, central: float, step: float, at: int, half: float, order: float, x: float
) -> float:  # fmt: skip
    """The terms from the largest weight upwards: each distribution is the one before less a step."""
    total = 0.0
    while weight > _NOTHING and central > 0:
        total += weight * central
        at, order = at + 1, order + 1
        central, step, weight = central - step, step * x / order, weight * half / at
    return total


def _before_here(
    weight: float, central: float, step: float, at: int, half: float, order: float, x: float
) -> float:  # fmt: skip
    """The terms below the largest weight."""
    total = 0.0
    while at > 0 and weight > _NOTHING:
        step *= order / x
        central, weight, at, order = central + step, weight * at / half, at - 1, order - 1
        total += weight * central
    return total


def _power(order: float, x: float) -> float:
    """x^a e^-x / Gamma(a + 1), by which neighbouring orders differ."""
    return math.exp(order * math.log(x) - x - math.lgamma(order + 1))


def _series(order: float, x: float) -> float:
    total = term = 1.0
    at = order
    while term > total * _NOTHING:
        at += 1
        term *= x / at
        total += term
    return total * _power(order, x)


def _fraction(order: float, x: float) -> float:
    """The upper function, by Lentz's method."""
    b = x + 1 - order
    c, d = 1e300, 1 / b
    found, at = d, 0
    while True:
        at += 1
        a, b = -at * (at - order), b + 2
        d = 1 / (a * d + b)
        c = b + a / c
        found *= c * d
        if abs(c * d - 1) < 1e-15:
            return found * _power(order, x) * order

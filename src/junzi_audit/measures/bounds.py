"""Exact bounds of a fixed sample drawn without replacement: the hypergeometric distribution, standard library only.

``alpha`` is the error allowed on the side that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable

#: Probabilities closer than this are equal: the sums below are good to about this much.
_ROUNDING = 1e-12


def at_most(bad: int, *, population: int, wrong: int, drawn: int) -> float:
    """P(at most ``bad`` among ``drawn`` items), of ``population`` items of which ``wrong`` are wrong."""
    fewest, most = max(0, drawn - (population - wrong)), min(bad, wrong, drawn)
    whole = _choices(population, drawn)
    terms = (_choices(wrong, hit) + _choices(population - wrong, drawn - hit) for hit in range(fewest, most + 1))
    return math.fsum(math.exp(term - whole) for term in terms)


def upper(bad: int, *, population: int, drawn: int, alpha: float) -> int:
    """The most items that may be wrong: the largest number with which so few bad ones have a chance above alpha."""
    _check(bad, population, drawn)

    def possible(wrong: int) -> bool:
        return at_most(bad, population=population, wrong=wrong, drawn=drawn) > alpha + _ROUNDING

    return _first(lambda wrong: not possible(wrong), bad, population - (drawn - bad) + 1) - 1


def lower(bad: int, *, population: int, drawn: int, alpha: float) -> int:
    """The fewest items that may be wrong: the smallest number with which so many bad ones have a chance above alpha."""
    _check(bad, population, drawn)
    return population - upper(drawn - bad, population=population, drawn=drawn, alpha=alpha)


def sample_size(*, population: int, limit: float, alpha: float, errors: int = 0) -> int | None:
    """The smallest sample with which ``errors`` bad items still assure that at most the share ``limit`` is wrong.

    None when no sample does, for even everything drawn would show more.
    """
    too_many = math.floor(population * limit + _ROUNDING) + 1
    if too_many > population:
        return 0
    if errors >= too_many:
        return None

    def assures(drawn: int) -> bool:
        return at_most(errors, population=population, wrong=too_many, drawn=drawn) <= alpha + _ROUNDING

    return _first(assures, errors + 1, population)


def _first(holds: Callable[[int], bool], low: int, high: int) -> int:
    """The first number from ``low`` on that holds, when all after it do too; ``high`` when none below it does."""
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle) else (middle + 1, high)
    return low


def _choices(of: int, some: int) -> float:
    """Logarithm of the number of ways to choose ``some`` of ``of``."""
    return math.lgamma(of + 1) - math.lgamma(some + 1) - math.lgamma(of - some + 1)


def _check(bad: int, population: int, drawn: int) -> None:
    if not 0 <= bad <= drawn <= population or drawn == 0:
        raise ValueError(f"{bad} bad of {drawn} drawn of {population} is not possible")

"""Reads the arguments of faults, and names the nearest valid word when there is none."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches

from refnode.faults.fault import BadFaultError
from refnode.roster import ATTRIBUTES


def nearest(word: str, valid: Iterable[str]) -> str:
    """Say which valid word was probably meant, or list them all."""
    words = list(valid)
    close = get_close_matches(word, words, n=1, cutoff=0.4)
    return f"did you mean {close[0]!r}?" if close else f"possible are {', '.join(words)}"


def one_of(valid: Iterable[str]) -> Callable[[str], str]:
    """Read one of these words."""
    words = list(valid)

    def read(argument: str) -> str:
        if argument not in words:
            raise BadFaultError(f"knows no {argument!r}; {nearest(argument, words)}")
        return argument

    return read


def share(argument: str) -> float:
    """Read a share above 0 and at most 1."""
    number = _number(argument, "a share such as 0.2")
    if not 0 < number <= 1:
        raise BadFaultError(f"needs a share above 0 and at most 1, not {argument!r}")
    return number


def seconds(argument: str) -> float:
    """Read a number of seconds or points above 0."""
    number = _number(argument, "a number above 0")
    if not 0 < number < 1e7:
        raise BadFaultError(f"needs a number above 0, not {argument!r}")
    return number


def many(argument: str) -> int:
    """Read how many."""
    if not argument.isdecimal() or not 0 < int(argument) <= 1_000_000:
        raise BadFaultError(f"needs a whole number from 1 to 1000000, not {argument!r}")
    return int(argument)


def group(argument: str) -> tuple[str, str]:
    """Read ATTRIBUTE=GROUP."""
    attribute, _, name = argument.partition("=")
    if attribute not in ATTRIBUTES:
        raise BadFaultError(f"knows no attribute {attribute!r}; {nearest(attribute, ATTRIBUTES)}")
    if name not in ATTRIBUTES[attribute]:
        raise BadFaultError(f"knows no {attribute} {name!r}; {nearest(name, ATTRIBUTES[attribute])}")
    return attribute, name


def _number(argument: str, wanted: str) -> float:
    try:
        return float(argument)
    except ValueError:
        raise BadFaultError(f"needs {wanted}, not {argument!r}") from None

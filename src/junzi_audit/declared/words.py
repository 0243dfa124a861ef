"""Words that people write in files: the nearest valid one, and names in braces that are filled in later."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Iterator

#: An http(s) URL without a user, a password, a query or a fragment.
PLAIN_URL = re.compile(r"https?://[^/@\s?#]+(/[^@\s?#]*)?")


def nearest(word: str, possible: Iterable[str]) -> str:
    """`` did you mean 'x'?`` for the closest possible word, else the whole choice; always a sentence's tail."""
    choice = sorted(str(each) for each in possible)
    close = difflib.get_close_matches(word, choice, n=1, cutoff=0.6)
    if close:
        return f"did you mean {close[0]!r}?"
    return f"possible: {', '.join(choice)}" if choice else "nothing is possible here"


def unfilled(place: str, words: Iterable[str], names: Collection[str]) -> Iterator[str]:
    """A sentence for every ``{name}`` in the words of a command that nobody would fill in."""
    for word in words:
        for name in re.findall(r"\{(\w+)\}", word):
            if name not in names:
                yield f"{place}: nothing fills in {{{name}}}; {nearest(name, names)}"

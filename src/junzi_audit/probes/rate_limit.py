"""Whether a key may ask as often as it likes: by what a few answers tell, else by using up a key that is spare."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import curl
from junzi_audit.probes.asking import Answer, Ask
from junzi_audit.probes.surface import Surface
from junzi_audit.seen.weaknesses import Weakness

_COUNTED = (("ratelimit-limit", "ratelimit-remaining"), ("x-ratelimit-limit", "x-ratelimit-remaining"))
#: How often a key may ask in 60 s, by JUNZI's own word, and a margin within which it must have been refused.
_PUBLISHED, _MARGIN = 100, 20
#: Requests after which a key that is counted has that many fewer left, whatever else it asked; and how many more at
#: once, where between these the minute turned or what was used came back.
_ASKED, _MORE = 2, 5


def look(api: Surface, spare: Surface | None) -> Iterator[Weakness]:
    """The weakness, if there is one; Unobservable when neither the answers nor a spare key can tell."""
    names = tuple(name for pair in _COUNTED for name in pair)
    ask = api.ask("scan.rate", "/reports/", heads=names, retry=False)
    answers = [_asked(api, ask) for _ in range(_ASKED)]
    told = _counts(answers[-1])
    if any(answer.status == 429 for answer in answers):
        works = True
    elif told is not None:
        works = told[0] <= _PUBLISHED and (_counted_down([told]) or _counted_at_once(api, ask, answers))
    elif spare is not None:
        ask = spare.ask("scan.rate", "/reports/", retry=False)
        works = any(_asked(spare, ask).status == 429 for _ in range(_PUBLISHED + _MARGIN))
    else:
        words = "the node tells no RateLimit-Limit and -Remaining, and [scan] spare_key_env names no key to be used up"
        raise Unobservable(Cause.NOT_CONFIGURED, words)
    if not works:
        yield Weakness(
            id="rate-limit", severity="medium", where=ask.url, repeat=curl.of(ask),
            what=f"a key may ask more often than {_PUBLISHED} times a minute",
            fix="count requests by key, and answer 429",
        )  # fmt: skip


def _counted_at_once(api: Surface, ask: Ask, before: Sequence[Answer]) -> bool:
    """Whether a few more at once are counted; Unobservable when they took so long that it may have forgotten them."""
    answers = [answer.came() for answer in api.get_all([ask] * _MORE)]
    counts = [told for answer in answers if (told := _counts(answer)) is not None]
    if any(answer.status == 429 for answer in answers) or _counted_down(counts):
        return True
    asked = [*before, *answers]
    seconds = _lasted(asked)
    # A bucket that gives back one request in 60 / limit seconds may have been full again each time it was asked.
    back = seconds * counts[0][0] / 60 if counts else 0
    if back >= len(asked) - _ASKED and all(left < limit for limit, left in counts):
        words = f"{len(asked)} requests took {seconds:.1f} s, after which as many may be asked again"
        raise Unobservable(Cause.UNDEFINED, f"whether a key is counted cannot be told: {words}")
    return False


def _lasted(answers: Sequence[Answer]) -> float:
    """Seconds from the first request to the last answer."""
    seen = [answer.observation for answer in answers]
    ends = [each.at + timedelta(seconds=each.seconds) for each in seen]
    return (max(ends) - min(each.at for each in seen)).total_seconds()


def _counted_down(counts: Sequence[tuple[int, int]]) -> bool:
    return any(left <= limit - _ASKED for limit, left in counts)


def _counts(answer: Answer) -> tuple[int, int] | None:
    """The limit and what is left of it."""
    for limit, left in _COUNTED:
        told = answer.heads.get(limit, "").split(",")[0].strip(), answer.heads.get(left, "").strip()
        if all(word.isdecimal() and len(word) < 10 for word in told):
            return int(told[0]), int(told[1])
    return None


def _asked(surface: Surface, ask: Ask) -> Answer:
    return surface.get_all([ask])[0].came()

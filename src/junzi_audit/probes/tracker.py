"""A bug tracker's tickets, page by page to the last, whichever dialect it speaks; its key never leaves its host."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urljoin, urlsplit

from junzi_audit.model import DAY, Cause, Unobservable, iso
from junzi_audit.probes import soundness, wire
from junzi_audit.probes.asking import Answer, Params
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.tracker_dialects import Dialect, Issue, reduced
from junzi_audit.seen.tickets import Severity, Ticket, worst_of

#: What trackers say beside a page: where it goes on, how many there are, and whether they have had enough of us.
_HEADS = ("link", "x-next-page", "x-total", "x-total-count", "x-ratelimit-remaining", "retry-after")
_LINK = re.compile(r"<([^<>]*)>([^<>]*)")
_RELATION = r"\brel\s*=\s*(?:\"[^\"]*\b{0}\b[^\"]*\"|{0}\b)"
#: Pages of one list; ten thousand tickets are more than anybody triages.
_MOST_PAGES = 100
_PATH = "/issues"


class Tracker:
    """Tickets of one repository or project. ``severities`` maps labels, in any case, to what they mean."""

    def __init__(self, surface: Surface, dialect: Dialect, severities: Mapping[str, Severity]) -> None:
        self._surface = surface
        self._dialect = dialect
        self._severities = {label.casefold(): severity for label, severity in severities.items()}

    def tickets(self, since: datetime, until: datetime) -> tuple[Ticket, ...]:
        """Every ticket that was open at ``until``, and every one closed from ``since`` on; the oldest first.

        Open ones are asked for on their own: one that nobody touched is not among those changed since anything.
        """
        closed = (*self._dialect.closed, (self._dialect.since, iso(since)))
        # Open ones first, or what is closed while we read would be in neither list. What is in both is open: it was so
        # before the run, or it is open again.
        is_open = {issue.number: replace(issue, closed_at=None) for issue in self._issues(self._dialect.opened)}
        found = {issue.number: issue for issue in self._issues(closed)} | is_open
        issues = [issue for issue in found.values() if not issue.is_merge]
        soundness.every(
            "the list of tickets", "it was opened before now", issues, lambda each: each.created_at < until + DAY
        )
        tickets = [self._ticket(issue, until) for issue in issues if issue.created_at < until]
        wanted = [each for each in tickets if each.closed is None or each.closed >= since]
        return tuple(sorted(wanted, key=lambda each: (each.opened, each.id)))

    def _ticket(self, issue: Issue, until: datetime) -> Ticket:
        meant = [self._severities[label.casefold()] for label in issue.labels if label.casefold() in self._severities]
        return Ticket(
            id=f"#{issue.number}", title=issue.title, opened=issue.created_at, severity=worst_of(meant), url=issue.url,
            closed=issue.closed_at if issue.closed_at and issue.closed_at < until else None,
        )  # fmt: skip

    def _issues(self, asked: Params) -> Iterator[Issue]:
        seen: set[int] = set()
        params = asked
        for number in range(1, _MOST_PAGES + 1):
            answer = self._page(params)
            issues = self._dialect.issues(answer)
            if issues and seen >= {issue.number for issue in issues}:
                raise Unobservable(Cause.MALFORMED, f"{answer.observation.query} repeats what came before")
            seen |= {issue.number for issue in issues}
            yield from issues
            onward = self._onward(answer, asked, number, empty=not issues, seen=len(seen))
            if onward is None:
                return
            params = onward
        raise Unobservable(Cause.TOO_LARGE, f"the tracker lists more than {_MOST_PAGES} pages of tickets")

    def _page(self, params: Params) -> Answer:
        ask = self._surface.ask("tracker.tickets", _PATH, params, redact=reduced, heads=_HEADS)
        answer = self._surface.get_all([ask])[0]
        spent = answer.heads.get("x-ratelimit-remaining", "").strip() == "0" or "retry-after" in answer.heads
        if answer.status == 403 and spent:
            raise Unobservable(Cause.THROTTLED, f"{ask.query} answered 403: the rate limit of this key is used up")
        if answer.status in {404, 410}:
            words = "the tracker knows no tickets there, or the key may not see them"
            raise Unobservable(Cause.NOT_CONFIGURED, f"{ask.query} answered {answer.status}: {words}")
        return answer.usable()

    def _onward(self, answer: Answer, asked: Params, page: int, *, empty: bool, seen: int) -> Params | None:
        """The parameters of the next page; None after the last. Where nothing is said, only an empty page is the end.

        A short page is no end: a tracker may allow fewer a page than we asked for. Malformed when it ends before the
        tickets, or the pages, that it tells of.
        """
        following = (*asked, ("page", str(page + 1)))
        header = answer.heads.get("link", "")
        if link := _linked(header, "next"):
            return self._params_of(link)
        total = _number(answer.heads.get("x-total-count", answer.heads.get("x-total", "")))
        if told := answer.heads.get("x-next-page", "").strip():
            return (*asked, ("page", told))
        ended = empty or "x-next-page" in answer.heads or total in range(seen + 1) or (bool(header) and total is None)
        if not ended:
            return following
        last = _page_of(_linked(header, "last"))
        if seen < (total or 0) or page < last:
            words = f"{seen} of the {total} tickets" if seen < (total or 0) else f"page {page} of the {last}"
            raise Unobservable(Cause.MALFORMED, f"{answer.observation.query} ends after {words} it tells of")
        return None

    def _params_of(self, link: str) -> Params:
        """What the link asks for. It is asked at our own address: a link says which page, never to whom to go."""
        try:
            onward = urljoin(self._surface.url, link)
            parts = urlsplit(onward)
        except ValueError:
            raise Unobservable(Cause.MALFORMED, "the tracker's link to the next page is no URL") from None
        if wire.origin(onward).lower() != wire.origin(self._surface.url).lower():
            where = f"{parts.scheme}://{parts.hostname or ''}"[:100]
            raise Unobservable(Cause.REDIRECTED, f"the tracker's next page is at {where!r}, which was not asked")
        return tuple(parse_qsl(parts.query, keep_blank_values=True))


def _linked(header: str, relation: str) -> str:
    """The URL of that relation in a Link header; empty when there is none."""
    named = re.compile(_RELATION.format(relation), re.IGNORECASE)
    return next((url for url, words in _LINK.findall(header[:10_000]) if named.search(words)), "")


def _page_of(link: str) -> int:
    """Which page the link is to; 0 when it does not say."""
    try:
        return _number(dict(parse_qsl(urlsplit(link).query)).get("page", "")) or 0
    except ValueError:
        return 0


def _number(text: str) -> int | None:
    text = text.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

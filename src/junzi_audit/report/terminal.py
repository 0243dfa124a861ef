"""The run for a terminal: one aligned line per duty due, then what the whole came out as."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from junzi_audit.findings import Record, RunEnd, RunHeader
from junzi_audit.model import Obligation, Verdict
from junzi_audit.report import view
from junzi_audit.report.duties import DutyView
from junzi_audit.report.figures import NOT_GIVEN, NOT_SEEN
from junzi_audit.report.text import SYMBOLS, one_line

_COLOURS = {
    Verdict.MET: "32",
    Verdict.BREACHED: "1;31",
    Verdict.INCONCLUSIVE: "33",
    Verdict.OVERDUE: "35",
    Verdict.AWAITING: "36",
    Verdict.WAIVED: "2",
}
_WORD = max(len(verdict) for verdict in Verdict)
_NARROWEST = 20
_NAME = 8  # columns of a figure's name that are always shown


def summary(
    obligations: Sequence[Obligation],
    header: RunHeader,
    records: Sequence[Record],
    end: RunEnd | None,
    width: int,
    colour: bool,
) -> list[str]:
    """Lines of at most ``width`` columns (never fewer than the verdict and the duty's id need), the whole last.

    Names that came from the node are made visible, so they cannot move the cursor or recolour the screen.
    """
    page = view.build(obligations, header, records, end)
    ids = max((_columns(one_line(duty.id, 60)) for duty in page.due), default=0)
    lines = [_line(duty, ids, width, colour) for duty in page.due]
    notes = [page.watermark, *page.alarms, *page.header.notes]
    lines += [part for note in notes if note for part in _wrapped(one_line(note, 400), width)]
    whole = _wrapped(one_line(view.sentence(page.due, named=False), 1_000), width - _WORD - 3)
    head = _painted(f"{SYMBOLS[page.verdict]} {page.verdict:<{_WORD}}", page.verdict, colour)
    return [*lines, "", f"{head} {whole[0]}", *(" " * (_WORD + 3) + rest for rest in whole[1:])]


def _line(duty: DutyView, ids: int, width: int, colour: bool) -> str:
    verdict = _painted(f"{SYMBOLS[duty.verdict]} {duty.verdict:<{_WORD}}", duty.verdict, colour)
    named = one_line(duty.id, 60)
    head = f"{verdict} {named}{' ' * (ids - _columns(named))}"
    room = width - (_WORD + 2 + 1 + ids + 2)
    return f"{head}  {_told(duty, room)}".rstrip() if room >= _NARROWEST else head.rstrip()


def _told(duty: DutyView, room: int) -> str:
    """The figure that decided and its limit, or why there is none; as much of it as fits ``room`` columns."""
    figure = duty.deciding
    real = f"in truth {duty.record.real_verdict}: " if duty.record and duty.record.real_verdict else ""
    if figure is None or figure.measured.startswith((NOT_SEEN, NOT_GIVEN)):
        cause = f"{duty.cause}: " if duty.cause and not duty.reason.lower().startswith(duty.cause) else ""
        return _fitted(one_line(real + cause + duty.reason, 400), room)
    held = f"{figure.measured} vs {figure.limit}" + (f" +{duty.also} more" if duty.also else "")
    basis = f" ({figure.basis})" if figure.basis else ""
    told = real + (f"{duty.cause}: " if duty.cause and duty.verdict is Verdict.INCONCLUSIVE else "")
    said = (f"{figure.label} {held}{basis}", f"{figure.label} {held}", f"{figure.name} {held}")
    wordings = [one_line(told + each, 400) for each in said]
    return next((each for each in wordings if _columns(each) <= room), _shortened(told, figure.name, held, room))


def _shortened(told: str, name: str, held: str, room: int) -> str:
    """The figure under as much of its name as there is room for, never under none."""
    left = max(_NAME, room - _columns(one_line(f"{told}{held} ", 400)) - 1)
    return _fitted(one_line(f"{told}{_fitted(one_line(name, 200), left)} {held}", 400), room)


def _painted(text: str, verdict: Verdict, colour: bool) -> str:
    return f"\x1b[{_COLOURS[verdict]}m{text}\x1b[0m" if colour else text


def _columns(text: str) -> int:
    """How many terminal columns the text takes: wide characters two, combining ones none."""
    return sum(
        0 if unicodedata.combining(each) else 2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text
    )


def _fitted(text: str, room: int) -> str:
    if _columns(text) <= room:
        return text
    while _columns(text) > room - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def _wrapped(text: str, room: int) -> list[str]:
    """The text in lines of at most ``room`` columns, broken at spaces where there are any."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".strip()
        if _columns(joined) <= max(room, _NARROWEST) or not lines[-1]:
            lines[-1] = joined
        else:
            lines.append(word)
    return [_fitted(line, max(room, _NARROWEST)) for line in lines]

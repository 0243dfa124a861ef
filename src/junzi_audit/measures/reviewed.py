"""What reviewers made of a sample: whose answers count, what they agree on, and how well they know what is known.

An item is wrong when both reviewers do not uphold it, or when the third does not uphold what the two disagree on; what
the third cannot tell either counts half. The evidence is read in the order of the tickets (``sampling``), as far as it
was answered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from junzi_audit.findings import Awaited, Chart, Exhibit, Measurement, Reading, Unseen, census
from junzi_audit.measures import assured, controls
from junzi_audit.measures.details import shown, some
from junzi_audit.measures.sampling import Plan
from junzi_audit.model import DAY, Cause
from junzi_audit.seen.people import misnamed, person
from junzi_audit.seen.worksheets import (
    FIRST,
    NOT_UPHELD,
    SECOND,
    TIE_BREAK,
    UNSURE,
    UPHELD,
    Audit,
    Heard,
    Item,
    Result,
    Sheet,
)

_TOLD = 6


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The audit with the one result that counts for each sheet, by the sheet's name; ``remarks``: what does not."""

    audit: Audit
    seats: Mapping[str, Result]
    remarks: tuple[str, ...]

    def answer(self, sheet: str, item: Item) -> str:
        """What was answered on that sheet; empty when nothing was."""
        return self.seats[sheet].answers.get(item.item, "") if sheet in self.seats else ""

    def pair(self, item: Item) -> tuple[str, str]:
        """What the two reviewers answered."""
        return self.answer(FIRST, item), self.answer(SECOND, item)

    @property
    def disputed(self) -> tuple[Item, ...]:
        """What both answered and did not agree on, or agreed only in being unsure."""
        pairs = ((item, self.pair(item)) for item in self.audit.sample)
        return tuple(item for item, pair in pairs if all(pair) and not _agreed(pair))

    def error(self, item: Item) -> float | None:
        """1 when wrong, 0 when right, a half when nobody could settle it; None while answers are missing."""
        pair = self.pair(item)
        if not all(pair):
            return None
        answer = pair[0] if _agreed(pair) else self.answer(TIE_BREAK, item)
        return {UPHELD: 0.0, NOT_UPHELD: 1.0, UNSURE: 0.5}.get(answer)

    @property
    def errors(self) -> list[float]:
        """Errors in the order of the tickets, up to the first item that is not answered."""
        found: list[float] = []
        for item in self.audit.sample:
            error = self.error(item)
            if error is None:
                break
            found.append(error)
        return found

    @property
    def untested(self) -> tuple[str, ...]:
        """The sheets of which the answers do not reach a control of each kind: nobody knows how well they are."""
        return tuple(name for name, each in self.seats.items() if not controls.is_tested(self.audit, each))

    @property
    def plan(self) -> Plan:
        """The test that was committed to."""
        of = self.audit
        return Plan(population=of.population, limit=of.limit, alpha=of.alpha, most=len(of.sample))

    @property
    def is_answered(self) -> bool:
        """Whether the answers of tested reviewers suffice: all of them, or so many that the evidence assures."""
        errors = self.errors
        enough = len(errors) == len(self.audit.sample) or self.plan.refutes(errors, self.audit.limit)
        return enough and not self.untested


def seated(audit: Audit, sheets: Sequence[Sheet], heard: Heard, now: datetime, *, most_errors: float) -> Panel:
    """The panel with one sound result on each sheet: the earliest of those who pass the controls; nobody sits twice.

    To pass is to get at most the share ``most_errors`` of the controls of either kind wrong; one who fails, or has met
    none of a kind, sits while no other does.
    """
    seats: dict[str, Result] = {}
    remarks = [shown(each) for each in heard.problems]

    def order(each: Result) -> tuple[bool, bool, datetime, str]:
        careless = controls.share(controls.wrong(audit, each)) > most_errors
        return careless, not controls.is_tested(audit, each), each.date, each.source

    for sheet in sheets:
        for each in sorted((each for each in heard.results if each.worksheet == sheet.digest), key=order):
            if fault := _fault(each, sheet, seats, audit.drawn.published, now):
                remarks.append(f"{shown(each.source)}: {fault}")
                continue
            seats[sheet.name] = each
            if unknown := sorted(each.answers.keys() - {item.item for item in sheet.items}):
                remarks.append(f"{shown(each.source)}: no items of the {sheet.name} sheet: {some(unknown, most=3)}")
    return Panel(audit=audit, seats=seats, remarks=tuple(remarks))


def _fault(each: Result, sheet: Sheet, seats: Mapping[str, Result], since: datetime, now: datetime) -> str:
    """Why a result on that sheet does not count; empty when it does."""
    if wrong := misnamed(each.reviewer):
        return wrong
    if person(each.reviewer) in {person(seat.reviewer) for name, seat in seats.items() if name != sheet.name}:
        return f"{shown(each.reviewer)} has answered another sheet already"
    if sheet.name in seats:
        return f"another result on the {sheet.name} sheet counts"
    if each.date > now + DAY:
        return f"dated {each.date:%Y-%m-%d}, in the future"
    return f"dated {each.date:%Y-%m-%d}, before the draw" if each.date.date() < since.date() else ""


def reviewer_errors(panel: Panel) -> Reading:
    """The share of controls, of the kind answered worse, that each reviewer got wrong; awaited while nobody met one."""
    counted = {name: controls.wrong(panel.audit, each) for name, each in panel.seats.items()}
    counted = {name: (bad, of) for name, (bad, of) in counted.items() if of}
    if not counted:
        return Awaited(since=panel.audit.drawn.published, value=0, detail="no control is answered yet")
    shares = {
        name: census(bad / of, n=of, detail=f"{bad} of {of} controls of a kind") for name, (bad, of) in counted.items()
    }
    first = next(iter(shares))
    return {**shares, first: replace(shares[first], exhibits=(_controls(panel, counted),))}


def wrong_share(panel: Panel, most_errors: float) -> Measurement | Unseen | Awaited:
    """The share of published contradictions that are wrong, bounded from the answers.

    MET means that the evidence T reached 1 / alpha; BREACHED that all was answered and the exact lower end lies above
    the limit. A reviewer with more than the share ``most_errors`` of the controls wrong leaves it unseen.
    """
    plan, errors = panel.plan, panel.errors
    exhibits = (assured.how(plan, panel.audit.drawn), *assured.evidence(plan, errors, "wrong"), _answers(panel))
    if not panel.audit.sample:
        return Unseen(cause=Cause.TOO_FEW, detail="no contradiction was published", exhibits=exhibits)
    seats = panel.seats.items()
    careless = [name for name, each in seats if controls.share(controls.wrong(panel.audit, each)) > most_errors]
    if careless:
        told = f"the {' and '.join(careless)} sheet shows that its reviewer fails the controls; another must answer it"
        return Unseen(cause=Cause.UNDEFINED, detail=told, exhibits=exhibits)
    if not panel.is_answered:
        return Awaited(since=panel.audit.drawn.published, value=0, detail=_lacking(panel), exhibits=exhibits)
    low, high = plan.interval(errors)
    value = sum(errors) / len(errors)
    seed = "beacon-verified" if panel.audit.drawn.seed.verified else "not beacon-verified"
    return Measurement(
        value=value, low=min(low, value), high=max(high, value), n=len(errors),
        detail=f"{sum(errors):g} of {len(errors)} drawn from {plan.population:,} ({seed} sample)",
        missing=plan.missing(errors) if high > plan.limit else 0, exhibits=exhibits,
    )  # fmt: skip


def days_taken(panel: Panel, now: datetime) -> Measurement | Awaited:
    """Days from the draw to the last answer that was needed; awaited while one is missing."""
    since = panel.audit.drawn.published
    if panel.audit.sample and not panel.is_answered:
        return Awaited(since=since, value=max(0.0, (now - since) / DAY), detail=_lacking(panel))
    last = max((each.date for each in panel.seats.values()), default=since)
    names = ", ".join(f"{name} by {shown(each.reviewer)}" for name, each in panel.seats.items())
    return census(max(0.0, (last - since) / DAY), n=1, detail=_with(f"answered: {names}", panel.remarks))


def _agreed(pair: tuple[str, str]) -> bool:
    return pair[0] == pair[1] != UNSURE


def _lacking(panel: Panel) -> str:
    """What is missing, in words."""
    told = []
    for name in (FIRST, SECOND):
        if name not in panel.seats:
            told.append(f"the {name} sheet is not answered")
        elif missing := sum(item.item not in panel.seats[name].answers for item in panel.audit.items):
            told.append(f"{missing} of {len(panel.audit.items)} items of the {name} sheet are not answered")
    told += [f"the {name} sheet is not answered up to a control of each kind" for name in panel.untested]
    open_ones = [item for item in panel.disputed if not panel.answer(TIE_BREAK, item)]
    if open_ones:
        told.append(f"{len(open_ones)} items wait for the tie-break")
    return _with(", ".join(told), panel.remarks)


def _with(told: str, remarks: Sequence[str]) -> str:
    more = [f"and {len(remarks) - _TOLD} more"] if len(remarks) > _TOLD else []
    return "; ".join([told, *remarks[:_TOLD], *more])


def _answers(panel: Panel) -> Exhibit:
    words: dict[float | None, str] = {None: "not answered", 0.0: "right", 1.0: "WRONG", 0.5: "half wrong: unresolved"}
    rows = tuple(
        (
            draw, item.item, item.key, item.entity_id, panel.answer(FIRST, item) or "-",
            panel.answer(SECOND, item) or "-", panel.answer(TIE_BREAK, item) or "-", words[panel.error(item)],
        )
        for draw, item in enumerate(panel.audit.sample, start=1)
    )  # fmt: skip
    who = ", ".join(f"{name}: {shown(each.reviewer)}" for name, each in panel.seats.items()) or "nobody yet"
    return Exhibit(
        title="Drawn contradictions and what reviewers answered",
        caption=f"In the order of their tickets; no reviewer saw a score or another's answers. Answered by {who}.",
        columns=("draw", "item", "contradiction", "entity", "first", "second", "tie-break", "counts as"), rows=rows,
    )  # fmt: skip


def _controls(panel: Panel, counted: Mapping[str, tuple[int, int]]) -> Exhibit:
    rows = tuple((name, bad / of, bad, of, shown(panel.seats[name].reviewer)) for name, (bad, of) in counted.items())
    return Exhibit(
        title="Controls, by reviewer",
        caption="Items whose answer is known, mixed into the worksheets: the share answered wrongly of the kind, those "
        "to be upheld or those not to be, that was answered worse.",
        columns=("sheet", "wrong share", "wrong", "controls", "reviewer"), rows=rows,
        chart=Chart(kind="bars", label=0, value=1, value_label="share of controls wrong"),
    )  # fmt: skip

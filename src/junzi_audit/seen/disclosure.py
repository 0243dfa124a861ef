"""A transparency report as figures: of which quarter, as known when, and nothing that could name a person."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, ClassVar, Literal

from junzi_audit.findings import Exhibit
from junzi_audit.model import DAY, iso
from junzi_audit.seen.packs import Pack

#: How long after a decision its outcome still counts, and after a quarter nothing in its report changes.
SETTLING = 14 * DAY
WHAT: Literal["transparency report"] = "transparency report"
FOLDER = "disclosure"
#: Why a figure has no value.
WITHHELD = "withheld: too few to be told without pointing at people"
ALONE = "fewer than two groups are told"
UNDEFINED = "undefined: there is nothing that it is a share of"
NO_RUN = "no verified run in this quarter"
NO_RECORD = "no attested record in this quarter"

_SHAPE = {"extra": "ignore", "strict": True}
_CAPTIONS = {
    "bias": "How often the risk of a group's members is flagged, how often wrongly, and how often it is missed.",
    "changes": "What became different in the public API.",
    "detection": "Of the labelled pairs of statement and action, as the scanner answers them.",
    "disputes": "Of the disputes submitted in the quarter, as they stood at the report's instant.",
    "downtime": "What the looks at availability and the recovery drills of the quarter came to.",
    "drift": "What the looks at the model's drift came to, and the breaches after which it was seen met again.",
    "random audit": "What the newest random audit of the quarter came to.",
    "rulings": "What the Ethical Governance Board decided in quorate meetings.",
}
#: What names a figure: its section, its name and its group.
Key = tuple[str, str, str]


@dataclass(frozen=True, kw_only=True)
class Quarter:
    """A calendar quarter in UTC, from ``begin`` (included) to ``end`` (excluded)."""

    begin: datetime
    end: datetime

    @property
    def name(self) -> str:
        """Such as 2026-Q3."""
        return f"{self.begin.year}-Q{self.begin.month // 3 + 1}"

    @property
    def as_of(self) -> datetime:
        """The instant that the figures of its report stand for."""
        return self.end + SETTLING


def settled(now: datetime, count: int) -> tuple[Quarter, ...]:
    """The last ``count`` quarters whose figures stand by now, the newest first."""
    return tuple(quarter for _, quarter in zip(range(count), _settled(now), strict=False))


def _settled(now: datetime) -> Iterator[Quarter]:
    end = datetime(now.year, now.month - (now.month - 1) % 3, 1, tzinfo=UTC)
    while True:
        begin = end.replace(year=end.year - (end.month == 1), month=(end.month - 4) % 12 + 1)
        quarter = Quarter(begin=begin, end=end)
        if quarter.as_of <= now:
            yield quarter
        end = begin


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a report; where there is no value, ``why_not`` says why.

    ``group`` is an attribute, or an attribute, an equals sign and one of its declared values; empty for the whole.
    ``n``: how many records it is of.
    """

    __pydantic_config__: ClassVar[Any] = _SHAPE
    section: str
    figure: str
    group: str
    value: int | float | None
    n: int | None
    unit: str
    why_not: str

    @property
    def key(self) -> Key:
        """What names it."""
        return self.section, self.figure, self.group

    @property
    def of_whom(self) -> str:
        """Its group for reading: "party: all", or "party: Unity"."""
        attribute, _, label = self.group.partition("=")
        return f"{attribute}: {label or 'all'}" if attribute else ""


COLUMNS = tuple(each.name for each in fields(Figure))


@dataclass(frozen=True, kw_only=True)
class Disclosure:
    """A report: its quarter, the instant that its figures stand for, the least count it tells, and the figures."""

    __pydantic_config__: ClassVar[Any] = _SHAPE
    what: Literal["transparency report"] = WHAT
    quarter: str
    since: datetime
    until: datetime
    as_of: datetime
    smallest_cell: int
    figures: tuple[Figure, ...]

    @property
    def content(self) -> dict[str, Any]:
        """Plain JSON values."""
        return {
            **self.terms, "what": self.what, "smallest_cell": self.smallest_cell,
            "figures": [asdict(figure) for figure in self.figures],
        }  # fmt: skip

    @property
    def terms(self) -> dict[str, str]:
        """What the figures are of."""
        instants = {"since": self.since, "until": self.until, "as_of": self.as_of}
        return {"quarter": self.quarter, **{name: iso(at) for name, at in instants.items()}}

    @property
    def promise(self) -> str:
        """What is protected, and what is not."""
        return (
            f"No count of people's records below {self.smallest_cell} is told, nor found by adding and subtracting "
            "what is told of one attribute, or of disputes; only that none at all is left over may be. What somebody "
            "knows besides, such as that all of one group belong to a group of another attribute, is not reckoned with."
        )

    @property
    def by_key(self) -> Mapping[Key, Figure]:
        """The figures by what names them."""
        return {figure.key: figure for figure in self.figures}

    @property
    def tables(self) -> tuple[Exhibit, ...]:
        """The figures for reading, one table a section."""
        return tuple(
            Exhibit(
                title=section[:1].upper() + section[1:],
                caption=_CAPTIONS.get(section, ""),
                columns=("figure", "group", "value", "of so many", "unit", "why there is no value"),
                rows=tuple((f.figure, f.of_whom, f.value, f.n, f.unit, f.why_not) for f in figures),
            )
            for section, found in groupby(self.figures, key=lambda figure: figure.section)
            if (figures := tuple(found))
        )

    def pack(self) -> Pack:
        """The document that is signed and published."""
        told = sum(figure.value is not None for figure in self.figures)
        lead = (
            f"{told} figures of {self.since:%Y-%m-%d} to {self.until - DAY:%Y-%m-%d} (UTC), "
            f"as known on {self.as_of:%Y-%m-%d}; {len(self.figures) - told} more have no value, and say why.",
            self.promise,
            "Three bodies sign it, each in its own name (--body): the Ethical Governance Board, the Bias Monitoring "
            "Council and the Community Feedback Council.",
        )
        title = f"Transparency report {self.quarter}"
        return Pack(name="report", title=title, lead=lead, content=self.content, tables=self.tables)


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A report's line in the public list. The paths are those of its JSON and its CSV, below the public API."""

    __pydantic_config__: ClassVar[Any] = _SHAPE
    report_id: str
    period_start: datetime
    period_end: datetime
    published_at: datetime
    figures_url: str
    csv_url: str
    sha256: str

    def is_of(self, quarter: Quarter) -> bool:
        """Whether it says to report on that quarter."""
        return (self.period_start, self.period_end) == (quarter.begin, quarter.end)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A report as everybody finds it: its bytes (None where nothing is), what they say, and the rows of its CSV."""

    listed: Listed
    body: bytes | None
    sha256: str
    disclosure: Disclosure | None
    rows: tuple[tuple[str, ...], ...] | None


@dataclass(frozen=True, kw_only=True)
class Look:
    """What one duty came out as in an earlier run: its figures by limit, the largest where there were several.

    ``n``: how many records each figure was of.
    """

    duty: str
    started: datetime
    breached: bool
    met: bool
    figures: Mapping[str, float]
    n: Mapping[str, int]


@dataclass(frozen=True, kw_only=True)
class Past:
    """What earlier runs and people left of a quarter: looks, oldest first, and descriptions of the API approved."""

    looks: tuple[Look, ...] = ()
    approved: int = 0
    meetings: int = 0
    decided: int = 0

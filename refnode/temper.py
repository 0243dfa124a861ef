"""How the live node behaves: honest unless a fault changed one of these."""

from dataclasses import dataclass

from refnode.factors import Score


@dataclass(frozen=True, kw_only=True)
class Council:
    """How the node's own council behaves; the defaults are the honest one, which signs whatever is on its table.

    reviews, meets: it answers for weekly and for monthly duties. astray: it signs another digest. rejects: it rejects.
    absent: how many of its members stay away.
    """

    reviews: bool = True
    meets: bool = True
    astray: bool = False
    rejects: bool = False
    absent: int = 0


@dataclass(frozen=True, kw_only=True)
class Reviewers:
    """How the node's own reviewers behave; the defaults are the honest ones.

    answers: they answer worksheets. wrong: share of contradictions that they do not uphold. careless: the second
    upholds whatever there is.
    """

    answers: bool = True
    wrong: float = 0.0
    careless: bool = False


@dataclass(frozen=True, kw_only=True)
class Responding:
    """How the node behaves in an emergency; the defaults are the honest way.

    wrong: what it gets wrong, by the names of faults. classified_after: seconds that an incident waits.
    """

    wrong: frozenset[str] = frozenset()
    classified_after: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Temper:
    """Knobs of live behaviour; the defaults are the honest node.

    pace: factor on the time between live captures. poisoned, altered: share of new captures.
    biased: (attribute, group) that live scoring treats unfairly, or None. shift: added to live scores.
    tickets: what is wrong with the tracker (old, untriaged, piling). outdated: a package is told in an old version.
    advisories_age: days since anybody looked after the advisories.
    unexplained: share of scores that are stated with factors of another score.
    open_gate: the public API asks for no key and counts no requests. default_keys: keys nobody gave out that open it.
    stray_port: a second port above the node's own listens, and nobody answers there.
    score: how a dry run is scored, or None for the honest way. reports_ignored, rulings_ignored: what the auditor
    reports leads nowhere; an upheld dispute changes nothing.
    backup: what is wrong with the newest backup (lossy, stale, corrupt, orphans).
    concerns, mitigations: what is wrong with the registers of concerns (unanswered, unpublished, dropped) and of bias
    findings (missing, overdue).
    deployment: what is wrong with the model that runs (unapproved, vetoed, ungated, planless).
    disclosure: what is wrong with the transparency reports (altered, unpublished, unsigned).
    """

    silent_agents: frozenset[str] = frozenset()
    stale_feeds: frozenset[str] = frozenset()
    pace: float = 1.0
    poisoned: float = 0.0
    altered: float = 0.0
    biased: tuple[str, str] | None = None
    shift: float = 0.0
    scan_backlog: int = 0
    hostile: bool = False
    undercount: bool = False
    tickets: frozenset[str] = frozenset()
    outdated: bool = False
    advisories_age: int = 0
    score: Score | None = None
    reports_ignored: bool = False
    rulings_ignored: bool = False
    council: Council = Council()
    reviewers: Reviewers = Reviewers()
    responding: Responding = Responding()
    unexplained: float = 0.0
    open_gate: bool = False
    default_keys: tuple[str, ...] = ()
    stray_port: bool = False
    backup: str = ""
    concerns: frozenset[str] = frozenset()
    mitigations: frozenset[str] = frozenset()
    deployment: frozenset[str] = frozenset()
    disclosure: str = ""

"""What was promised, how often it was tried, and what came of it. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass

from junzi_audit.model import Cause


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One promise tried on ``cases`` different cases.

    ``broken`` says what was found instead, on ``example``, the smallest case that shows it, and ``curl`` repeats it.
    ``cause`` and ``detail`` say why the promise could not be tried to the end.
    """

    promise: str
    source: str
    cases: int
    broken: str = ""
    example: str = ""
    curl: str = ""
    cause: Cause | None = None
    detail: str = ""


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What Schemathesis found: ``cases`` generated over ``operations``, a failed trial per operation and check.

    ``overloads`` are failures by an answer of passing overload, and ``busy`` are all such answers; ``errors`` are what
    kept it from trying a case. ``unanswered`` are operations, with what came instead, of which not one request was let
    through, though they document that; ``refused`` are answers 401 and 403 of all the others.
    """

    version: str
    cases: int
    operations: int
    failures: tuple[Trial, ...]
    overloads: int
    busy: int
    errors: tuple[str, ...]
    complete: bool
    unanswered: tuple[str, ...] = ()
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class Leftover:
    """A record that the suite wrote, or that was made of it: of which kind, and where it still shows."""

    kind: str
    id: str
    where: str

"""The regression suite's hands: everything that it tries on a node, in the order it is asked for."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from junzi_audit.model import Cause, Unobservable
from junzi_audit.probes import contract, openapi, promises, promising, refusals, scoring
from junzi_audit.probes.asking import Recorder, segment
from junzi_audit.probes.flows import Flows
from junzi_audit.probes.golden import Golden
from junzi_audit.probes.listing import Listing
from junzi_audit.probes.parsing import is_json
from junzi_audit.probes.promises import Known, Records
from junzi_audit.probes.surface import Surface
from junzi_audit.probes.turns import Turns
from junzi_audit.seen.trials import Contract, Leftover, Trial

_SCHEMATHESIS = "Schemathesis over every operation of the node's OpenAPI document"


@dataclass(frozen=True, kw_only=True)
class Surfaces:
    """The faces of the node under test; ``spent`` asks with the key that is used up on purpose."""

    root: Surface
    api: Surface
    spent: Surface
    audit: Surface


class Regression:
    """Tries a node; everything that it writes is labelled, and ``finish`` cleans up what is left of it."""

    def __init__(
        self, surfaces: Surfaces, flows: Flows, recorder: Recorder, *, keys: Sequence[str], turns: Turns,
        effort: contract.Effort,
    ) -> None:  # fmt: skip
        self._to, self._flows, self._recorder = surfaces, flows, recorder
        self._keys, self._turns, self._effort = keys, turns, effort
        self.seed = effort.seed
        self._listing, self._records = Listing(surfaces.api), Records(surfaces.api)
        self.golden = Golden(self._records)

    @cached_property
    def known(self) -> Known:
        """People, sources and groups that the node itself named."""
        return self._records.known(self._listing)

    @cached_property
    def document(self) -> dict[str, Any]:
        """The node's OpenAPI document."""
        return openapi.document(self._to.root)

    def ready(self) -> None:
        """Unobservable, with the cause, when ordinary reads are not answered: then no promise can be tried on it."""
        one = [f"/entities/{segment(each)}/profile" for each in self.known.entities[:1]]
        asks = [self._to.api.ask("regression.ready", path) for path in ("/alerts/", "/disputes/", "/reports/", *one)]
        for answer in self._to.api.get_all(asks):
            if not is_json(answer.usable().body):
                raise Unobservable(Cause.MALFORMED, f"{answer.observation.query}: no JSON")

    def contract(self) -> Contract:
        """Schemathesis over the document, with ids that exist among its examples."""
        self._wrote(self.known.entities[0])
        replayed = self._recorder.replay(_SCHEMATHESIS)
        if replayed is not None:
            if replayed[2] is not None:
                raise Unobservable(replayed[2], replayed[1].decode(errors="replace"))
            return contract.read(replayed[1], self._operations())
        examples = {"entity_id": self.known.entities[0], "source_id": self.known.sources[0]}
        document = openapi.with_examples(self.document, examples)
        at, begun, cause = datetime.now(UTC), time.perf_counter(), None
        try:
            events = contract.check(document, self._to.root.url, keys=self._keys, effort=self._effort)
        except Unobservable as error:
            cause, events = error.cause, error.detail.encode()
            raise
        finally:
            self._recorder.keep(
                probe="contract", query=_SCHEMATHESIS, at=at.replace(microsecond=at.microsecond // 1000 * 1000),
                seconds=time.perf_counter() - begun, status=0, body=events, cause=cause,
            )  # fmt: skip
        found = contract.read(events, self._operations())
        self._turns.spend(found.cases, keys=len(self._keys))
        return found

    def _operations(self) -> dict[str, bool]:
        """What Schemathesis is to try, and whether each documents an answer that lets a request through."""
        known = openapi.operations(self.document)
        return {each: told for each, told in known.items() if self._effort.writes or each.startswith("GET ")}

    def promises(self) -> list[Trial]:
        """What is published of records, lists and refusals."""
        to, known = self._to, self.known
        listed = [*promises.ListPromises(self._listing).all(), *promises.of_records(self._records, known)]
        refused = [*refusals.of_reads(to.api), *refusals.of_writes(to.api, known, self._flows.label)]
        self._wrote(known.entities[0])
        return self._tried([*listed, *refused, *refusals.of_keys(to.api, to.spent, known)])

    def scores(self) -> list[Trial]:
        """Whether who somebody is changes their score, and whether what they did does."""
        return self._tried(scoring.of_scores(scoring.Scoring(self._to.audit), self.known.groups))

    def flows(self) -> list[Trial]:
        """From a report to an alert, and from a dispute to a correction."""
        return [self._flows.report(self.known), self._flows.dispute(self.known)]

    def clean_up(self) -> tuple[int, tuple[Leftover, ...]]:
        """How many labelled records there were, and which are left after all of them were deleted."""
        return self._flows.clean_up()

    def finish(self) -> None:
        """Clean up what a check that ended midway left; the node may be gone by then."""
        if self._flows.wrote:
            with suppress(Unobservable):
                self._flows.clean_up()

    def _wrote(self, about: str) -> None:
        """What is tried with that entity's id may be written about it, where writing is allowed."""
        if self._effort.writes:
            self._flows.wrote = True
            self._flows.about.add(about)

    def _tried(self, made: Sequence[promising.Promise]) -> list[Trial]:
        return [promising.tried(each, examples=self._effort.examples, seed=self.seed) for each in made]

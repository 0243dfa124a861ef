"""Weekly tasks, row 1: what JUNZI promises holds on staging: contract, records, scores, and whole flows."""

from functools import cache
from typing import Any

from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.findings import Reading
from junzi_audit.measures import golden, openapi_diff, trials
from junzi_audit.probes.golden import chosen
from junzi_audit.probes.openapi import binding
from junzi_audit.probes.regression import Regression


@obligation("weekly.regression-suite")
def test_whatever_is_promised_holds(suite: Regression, memory: Memory, judge: Judge) -> None:
    suite.ready()

    def description() -> Draft:
        return Draft(value=binding(suite.document), n=len(suite.document["paths"]))

    @cache
    def answers() -> Draft:
        picked = chosen(suite.known)
        told, statuses = suite.golden.answers(**picked), suite.golden.statuses(picked["entities"])
        return Draft(value=golden.to_json(picked, told, statuses, seed=suite.seed), n=len(told))

    def promised() -> Reading:
        earlier = memory("golden", propose=answers, absent={})
        statuses = suite.golden.statuses(_people(earlier))
        since = golden.lifecycle(earlier, statuses, seed=suite.seed)
        return trials.broken([*suite.promises(), since], title="Published promises, tried")

    def unchanged() -> Reading:
        stored = memory("golden", propose=answers)
        return golden.changed(stored, suite.golden.answers(**stored["chosen"]), seed=suite.seed)

    judge(
        breaking_changes=lambda: openapi_diff.breaking(
            memory("openapi", propose=description), binding(suite.document)
        ),
        changed_answers=unchanged,
        contract_failures=lambda: trials.contract(suite.contract()),
        broken_promises=promised,
        partisan_scores=lambda: trials.broken(suite.scores(), title="What a score must not, and must, depend on"),
        failed_flows=lambda: trials.broken(suite.flows(), title="Whole flows, from what was written to what followed"),
        left_behind=lambda: trials.left_behind(*suite.clean_up()),
    )  # fmt: skip


def _people(stored: Any) -> list[str]:
    return list(stored.get("chosen", {}).get("entities", ()))

"""Symptoms of the public transparency reports: none is there, its figures are not so, or a body did not approve it."""

import json
from typing import Any

from tests.refnode.asking import ask
from tests.refnode.view import View, symptom

DUTY = "quarterly.transparency-report"


def _newest(view: View) -> Any:
    listed = json.loads(view.public("/reports/").body)
    return listed[-1] if listed else None


@symptom("no report")
def _absent(view: View) -> bool:
    # A report cannot be missed where the list itself does not answer.
    answer = view.public("/reports/")
    return answer.status == 200 and answer.body == b"[]"


@symptom("report untrue")
def _untrue(view: View) -> bool:
    answer = view.public("/reports/")
    if answer.status != 200 or not answer.body.endswith(b"}]"):
        return False
    newest = _newest(view)
    report = json.loads(view.public(f"/reports/{newest['report_id']}.json").body)
    decided = view.feed(f"/decisions?since={newest['period_start']}&until={newest['period_end']}")
    told = {(each["figure"], each["group"]): each["value"] for each in report["figures"]}
    return bool(told["selection rate", "party"] != round(sum(row["flagged"] for row in decided) / len(decided), 4))


@symptom("report unapproved")
def _unapproved(view: View) -> bool:
    records = json.loads(ask(view.app, f"/council/attestations?duty={DUTY}&subject={'a' * 64}").body)
    return len({record["body"] for record in records}) < 3

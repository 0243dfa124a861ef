"""Symptoms of what a random audit looks at: contradictions, scores with their factors, and the reviewers."""

import json
import math
from typing import Any

from tests.refnode.asking import ask
from tests.refnode.view import View, symptom

SHEETS = ("first", "second")


def _answers(view: View, sheet: str, rows: list[Any], key: str) -> list[str]:
    items = "&".join(f"item={row[key]},{','.join(row['source_ids'])}" for row in rows)
    results = json.loads(ask(view.app, f"/council/reviews?worksheet={'a' * 64}&sheet={sheet}&{items}").body)
    return [answer for result in results for answer in result["answers"].values()]


def _contradictions(view: View) -> list[Any]:
    return view.feed("/contradictions")[:300]


def _controls(view: View) -> list[Any]:
    return list(json.loads(ask(view.app, "/council/controls").body))


@symptom("contradictions not upheld")
def _not_upheld(view: View) -> bool:
    answers = _answers(view, "first", _contradictions(view), "contradiction_id")
    return answers.count("not upheld") > 0.05 * len(answers)


@symptom("nobody reviews")
def _unreviewed(view: View) -> bool:
    return not any(_answers(view, sheet, _contradictions(view), "contradiction_id") for sheet in SHEETS)


@symptom("reviewer careless")
def _careless(view: View) -> bool:
    known = [row["known"] for row in _controls(view)]
    told = [_answers(view, sheet, _controls(view), "control_id") for sheet in SHEETS]
    return any(answers and answers != known for answers in told)


@symptom("scores unexplained")
def _unexplained(view: View) -> bool:
    def follows(row: Any) -> bool:
        factors = row["factors"]
        found = sum(0.6 * each["confidence"] for each in factors["contradictions"] if each["upheld"])
        total = found + 0.25 * factors["promises"].count("Broken") - 0.05 * factors["promises"].count("Fulfilled")
        return abs(10 * (1 - math.exp(-max(0.0, total))) - row["risk_value"]) < 0.005

    return not all(follows(row) for row in view.feed("/score-factors", view.ago(days=10)))

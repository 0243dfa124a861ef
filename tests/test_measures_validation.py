"""The validation set: losses against the baseline with their interval, and confidence that means what it says."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

import pytest

from junzi_audit.findings import Measurement, Unseen
from junzi_audit.measures.validation import calibration_gap, confusion, precision_loss, recall_loss, to_json
from junzi_audit.model import Cause, Verdict
from junzi_audit.records import ValidationPair
from tests.judging import verdict


def pairs(n: int = 3000, *, missed: float = 0.0, boast: float = 0.0, seed: int = 2) -> list[ValidationPair]:
    """A calibrated scanner that then misses a share of the contradictions, or boasts."""
    draw, luck = random.Random(seed), random.Random(seed)
    made = []
    for number in range(n):
        sure = draw.betavariate(0.12, 0.2)
        contradicts = draw.random() < sure
        said = sure * 0.3 if contradicts and luck.random() < missed else min(1.0, sure + boast)
        made.append(
            ValidationPair(
                pair_id=str(number), contradicts=contradicts, found=said >= 0.5, confidence=said, model_version="1"
            )
        )
    return made


STORED = to_json(pairs())


def test_the_counts_are_those_of_the_pairs() -> None:
    made = pairs(50)
    found = confusion(made)
    assert (found.contradictions, found.claimed) == (sum(p.contradicts for p in made), sum(p.found for p in made))
    assert found.f1 == pytest.approx(2 * found.found / (found.contradictions + found.claimed))
    assert confusion([]).f1 is None


def test_a_scanner_as_approved_has_lost_nothing() -> None:
    assert verdict(recall_loss(pairs(), STORED), "<= 0.05") is Verdict.MET
    assert verdict(precision_loss(pairs(), STORED), "<= 0.05") is Verdict.MET
    assert verdict(calibration_gap(pairs()), "<= 0.15") is Verdict.MET


def test_missed_contradictions_are_lost_recall() -> None:
    found = recall_loss(pairs(missed=0.25), STORED)
    assert isinstance(found, Measurement)
    assert found.value == pytest.approx(0.22, abs=0.05)
    assert verdict(found, "<= 0.05") is Verdict.BREACHED
    assert "F1" in [row[0] for row in found.exhibits[0].rows]


def test_a_boast_is_lost_precision_and_calibration() -> None:
    assert verdict(precision_loss(pairs(boast=0.4), STORED), "<= 0.05") is Verdict.BREACHED
    assert verdict(calibration_gap(pairs(boast=0.4)), "<= 0.15") is Verdict.BREACHED


def test_few_pairs_assure_nothing() -> None:
    few = pairs(40)
    assert verdict(recall_loss(few, STORED), "<= 0.05") is Verdict.INCONCLUSIVE
    assert verdict(calibration_gap(few), "<= 0.15") is Verdict.INCONCLUSIVE
    assert verdict(calibration_gap([]), "<= 0.15") is Verdict.INCONCLUSIVE


def test_an_undefined_rate_is_not_zero() -> None:
    silent = [pair for pair in pairs() if not pair.found]
    found = precision_loss(silent, to_json(silent))
    assert isinstance(found, Unseen)
    assert found.cause is Cause.UNDEFINED
    everything = [replace(pair, found=pair.contradicts) for pair in silent]
    assert verdict(recall_loss(silent, to_json(everything)), "<= 0.05") is Verdict.BREACHED


@pytest.mark.parametrize(
    "stored", [{}, {"contradictions": 3}, {"contradictions": "a", "claimed": 1, "found": 1}, {**STORED, "found": 10**6}]
)
def test_a_baseline_without_the_figures_is_none(stored: dict[str, Any]) -> None:
    found = recall_loss(pairs(), stored)
    assert isinstance(found, Unseen)
    assert found.cause is Cause.NO_BASELINE


def test_a_set_that_shrank_to_what_is_found_is_another_set() -> None:
    missed = pairs(missed=0.25)
    found = [pair for pair in missed if pair.found or not pair.contradicts]
    relabelled = [ValidationPair(**{**asdict(pair), "contradicts": pair.found}) for pair in missed]
    for shown in (found, relabelled):
        for loss in (recall_loss(shown, STORED), precision_loss(shown, STORED)):
            assert isinstance(loss, Unseen)
            assert loss.cause is Cause.NO_BASELINE
            assert "another validation set" in loss.detail
    unnamed = recall_loss(missed, {key: count for key, count in STORED.items() if key != "pairs"})
    assert isinstance(unnamed, Unseen)
    assert "does not say of which validation set" in unnamed.detail
    assert isinstance(recall_loss(missed[::-1], STORED), Measurement)

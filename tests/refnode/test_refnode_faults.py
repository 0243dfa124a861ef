"""Every fault shows its own symptoms and no others; the honest node shows none."""

import pytest

from refnode.faults import FAULTS
from tests.refnode.conftest import Open
from tests.refnode.symptoms import symptoms

# Faults that are better seen from outside the process are in test_refnode_wire.
WIRE_ONLY = {
    "hang",
    "slow-drip",
    "huge-body",
    "html-answers",
    "redirect-elsewhere",
    "slow-reads",
    "wrong-types",
    "port-open",
}
# Faults of what stands beside a node are in test_refnode_front and test_refnode_pair.
BESIDE = {"failover-broken", "restore-loses-rows"}
# Faults of the contract and of what an auditor writes are in test_refnode_rehearsal.
CONTRACT = {fault for fault in FAULTS if fault.startswith(("contract-", "score-"))}
SHOWS = {
    "agent-silent": {"agent silent"},
    "agent-late": {"agent late"},
    "backlog": {"backlog"},
    "undercount": {"counters disagree"},
    "clock-skewed": {"clock ahead"},
    "http-5xx": {"server errors in history", "public answers fail"},
    "endpoint-down": {"public answers fail"},
    "garbage-json": {"public answers are no JSON"},
    "feed-stale": {"feed stale"},
    "feed-poisoned": {"unknown host"},
    "source-altered": {"source altered"},
    "sources-rewritten": {"old source altered"},
    "lineage-broken": {"lineage broken"},
    "ingest-volume": {"low volume"},
    "ingest-duplicates": {"duplicate items"},
    "ingest-missing": {"incomplete items"},
    "ingest-orphans": {"orphaned items"},
    "ingest-schema": {"malformed items"},
    "log-storm": {"error storm"},
    "log-signature": {"new error kind"},
    "log-personal-data": {"personal data"},
    "log-not-json": {"log not JSON"},
    "log-untraced": {"log untraced"},
    "critical-unacknowledged": {"critical unacknowledged"},
    "scores-biased": {"biased"},
    "scores-drifted": {"scores drifted"},
    "scores-collapsed": {"scores collapsed"},
    "model-replaced": {"scores narrow"},
    "contradictions-missed": {"contradictions missed"},
    "flags-wrong": {"flags wrong"},
    "bias-audits-failing": {"bias audits failing"},
    "alert-unsourced": {"alert unsourced"},
    "alert-unaudited": {"alert unaudited"},
    "alert-disputed": {"alert disputed"},
    "disputes-ignored": {"dispute ignored"},
    "disputes-overdue": {"dispute overdue"},
    "dispute-unruled": {"dispute unruled"},
    "hostile-names": {"hostile text"},
    "tickets-old": {"ticket old"},
    "tickets-untriaged": {"tickets untriaged"},
    "tickets-piling": {"tickets piling"},
    "packages-vulnerable": {"package weak"},
    "advisories-stale": {"advisories stale"},
    "review-missing": {"review missing"},
    "review-of-another-digest": {"another subject reviewed"},
    "review-rejected": {"review rejected"},
    "meeting-missing": {"no meeting this month"},
    "meeting-inquorate": {"board without its chair"},
    "writes-lost": {"report lost"},
    "scraping-allowed": {"answers without a key"},
    "contradictions-wrong": {"contradictions not upheld"},
    "scores-unexplained": {"scores unexplained"},
    "reviews-missing": {"nobody reviews"},
    "reviewer-careless": {"reviewer careless"},
    "headers-missing": {"unguarded answers"},
    "cors-open": {"shared with any website"},
    "default-credentials": {"takes a key nobody gave out"},
    "errors-verbose": {"errors show the inside"},
    "backup-loses-rows": {"backup lacks decisions"},
    "backup-stale": {"backup stale"},
    "backup-corrupt": {"backup corrupt"},
    "backup-orphans": {"backup came apart"},
    "report-altered": {"report untrue"},
    "report-unpublished": {"no report"},
    "report-unsigned": {"report unapproved"},
    "mitigation-missing": {"finding without owner or mitigation"},
    "mitigation-overdue": {"mitigation overdue"},
    "concerns-unanswered": {"concern unanswered"},
    "concerns-unpublished": {"answer unpublished"},
    "concerns-dropped": {"report left out"},
    "model-unapproved": {"model nobody approved"},
    "model-vetoed": {"model rejected"},
    "gate-skipped": {"no outcome of the gate"},
    "rollback-unplanned": {"no plan for going back"},
    "classification-slow": {"incident unclassified"},
    "freeze-ignored": {"freeze ignored"},
    "freeze-loses-writes": {"held report lost"},
    "recovery-unapproved": {"lifted without approval"},
    "recovery-unheeded": {"refused and lifted"},
    "freeze-leaky": {"freeze leaks"},
    "escalation-ignored": {"bias unheeded"},
    "withholds-everything": {"withholds too much"},
    "outputs-stay-withheld": {"outputs stay withheld"},
    "correction-ignored": {"false alert stays"},
    "correction-unsourced": {"correction unsourced"},
    "downstream-untold": {"subscribers untold"},
    "record-erased": {"record erased"},
    "alerts-early": {"alerts before the recovery ends"},
}


def test_the_honest_node_shows_no_symptom(here: Open) -> None:
    assert symptoms(here().app) == set()


@pytest.mark.parametrize("fault", SHOWS)
def test_a_fault_shows_its_own_symptoms_and_no_others(here: Open, fault: str) -> None:
    assert symptoms(here(fault).app) == SHOWS[fault]


def test_no_fault_goes_unseen() -> None:
    assert set(SHOWS) | WIRE_ONLY | BESIDE | CONTRACT == set(FAULTS)

"""Who and what the node knows by name: agents, feeds and their hosts, group shares, endpoints, record types."""

from typing import Final

AGENTS: Final = (
    "ContradictionScannerAgent",
    "RiskProfilerAgent",
    "JurisdictionContextAgent",
    "BiasAuditAgent",
    "PromiseTrackerAgent",
    "SourceAttributionAgent",
    "PublicExposureAgent",
)

FEEDS: Final = {
    "legislative-records": "records.legislature.example",
    "court-filings": "filings.court.example",
    "press-releases": "press.government.example",
    "campaign-statements": "statements.campaign.example",
    "news-wire": "wire.news.example",
}

DOCUMENT_TYPES: Final = {
    "legislative-records": "transcript",
    "court-filings": "filing",
    "press-releases": "release",
    "campaign-statements": "statement",
    "news-wire": "article",
}

ATTRIBUTES: Final = {
    "party": {"Unity": 0.40, "Progress": 0.40, "Independent": 0.20},
    "jurisdiction": {"Local": 0.35, "State": 0.30, "Federal": 0.20, "International": 0.15},
    "role": {"legislator": 0.45, "executive": 0.35, "judge": 0.20},
    "region": {"North": 0.30, "South": 0.25, "East": 0.25, "West": 0.20},
}

ITEM_KINDS: Final = ("action", "statement", "promise")
ALERT_TYPES: Final = ("risk_flag", "contradiction", "promise_broken")
DISPUTE_TYPES: Final = ("factual_error", "outdated", "misattribution", "missing_context", "bias")
QUEUES: Final = ("scan", "audit", "publish")
COUNCIL: Final = "Community Feedback Council"
BOARD: Final = "Ethical Governance Board"
BIAS_COUNCIL: Final = "Bias Monitoring Council"

FLAG_FROM: Final = 7.0
MEDIUM_FROM: Final = 4.0

PUBLIC: Final = "/junzi/api/v1"
AUDIT: Final = "/junzi/audit/v1"
#: The rooms of the control plane, all at the root.
CONTROL: Final = ("/eirp/", "/gesp/", "/iri/", "/eat/")

# Route templates with the method that history is counted under, and the requests per minute history shows for each.
ENDPOINTS: Final = {
    f"{PUBLIC}/entities/{{entity_id}}/profile": ("GET", 70),
    f"{PUBLIC}/entities/{{entity_id}}/contradictions": ("GET", 60),
    f"{PUBLIC}/risk_scores/": ("GET", 65),
    f"{PUBLIC}/promises/{{entity_id}}": ("GET", 55),
    f"{PUBLIC}/alerts/": ("GET", 75),
    f"{PUBLIC}/sources/{{source_id}}": ("GET", 60),
    f"{PUBLIC}/disputes/": ("GET", 50),
    f"{PUBLIC}/reports/": ("GET", 45),
    f"{PUBLIC}/openapi.json": ("GET", 45),
    f"{PUBLIC}/user_reports/": ("POST", 45),
}
#: Offered too, and no part of the history.
UNSEEDED: Final = (f"{PUBLIC}/corrections/",)
UNMATCHED: Final = f"{PUBLIC}/(unmatched)"


def risk_level(value: float) -> str:
    """Name the published level of a risk value (0-10)."""
    if value >= FLAG_FROM:
        return "high"
    return "medium" if value >= MEDIUM_FROM else "low"

"""Daily tasks, row 2: logs are well formed, free of personal data, and hold nothing new or unanswered."""

from datetime import datetime

from fixtures.memory import Memory
from junzi_audit import Draft, Judge, obligation
from junzi_audit.measures import coverage
from junzi_audit.measures import logs as measures
from junzi_audit.model import DAY
from junzi_audit.probes.logs import MASKED, Logs


@obligation("daily.error-logs")
def test_logs_hold_nothing_new_private_or_unanswered(logs: Logs, memory: Memory, now: datetime, judge: Judge) -> None:
    # A critical of the last minutes of the day before was not owed its answer then: it is looked at today.
    since = now - DAY - measures.ANSWER
    lines = logs.lines(since, now)

    def normal() -> Draft:
        return Draft(value=measures.signatures(lines), n=len(lines), since=since, until=now)

    judge(
        malformed_lines=coverage.whole(measures.malformed(lines), measures.gap(lines, since, now)),
        personal_data_lines=measures.personal_data(lines, MASKED),
        unanswered_criticals=measures.unanswered(lines, now),
        new_error_signatures=lambda: measures.new_signatures(lines, memory("error-signatures", propose=normal)),
        error_lines_5min=measures.most_in_five_minutes(lines),
    )

"""Quarterly tasks, row 4: the newest backup restores whole, and in the time its tier allows."""

from datetime import datetime

from junzi_audit import Judge, obligation
from junzi_audit.declared.safeguards import Backup
from junzi_audit.measures import recovery
from junzi_audit.model import DAY
from junzi_audit.probes.backups import Backups
from junzi_audit.probes.feed import Feed


@obligation("quarterly.backup-recovery")
def test_the_newest_backup_restores_whole_and_in_time(
    backups: Backups, backup_table: Backup, feed: Feed, now: datetime, judge: Judge
) -> None:
    manifest = backups.newest(now)
    made = backups.made_before(manifest, feed, now - DAY, now)
    restored = backups.restore(manifest, made) if manifest else None

    judge(
        unrestorable=recovery.unrestorable(manifest, restored),
        rows_lost=recovery.rows_lost(manifest, restored, made),
        digest_mismatches=recovery.digest_mismatches(manifest, restored),
        broken_references=recovery.broken_references(manifest, restored, excused=backup_table.excused),
        rto_share=recovery.rto_share(restored, backup_table.tier),
        rpo_share=recovery.rpo_share(manifest, backup_table.tier, now=now),
    )

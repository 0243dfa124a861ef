"""JUNZI's post-launch plan as an executable audit: what a check in ``suites/`` may import from the top."""

from junzi_audit.marking import obligation
from junzi_audit.model import Unobservable
from junzi_audit.verdicts import Judge

__all__ = ["Judge", "Unobservable", "obligation"]

"""Faults of what stands beside a node: the front before it and the copy of its database. A node alone shows neither."""

from refnode.faults.fault import Fault
from refnode.front.plan import BROKEN
from refnode.rescue import LOSSY

FAULTS = (
    Fault(name=BROKEN, does="python -m refnode.front knows no secondary, so nobody takes over"),
    Fault(name=LOSSY, does="every second user report is missing in the copy that python -m refnode.rescue takes"),
)

"""``python -m junzi_audit``: the same words as ``junzi-audit``."""

import sys

from junzi_audit.cli import main

sys.exit(main())

"""Lets `python -m refnode` start the node."""

import sys

from refnode.cli import main

if __name__ == "__main__":
    sys.exit(main())

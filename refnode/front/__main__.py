"""Lets `python -m refnode.front` start the front."""

import sys

from refnode.front.cli import main

if __name__ == "__main__":
    sys.exit(main())

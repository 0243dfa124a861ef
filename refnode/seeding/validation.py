"""Seeds the labelled validation set: pairs of statement and action, and how surely the scanner finds them at odds."""

import random
from typing import Any, Final

# Shape of the scanner's confidence, which is calibrated by construction: a pair contradicts with that probability.
SURE: Final = (0.12, 0.2)


def pairs(rng: random.Random, many: int) -> list[tuple[Any, ...]]:
    """Draw pairs with their label and confidence, in the table's column order."""
    found = []
    for number in range(1, many + 1):
        confidence = round(rng.betavariate(*SURE), 4)
        found.append((f"PAIR-{number:05d}", rng.random() < confidence, confidence))
    return found

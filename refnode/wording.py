"""The node's own words: names, captured texts, descriptions. All invented; none names a real person."""

import random
from typing import Final

FIRST: Final = [
    "Ada",
    "Bela",
    "Caro",
    "Dana",
    "Edor",
    "Fina",
    "Goro",
    "Hana",
    "Ilan",
    "Jora",
    "Kito",
    "Lena",
    "Milo",
    "Nora",
    "Otis",
    "Pella",
    "Quin",
    "Rhea",
    "Soren",
    "Tova",
    "Ulla",
    "Vero",
    "Wyn",
    "Xena",
    "Yara",
    "Zeno",
    "Arlo",
    "Bruna",
    "Cyra",
    "Davin",
]
LAST: Final = [
    "Abreth",
    "Bellow",
    "Corvane",
    "Dunmere",
    "Estwick",
    "Farrow",
    "Galden",
    "Hartwell",
    "Ilverson",
    "Jasker",
    "Kelbrook",
    "Lorimer",
    "Marlow",
    "Northey",
    "Ostrand",
    "Pellham",
    "Quarles",
    "Ravenel",
    "Stroud",
    "Thackery",
    "Umber",
    "Valcourt",
    "Westrop",
    "Yardley",
    "Zellner",
    "Ashgrove",
    "Brackley",
    "Coldwater",
]
BODIES: Final = ("Water Board", "Transit Authority", "School District", "Planning Office", "Harbor Commission")
VERBS: Final = ("voted for", "voted against", "announced", "withdrew", "postponed", "signed", "funded", "questioned")
MATTERS: Final = (
    "the clean water levy",
    "the ferry timetable act",
    "the school roof program",
    "the open ledger rule",
    "the harbor dredging contract",
    "the rural clinic grant",
    "the night bus pilot",
    "the bridge repair bond",
    "the public records fee",
    "the flood wall survey",
)
PLACES: Final = ("North", "South", "East", "West")
ACTION_TYPES: Final = ("vote", "contract", "appointment", "ruling", "expenditure")
DISPUTE_REASONS: Final = (
    "The quoted vote belongs to the session before.",
    "The capture leaves out the amendment read on the same day.",
    "The score counts one statement twice.",
    "The cited record names another office.",
    "People of our region are judged by older records than others.",
)


def person(rng: random.Random, number: int) -> str:
    """Invent the name of a public person; the number keeps names apart."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)} {number}"


def office(feed_index: int, rng: random.Random) -> str:
    """Name one of a feed's 30 origins, such as `Office 17, North`."""
    place = rng.randrange(30)
    return f"Office {feed_index * 30 + place + 1}, {PLACES[place % 4]}"


def deed(rng: random.Random, name: str) -> str:
    """Say what somebody did, in one sentence."""
    return f"{name} {rng.choice(VERBS)} {rng.choice(MATTERS)}."


def captured_text(rng: random.Random, origin: str, number: int, sentence: str) -> str:
    """Write the text that a source was captured with (100-300 bytes)."""
    return (
        f"{origin}, notice {number}. {sentence} "
        f"The record was entered under item {rng.randrange(1, 900)} on page {rng.randrange(1, 60)}; "
        f"{rng.randrange(3, 90)} members were present and the clerk read it aloud."
    )


def pledge(rng: random.Random) -> str:
    """Word a promise."""
    return f"We will see {rng.choice(MATTERS)} through before the term ends."

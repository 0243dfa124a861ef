"""Who somebody is: one person stays one, however the name is written. Standard library only."""

from __future__ import annotations

import unicodedata

#: Categories that nobody sees: controls, formats, surrogates, private and unassigned characters.
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn"}
#: Words in the names of other characters that nobody sees.
_BLANK = ("FILLER", "VARIATION SELECTOR", "GRAPHEME JOINER", "BRAILLE PATTERN BLANK")
#: Scripts that one name is written in together.
_TOGETHER = {"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO"}
_EAST = "East Asian"
_LETTERS = {"Lu", "Ll", "Lt", "Lo"}


def person(name: str) -> str:
    """The key of a person: the same whatever the case, spaces, forms and unseen characters of the name."""
    folded = unicodedata.normalize("NFKC", _seen(name).casefold())
    return "".join(_seen(folded).split())


def misnamed(name: str) -> str:
    """Why that is nobody's name, in words; empty when it may be somebody's."""
    words = [_scripts(word) for word in unicodedata.normalize("NFKC", _seen(name)).split()]
    # A name may stand beside itself in East Asian letters, none of which looks like one of another script.
    apart = set().union(*words) - {_EAST}
    for mixed in (*words, apart):
        if len(mixed) > 1:
            one, other = sorted(mixed)[:2]
            return f"the name {name!r} mixes {one} with {other} letters; write it in one script"
    return "" if person(name) else f"the name {name!r} holds nothing to be seen"


def _scripts(word: str) -> set[str]:
    return {_script(each) for each in word if unicodedata.category(each) in _LETTERS}


def _seen(name: str) -> str:
    """Without what nobody sees."""
    kept = (each for each in unicodedata.normalize("NFKC", name) if each.isspace() or not _is_unseen(each))
    return "".join(kept)


def _is_unseen(character: str) -> bool:
    name = unicodedata.name(character, "")
    return unicodedata.category(character) in _UNSEEN or any(word in name for word in _BLANK)


def _script(letter: str) -> str:
    word = unicodedata.name(letter, "UNKNOWN").split(" ", 1)[0]
    return _EAST if word in _TOGETHER else word.capitalize()

"""Hostile text, as somebody might really write it: markup, terminal escapes, direction marks."""

MARKS = (
    "<script>document.title='pwned'</script>",
    "<img src=x onerror=\"document.title='pwned'\">",
    "\x1b[31m\x1b]0;pwned\x07",
    "\u202egnirts desrever\u202c",
    "'; DROP TABLE entities; --",
    "{{ 7 * 7 }}${7*7}",
)


def hostile(text: str) -> str:
    """Surround a text with every kind of hostile mark."""
    return f"{MARKS[0]}{text} {' '.join(MARKS[1:])}"

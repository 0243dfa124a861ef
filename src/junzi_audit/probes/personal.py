r"""Personal data in a log, masked before anything is stored: the evidence must not repeat the leak it proves.

Patterns are linear in the size of the log (every start is anchored by a look-behind, runs are possessive), and prefer
a written format, a check digit or a word beside the number to bare digits: a log is full of those.
"""

from __future__ import annotations

import re
from collections.abc import Callable

#: What stands in a stored line where personal data stood; the measure counts lines that hold it.
MASK = "⟦personal data: {kind}⟧"
MASKED = "⟦personal data: "

Found = re.Match[bytes]

# The user of an URL is consumed first and left alone: a connection string is no e-mail address.
_MAIL = re.compile(
    rb"(?<![A-Za-z0-9+.-])[a-z][a-z0-9+.-]{1,20}+://[^\s/@\"\\]{0,200}+@"
    rb"|(?<![\w.+%\x80-\xff-])(?P<secret>[\w.+%\x80-\xff-]++(?:@|\\u0040)"
    rb"(?:[A-Za-z0-9\x80-\xff-]{1,63}\.){1,8}[A-Za-z\x80-\xff][A-Za-z0-9\x80-\xff-]{1,23})(?![\w-])"
)
_NATIONAL_ID = re.compile(rb"(?<![\w.-])(?P<secret>(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4})(?![\w-])")
#: Any nine digits that a word says are one.
_NAMED_ID = re.compile(
    rb"(?i:(?<![a-z])(?:ssn|social[ _-]?security(?:[ _-]?(?:no|nr|number))?))"
    rb"['\"\\]{0,3}\s{0,2}[:=_.]{0,2}\s{0,2}['\"\\]{0,3}(?P<secret>\d{3}[ -]?\d{2}[ -]?\d{4})(?!\d)"
)
_IBAN = re.compile(
    rb"(?<![A-Za-z0-9-])(?P<secret>[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?)(?![A-Za-z0-9-])"
)
_CARD = re.compile(
    rb"(?<![\w.-])(?P<secret>\d{13,19}|\d{4}(?P<gap>[ -])\d{4}(?P=gap)\d{4}(?P=gap)\d{1,7}|\d{4}[ -]\d{6}[ -]\d{4,5})"
    rb"(?![\w-]|\.\d)"
)
_PHONES = (
    # international, with a plus or, where it is grouped, with two zeros
    re.compile(rb"(?<![\w+.-])(?P<secret>\+[1-9](?:[ .()/-]{0,2}\d){8,14})(?!\d)"),
    re.compile(rb"(?<![\w.:+/-])(?<!\d )(?P<secret>00[1-9]\d{0,2}[ /-]\(?\d{1,4}\)?(?:[ /-]\d{2,8}){1,4})(?![\w.:/-])"),
    # North American
    re.compile(
        rb"(?<![\w.+/-])(?P<secret>(?:1[ .-]?)?(?:\([2-9]\d\d\)[ .-]?[2-9]\d\d[ .-]?\d{4}"
        rb"|[2-9]\d\d-[2-9]\d\d-\d{4}|[2-9]\d\d\.[2-9]\d\d\.\d{4}|[2-9]\d\d [2-9]\d\d-\d{4}))(?![\w-]|\.\d)"
    ),
    # elsewhere, with the zero of the trunk line: (030) 1234567, 089/123456, 01 23 45 67 89
    re.compile(rb"(?<![\w.:+/-])(?P<secret>(?:\(0[1-9]\d{1,3}\) ?|0[1-9]\d{1,3}[ /])\d{5,8})(?![\w.:/-])"),
    re.compile(rb"(?<![\w.:+/-])(?P<secret>0[1-9](?:[ .]\d\d){4})(?![\w.:/-])"),
    # any digits that a word says are a telephone number
    re.compile(
        rb"(?i:(?<![a-z])(?:telephone|phone|tel|mobile|cell|fax)(?:[ _-]?(?:no|nr|number))?)"
        rb"['\"\\]{0,3}\s{0,2}[:=.]{0,2}\s{0,2}['\"\\]{0,3}"
        rb"(?!\d{4}-\d\d-\d\d)(?P<secret>[(]?\d(?:[ ./()-]{0,2}\d){6,14})(?!\d)"
    ),
)
#: Issuers by their first digits and lengths: a timestamp in milliseconds passes Luhn's test one time in ten.
_ISSUERS = re.compile(
    rb"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]|2[2-7])\d{14}|3[47]\d{13}|3(?:0[0-5]|[689]\d)\d{11}"
    rb"|(?:6011|65\d\d|64[4-9]\d|35\d\d)\d{12}|62\d{14,17}|(?:50|5[6-9]|6\d)\d{10,17}"
)
#: Length of an account number by country; an upper-case hash would pass the check digits alone now and then.
_ACCOUNTS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20,
    "LV": 21, "MC": 27, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24,
}  # fmt: skip


def mask(body: bytes) -> bytes:
    """The body with everything that looks like personal data replaced by its kind."""
    body = _MAIL.sub(_by("e-mail"), body)
    for pattern in (_NATIONAL_ID, _NAMED_ID):
        body = pattern.sub(_by("national id"), body)
    body = _IBAN.sub(_by("bank account", _account), body)
    body = _CARD.sub(_by("payment card", lambda text: len(text) * _is_card(text)), body)
    for pattern in _PHONES:
        body = pattern.sub(_by("telephone"), body)
    return body


def _by(kind: str, length: Callable[[bytes], int] = len) -> Callable[[Found], bytes]:
    """A substitution that masks as many bytes of the secret as ``length`` says are one."""
    marker = MASK.format(kind=kind).encode()

    def replaced(found: Found) -> bytes:
        secret = found["secret"]
        size = length(secret) if secret else 0
        if not size:
            return found[0]
        before = found[0][: found.start("secret") - found.start()]
        return before + marker + secret[size:]

    return replaced


def _is_card(text: bytes) -> bool:
    """An issuer's number whose last digit is Luhn's."""
    digits = [byte - 48 for byte in text if 48 <= byte <= 57]
    doubled = [digit * 2 - 9 * (digit > 4) if place % 2 else digit for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0 and _ISSUERS.fullmatch(bytes(digit + 48 for digit in digits)) is not None


def _account(text: bytes) -> int:
    """How much of the text is an account number (ISO 13616, check digits modulo 97); words may follow it."""
    ends = [len(text), *(place for place in range(len(text) - 1, 0, -1) if text[place : place + 1] == b" ")]
    for end in ends:
        number = text[:end].replace(b" ", b"").decode()
        if _ACCOUNTS.get(number[:2]) == len(number):
            turned = "".join(str(int(letter, 36)) for letter in number[4:] + number[:4])
            if int(turned) % 97 == 1:
                return end
    return 0

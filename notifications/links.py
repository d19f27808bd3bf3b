"""Nothing that a person typed becomes a link in a mail (R18).

Mail programs turn whatever looks like an address into a link: "evil.example", "www.…", "tel:…", "me@evil.example". So
the finished text is broken up everywhere, by a zero-width space on both sides of the characters that such a recogniser
needs, and what is ours is excepted: the target and the words of our own links, and what a template marks with
`|copyable`. That way a forgotten filter shows as an address that does not copy well, never as a stranger's link.

The same goes for `[[placeholders]]` (R42): only those that our own tags wrote survive, typed ones are broken up too.
"""

import re
import secrets
from urllib.parse import urlsplit

from django.conf import settings

ZERO_WIDTH_SPACE = "\u200b"
# Around what is ours, until the mail is finished. Made anew by every process, so that nobody can type them.
_OPEN, _CLOSE = (f"\ue000{secrets.token_hex(8)}{mark}" for mark in "[]")
_OURS = re.compile(f"{re.escape(_OPEN)}(.*?){re.escape(_CLOSE)}", re.DOTALL)
_OURS_OR_MARKUP = re.compile(
    rf"{_OURS.pattern}|<!--.*?-->|<(?P<tag>style|title|a)\b.*?</(?P=tag)\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE
)
_LINKISH = re.compile(
    r"""
      (?<=\w)[.\u3002\uff0e\uff61](?=\w*[^\W\d_])   # evil.example, and the dots that browsers read as one
    | (?<=\d)[.](?=\d+[.]\d+[.]\d)                  # 192.0.2.1
    | (?<=[^\W\d_]):(?=\S)                          # https: tel: javascript:
    | (?<=/)/ | (?<=\\)\\ | (?<=\[)\[
    | [@\uff20]
    """,
    re.VERBOSE,
)


def keep(value: str) -> str:
    """Except this from being broken up; `finish_text` and `finish_html` take the marks away."""
    return f"{_OPEN}{value}{_CLOSE}"


def own(address: str) -> str:
    """A full address of this portal, to be used as a link. Raises ValueError for an address of anybody else."""
    if address.startswith("/") and not address.startswith("//"):
        address = settings.SITE_URL + address
    ours = urlsplit(settings.SITE_URL)
    theirs = urlsplit(address)
    if re.fullmatch(r"\[\[\w+\]\]", address) or (theirs.scheme, theirs.netloc) == (ours.scheme, ours.netloc):
        return address
    raise ValueError("A mail links to this portal only.")


# Where else our mails may lead: Microsoft's page on which an administrator accepts an invitation.
ELSEWHERE = frozenset({"admin.microsoft.com"})
LONGEST = 500
_PLAIN = re.compile(r"https://[a-z.]+(/[A-Za-z0-9/?#&=%.,_~:+-]*)?")


def elsewhere(address: str) -> str:
    """A full https address on one of the few hosts of others that we link to, as it stands. Raises ValueError.

    Only the characters of ordinary addresses pass, so that no two readers can see two different hosts in it.
    """
    if len(address) <= LONGEST and _PLAIN.fullmatch(address) and urlsplit(address).netloc in ELSEWHERE:
        return address
    raise ValueError("A mail links to this portal, and to few other hosts.")


def _break_up(text: str) -> str:
    return _LINKISH.sub(lambda found: f"{ZERO_WIDTH_SPACE}{found[0]}{ZERO_WIDTH_SPACE}", text)


def _except(pattern: re.Pattern[str], text: str) -> str:
    """Break up what lies between the places where the pattern is found."""
    pieces, end = [], 0
    for found in pattern.finditer(text):
        pieces += [_break_up(text[end : found.start()]), found[0]]
        end = found.end()
    return "".join([*pieces, _break_up(text[end:])])


def finish_text(text: str) -> str:
    return _OURS.sub(r"\1", _except(_OURS, text))


def finish_html(html: str) -> str:
    """Break up the text between the tags; attributes and what stands inside a link stay as they are."""
    return _OURS.sub(r"\1", _except(_OURS_OR_MARKUP, html))

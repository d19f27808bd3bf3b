"""From a row of the outbox to the bytes that a mail server takes."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from django.conf import settings
from django.utils import timezone
from django.utils.encoding import punycode
from django.utils.html import escape

from notifications.models import OutgoingEmail

_PLACEHOLDER = re.compile(r"\[\[(\w+)\]\]")


@dataclass(frozen=True)
class Ready:
    sender: str
    to: str
    content: bytes

    def __repr__(self) -> str:
        """Without the content, which may hold a link that is written down nowhere (R42)."""
        return f"Ready(to={self.to!r})"


def placeholders(mail: OutgoingEmail) -> set[str]:
    return set(_PLACEHOLDER.findall(mail.text + mail.html))


def build(mail: OutgoingEmail, values: Mapping[str, str]) -> Ready:
    """The message, with its placeholders filled. Raises ValueError where a header would hold a line break (T74)."""
    name, sender = parseaddr(settings.DEFAULT_FROM_EMAIL)
    to = _ascii(mail.to_email)
    result = EmailMessage(policy=SMTP)
    result["Message-ID"] = f"<{mail.pk}@{sender.rpartition('@')[2]}>"
    result["Date"] = format_datetime(timezone.localtime())
    result["Subject"] = mail.subject
    result["From"] = Address(name, addr_spec=sender)
    result["To"] = Address(mail.to_name, addr_spec=to)
    result["Reply-To"] = settings.MAIL_REPLY_TO
    result["Auto-Submitted"] = "auto-generated"
    result["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    result.set_content(_fill(mail.text, values), cte="quoted-printable")
    escaped = {name: escape(value) for name, value in values.items()}
    result.add_alternative(_fill(mail.html, escaped), subtype="html", cte="quoted-printable")
    result["Content-Language"] = mail.language  # here: set_content() would drop it
    return Ready(sender, to, result.as_bytes())


def without(values: Mapping[str, str], words: str) -> str:
    """The words of a mail server, which may quote the mail, without what stood for the placeholders (R42)."""
    for name, value in values.items():
        for secret in (value, *(part for part in re.split(r"[/?&=]", value) if len(part) >= 16)):
            words = words.replace(secret, f"[[{name}]]")
    return words


def _fill(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)


def _ascii(address: str) -> str:
    """The address as every mail server understands it. Raises UnicodeEncodeError for letters before the @."""
    local, _, domain = address.rpartition("@")
    local.encode("ascii")
    return f"{local}@{punycode(domain)}"

"""How a mail is shown on a page: in a sandboxed frame, from an address of its own."""

import re

from django.http import HttpResponse
from django.utils.translation import gettext as _

from notifications.models import OutgoingEmail
from notifications.outbox import Mail

# Inlined styles need a policy of their own; a srcdoc would inherit the page's. Nothing else is allowed: no script, no
# image, no form, and links go nowhere.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'self'",
        "sandbox",
    )
)
_VISIBLE_PLACEHOLDER = re.compile(r'(?<!")\[\[\w+\]\]')


def mail_response(mail: Mail | OutgoingEmail | str) -> HttpResponse:
    """The HTML part as its reader sees it, for `<iframe sandbox src="…">`; what is filled while delivering says so."""
    html = mail if isinstance(mail, str) else mail.html
    shown = _VISIBLE_PLACEHOLDER.sub(_("(added while sending)"), html)
    headers = {"Content-Security-Policy": POLICY, "X-Frame-Options": "SAMEORIGIN", "Cache-Control": "no-store"}
    return HttpResponse(shown, headers=headers)

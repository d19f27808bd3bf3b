"""The pages of the demo's mailbox. What is in a mail is shown as text, or in a sandbox with a policy of its own."""

import re
from datetime import datetime
from email.utils import getaddresses
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from portal.stack.install import ROOT
from portal.stack.mailbox import Mail, Mailbox

PAGE_POLICY = "default-src 'none'; style-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
# A mail's styles are inline. Its links open a page of their own, nothing in it runs, nothing is fetched from outside.
MAIL_POLICY = "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'"
STYLES = {
    "tokens.css": ROOT / "static/css/tokens.css",
    "base.css": ROOT / "static/css/base.css",
    "mailbox.css": Path(__file__).with_name("mailbox.css"),
}
MAIL_NAME = re.compile(r"[0-9]{20}-[0-9a-f]{8}")


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, mailbox: Mailbox, port: int) -> None:
        super().__init__(("127.0.0.1", port), Handler)
        self.mailbox = mailbox
        # A page elsewhere that has its own name point here must not read the mails.
        self.hosts = {f"localhost:{self.server_port}", f"127.0.0.1:{self.server_port}"}


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        if self.headers.get("Host") not in self.server.hosts:
            self._answer(421, "text/plain", "This is the mailbox of the demo on localhost.")
            return
        path, _, _ = self.path.partition("?")
        match path.strip("/").split("/"):
            case [""]:
                self._answer(200, "text/html", list_page(self.server.mailbox.newest()))
            case ["css", name] if name in STYLES:
                self._answer(200, "text/css", STYLES[name].read_text() if STYLES[name].exists() else "")
            case ["mails", name, *rest] if MAIL_NAME.fullmatch(name) and rest in ([], ["html"]):
                self._mail(name, html_alone=bool(rest))
            case _:
                self._answer(404, "text/html", missing_page())

    do_HEAD = do_GET

    def _mail(self, name: str, *, html_alone: bool) -> None:
        mail = self.server.mailbox.get(name)
        html = mail.body("html") if mail else None
        if mail is None or (html_alone and html is None):
            self._answer(404, "text/html", missing_page())
        elif html_alone:
            self._answer(200, "text/html", with_links_outside(html or ""), MAIL_POLICY)
        else:
            self._answer(200, "text/html", mail_page(mail))

    def _answer(self, status: int, kind: str, body: str, policy: str = PAGE_POLICY) -> None:
        content = body.encode(errors="replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Content-Security-Policy", policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what somebody reads here is no event."""


def with_links_outside(html: str) -> str:
    """Let links open a page of their own: the portal rightly refuses to be shown inside a frame."""
    base = '<base target="_blank">'
    with_base, count = re.subn(r"(<head[^>]*>)", rf"\1{base}", html, count=1, flags=re.IGNORECASE)
    return with_base if count else base + html


def list_page(mails: list[Mail]) -> str:
    if not mails:
        return _page(
            "No mail yet",
            '<div class="mails-empty"><h1>No mail yet</h1>'
            "<p>Send a request in the portal: what its readers get arrives here within seconds.</p>"
            '<p><a href="/">Look again</a></p></div>',
        )
    count = "One mail" if len(mails) == 1 else f"{len(mails)} mails"
    return _page(
        count,
        f'<div class="mails-head"><h1>{count}</h1><a href="/">Look again</a></div>'
        "<p class=lead>Every mail of this demo, newest first, as its reader gets it. Nothing leaves this machine.</p>"
        f'<ul class="mails">{"".join(map(_row, mails))}</ul>',
    )


def _row(mail: Mail) -> str:
    return (
        f'<li><a href="/mails/{mail.name}"><strong>{escape(mail.subject) or "Without a subject"}</strong></a>'
        f"<span>to {escape(_people(mail.to))}</span>{_time(mail.arrived)}</li>"
    )


def mail_page(mail: Mail) -> str:
    subject = escape(mail.subject) or "Without a subject"
    html, text = mail.body("html"), mail.body("plain")
    blocks = []
    if html is not None:
        blocks.append(
            f'<section><h2>As HTML</h2><iframe src="/mails/{mail.name}/html" title="The mail as HTML" '
            'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe></section>'
        )
    if text is not None:
        blocks.append(f"<section><h2>As text</h2><pre>{_linked(text)}</pre></section>")
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in mail.headers)
    blocks.append(f'<details><summary>All headers</summary><dl class="headers">{rows}</dl></details>')
    return _page(
        subject,
        f'<p class="back"><a href="/">All mails</a></p><h1>{subject}</h1><dl class="envelope">'
        f"<dt>To</dt><dd>{escape(mail.to)}</dd><dt>From</dt><dd>{escape(str(mail.message.get('From') or ''))}</dd>"
        f"<dt>Arrived</dt><dd>{_time(mail.arrived)}</dd></dl>{''.join(blocks)}",
    )


def missing_page() -> str:
    return _page(
        "No such mail",
        "<h1>No such mail</h1><p>It may have gone with <code>bin/up --fresh</code>.</p>"
        '<p><a href="/">All mails</a></p>',
    )


def _linked(text: str) -> str:
    """Escape, and make addresses of the demo clickable, as mail programs do."""
    pieces = re.split(r"(https?://localhost:[0-9]+/[^\s<>\"']*)", text)
    linked = (f'<a href="{escape(url)}" target="_blank" rel="noreferrer">{escape(url)}</a>' for url in pieces[1::2])
    return "".join(escape(words) + next(linked, "") for words in pieces[::2])


def _people(header: str) -> str:
    return ", ".join(name or address for name, address in getaddresses([header])) or header


def _time(at: datetime) -> str:
    return f'<time datetime="{at.isoformat()}">{at.day} {at:%b, %H:%M:%S}</time>'


def _page(title: str, content: str) -> str:
    styles = "".join(f'<link rel="stylesheet" href="/css/{name}">' for name in STYLES)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title} – mailbox of the demo – Arxus</title>{styles}</head>"
        '<body><header class="bar"><a href="/"><b>Arxus</b> mailbox of the demo</a></header>'
        f"<main>{content}</main></body></html>"
    )

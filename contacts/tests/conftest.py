from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from contacts.current import seal_value
from contacts.models import Company, User


class Browser(Client):
    """A browser of somebody's, whose forms carry the seal of the company that they work for."""

    user: User
    company: Company

    def work_for(self, company: Company) -> "Browser":
        assert self.post("/switch/", {"company": str(company.public_id)}).status_code == 302
        self.company = company
        return self

    def send(self, path: str, data: dict | None = None) -> HttpResponse:
        return self.post(path, {"_seal": seal_value(self.user, self.company)} | (data or {}))


def reached(logs: list[Any]) -> list[tuple[str, int | None]]:
    """The limits that log lines say somebody came to (T37): which one, and who."""
    return [(line["limit"], line["user"]) for line in logs if line["event"] == "limit_reached"]


@pytest.fixture
def browse() -> Callable[[User], Browser]:
    def _browse(user: User) -> Browser:
        browser = Browser()
        browser.force_login(user)
        browser.user, browser.company = user, user.memberships.first().company
        return browser

    return _browse

"""Walks through the whole portal: one browser for each person, and the mails that reach them."""

import re
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from portal.stack.mailbox import Mail, Mailbox
from portal.stack.site import Site
from tenants.demo import PASSWORD


class Story:
    """One browser for each person, and the mails that reach them."""

    def __init__(self, browser: Browser, site: Site) -> None:
        self.browser, self.url, self.mailbox = browser, site.url, Mailbox(site.mails)
        self.contexts: list[BrowserContext] = []

    def person(self, email: str = "", password: str = PASSWORD) -> Page:
        """A browser of their own, logged in if they have an account."""
        context = self.browser.new_context(locale="en-GB", timezone_id="Europe/Brussels")
        context.set_default_timeout(30_000)
        self.contexts.append(context)
        page = context.new_page()
        if email:
            self.log_in(page, email, password)
        return page

    def log_in(self, page: Page, email: str, password: str) -> None:
        page.goto(f"{self.url}/account/login/")
        page.locator("input[name=login]").fill(email)
        page.locator("input[name=password]").fill(password)
        page.get_by_role("main").get_by_role("button").first.click()

    def mail(self, to: str, subject: str) -> Mail:
        """The newest mail to somebody whose subject matches; waits for worker and beat."""
        for _ in range(120):
            found = [m for m in self.mailbox.newest() if f"<{to}>" in m.to and re.search(subject, m.subject)]
            if found:
                return found[0]
            time.sleep(0.5)
        raise AssertionError((to, subject, [(m.to, m.subject) for m in self.mailbox.newest()]))

    def mails(self, to: str) -> int:
        return sum(f"<{to}>" in mail.to for mail in self.mailbox.newest())


@pytest.fixture
def story(browser: Browser, running_portal: Site) -> Iterator[Story]:
    told = Story(browser, running_portal)
    yield told
    for context in told.contexts:
        context.close()

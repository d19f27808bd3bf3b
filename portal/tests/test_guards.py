import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from portal.stack import guards
from portal.stack.console import Trouble
from portal.stack.install import ROOT


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


def test_a_taken_port_is_told_in_one_sentence_with_the_way_out(taken: int) -> None:
    started = subprocess.run(
        [sys.executable, ROOT / "bin" / "up", "--port", str(taken)], capture_output=True, text=True, check=False
    )

    assert started.returncode == 1
    assert started.stdout == ""
    assert started.stderr == (
        f"Port {taken} is taken by another program: end that one, or choose another port with --port.\n"
    )


def test_a_port_taken_on_ipv6_alone_would_answer_the_browser() -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as other:
        port = other.getsockname()[1]

        with pytest.raises(Trouble, match=f"Port {port} is taken"):
            guards.check_ports(guards.read_options([f"--port={guards.free_port()}", f"--mailbox-port={port}"]))


def test_a_free_port_is_none_that_the_system_gives_to_others_meanwhile() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        given = other.getsockname()[1]

    ports = {guards.free_port() for _ in range(50)}

    assert len(ports) > 40
    assert max(ports) < 32_000 < given


def test_two_pages_do_not_share_a_port() -> None:
    with pytest.raises(Trouble, match="both 8000"):
        guards.check_ports(guards.read_options(["--mailbox-port", "8000"]))


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "٨٠"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        guards.read_options([f"--port={port}"])

    assert "is no port" in capsys.readouterr().err


def test_a_second_start_names_the_first(tmp_path: Path) -> None:
    with guards.alone(tmp_path, "http://localhost:8000"), pytest.raises(Trouble, match="at http://localhost:8000: use"):
        guards.alone(tmp_path, "http://localhost:8001")


def test_a_lock_of_a_start_that_was_killed_is_free(tmp_path: Path) -> None:
    code = f"import os; from portal.stack import guards; guards.alone({str(tmp_path)!r}, 'x'); os.kill(os.getpid(), 9)"
    code = code.replace("guards.alone(", "l = guards.alone(__import__('pathlib').Path(").replace(", 'x'", "), 'x'")
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert (tmp_path / "up.lock").read_text() != ""

    guards.alone(tmp_path, "http://localhost:8001").close()

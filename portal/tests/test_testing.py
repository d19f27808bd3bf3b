"""Over how many processes bin/test spreads the tests, and which of them begin first."""

import pytest

from portal.stack.testing import in_parallel

A_TEST = "portal/tests/test_ui.py"


@pytest.mark.parametrize("arguments", [[], ["-x"], ["-m", "browser"], ["portal"], ["portal/tests/", "--durations=9"]])
def test_the_suite_and_its_folders_are_spread_over_the_processors(arguments: list[str]) -> None:
    assert in_parallel(arguments, processors=4) == ["-n4", "--dist=loadfile", *arguments]


@pytest.mark.parametrize(
    "arguments",
    [
        *([A_TEST], [f"{A_TEST}::test_icon"], [A_TEST, "contacts"], ["-k", "icon"], ["-kicon"], ["--lf"], ["--sw"]),
        *(["-n", "0"], ["-n0"], ["-nauto"], ["--numprocesses=3"], ["-p", "no:xdist"], ["-pno:xdist"]),
        *(["--pdb"], ["--trace"], ["-s"], ["portal", "-n3", "--dist=load"]),
    ],
)
def test_what_is_chosen_narrowly_or_decided_by_the_person_is_left_as_it_is(arguments: list[str]) -> None:
    assert in_parallel(arguments, processors=4) == arguments


def test_one_processor_needs_no_second_process_and_many_share_one_database_server() -> None:
    assert in_parallel([], processors=1) == []
    assert in_parallel([], processors=64) == ["-n8", "--dist=loadfile"]


def test_pytests_own_words_come_last_and_win() -> None:
    assert in_parallel(["--dist=load"], processors=2) == ["-n2", "--dist=loadfile", "--dist=load"]

import pytest
from django.core.management import CommandError, call_command

from portal.management.commands import write_docs


def test_a_rule_that_no_test_names_fails_the_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_docs, "REQUIRED", {"R01", "R99"})

    with pytest.raises(CommandError) as refused:
        call_command("write_docs", "--check")

    assert str(refused.value) == "No test names R99."

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from notifications.outbox import Mail


@pytest.fixture(autouse=True)
def _specimen(settings: Any) -> None:
    """A mail of our own to test with: templates/emails/specimen.*"""
    settings.TEMPLATES = [
        {**settings.TEMPLATES[0], "DIRS": [*settings.TEMPLATES[0]["DIRS"], Path(__file__).parent / "templates"]}
    ]


@pytest.fixture
def mail() -> Callable[..., Mail]:
    """A finished mail, as compose() makes them."""

    def _mail(to_email: str = "theo@bakkerijdesmet.example", **fields: Any) -> Mail:
        plain: dict[str, Any] = {
            "to_email": to_email,
            "to_name": "Theo Lambert",
            "language": "nl",
            "template": "specimen",
            "subject": "Nordwave asked us for a tenant",
            "text": "Dear Theo,\n",
            "html": "<p>Dear Theo,</p>",
        }
        return Mail(**(plain | fields))

    return _mail

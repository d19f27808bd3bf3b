"""The environment in which the portal runs on a developer's machine."""

import json
import os
import secrets
from pathlib import Path

# What a developer's shell may hold, and what would change what we start.
NOT_OURS = ("DJANGO_SETTINGS_MODULE", "PYTHONHOME", "SECRET_KEY_FALLBACKS", "TRUSTED_PROXY_COUNT", "WEB_CONCURRENCY")


def make(*, site_url: str, database_url: str, redis_url: str, smtp_port: int, keys: dict[str, str]) -> dict[str, str]:
    """Return the whole environment of a part: the caller's, with every setting of the portal in it."""
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return inherited | {
        "SITE_URL": site_url,
        "DEMO": "true",
        "SUBSCRIPTIONS_URL": "https://subscriptions.arxus.example/",
        "STAFF_SECOND_FACTOR": "false",
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "EMAIL_URL": f"smtp://127.0.0.1:{smtp_port}",
        **keys,
    }


def new_keys() -> dict[str, str]:
    return {"SECRET_KEY": secrets.token_urlsafe(64), "LINK_KEY": secrets.token_urlsafe(64)}


def kept_keys(file: Path) -> dict[str, str]:
    """Return the demo's secrets: made once, readable by us alone."""
    if not file.exists():
        # Complete under another name first: a full disk must not leave half a file behind.
        new = file.with_suffix(".new")
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(new_keys(), out)
        new.rename(file)
    keys: dict[str, str] = json.loads(file.read_text())
    return keys

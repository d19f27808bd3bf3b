"""The few settings that tests change."""

import os

from portal.settings import *  # noqa: F403  every name there is a setting

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
LOGGING["loggers"]["mail.log"] = {"level": "WARNING"}  # noqa: F405  from the star above; aiosmtpd tells every line
# Static files come from their sources, nothing is collected.
WHITENOISE_AUTOREFRESH = True
# A browser keeps its connection to the live server, which would keep its own to a database that is to be dropped.
DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405  from the star above
# Workers of pytest-xdist share one Redis.
CACHES["default"]["KEY_PREFIX"] = f"test-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"  # noqa: F405  from the star above

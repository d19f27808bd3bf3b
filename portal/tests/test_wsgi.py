from io import BytesIO
from typing import Any

import pytest

from portal.wsgi import application


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("charset", ["hex", "unicode_escape", "no-such-charset", "utf-8"])
def test_t39_a_claimed_charset_breaks_nothing(charset: str) -> None:
    answered: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": "/healthz",
        "QUERY_STRING": r"q=\ud800",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "8000",
        "HTTP_HOST": "localhost",
        "CONTENT_TYPE": f"text/plain; charset={charset}",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }

    application(environ, lambda *said: answered.append(said[0]))

    assert answered == ["200 OK"]

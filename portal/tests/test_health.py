from django.db import connection
from django.test import Client


def test_health_is_asked_without_login(client: Client, db: None) -> None:
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok")


def test_health_says_no_more_than_unavailable(client: Client, db: None, django_db_blocker) -> None:
    def refuse(*args: object) -> None:
        from django.db import OperationalError

        raise OperationalError("connection to 10.1.2.3 refused")

    with connection.execute_wrapper(refuse):
        response = client.get("/healthz")

    assert (response.status_code, response.content) == (503, b"unavailable")

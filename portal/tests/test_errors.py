import pytest
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.template import engines
from django.template.backends.django import DjangoTemplates
from django.test import Client
from django.urls import path
from structlog.testing import capture_logs

from portal import errors
from portal.urls import handler400, handler403, handler404, handler500  # noqa: F401 – the site's own, used by name

pytestmark = [pytest.mark.urls(__name__), pytest.mark.django_db]

MISTAKES = {
    "400": SuspiciousOperation("secret"),
    "403": PermissionDenied("Only an administrator of Nordwave IT bv may do this."),
    "403-bare": PermissionDenied(),
    "404": Http404("secret"),
    "500": ZeroDivisionError("secret"),
    "503": OperationalError("secret"),
}


@login_not_required
def mistake(request: HttpRequest, name: str) -> HttpResponse:
    raise MISTAKES[name]


urlpatterns = [path("<str:name>/", mistake)]


def get(name: str) -> HttpResponse:
    return Client(raise_request_exception=False).get(f"/{name}/")


@pytest.mark.parametrize(
    ("name", "status", "heading"),
    [
        ("400", 400, "This could not be read"),
        ("403", 403, "You may not do this"),
        ("404", 404, "This page does not exist"),
        ("500", 500, "Something went wrong at Arxus"),
        ("503", 503, "The portal is away for a moment"),
    ],
)
def test_error_is_a_page_of_our_own(name: str, status: int, heading: str) -> None:
    response = get(name)

    assert response.status_code == status
    assert f"<h1>{heading}</h1>" in response.text
    assert "secret" not in response.text
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_403_says_the_sentence_of_the_view() -> None:
    assert "Only an administrator of Nordwave IT bv may do this." in get("403").text
    assert "An administrator of your company can change them." in get("403-bare").text


@pytest.mark.parametrize("name", ["500", "503"])
def test_incident_on_the_page_is_the_one_in_the_log(name: str) -> None:
    with capture_logs() as logs:
        page = get(name).text

    [incident] = [line["incident"] for line in logs if line["event"] == "incident"]
    assert f'<span class="number">{incident}</span>' in page


def test_503_says_when_to_come_back() -> None:
    assert get("503")["Retry-After"] == "60"


def test_500_asks_nothing_of_the_database(django_assert_num_queries: object) -> None:
    with django_assert_num_queries(0):
        assert get("500").status_code == 500


def test_500_is_there_when_the_templates_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"NAME": "none", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}}
    monkeypatch.setitem(engines._engines, "django", DjangoTemplates(options))

    response = errors.server_error(HttpRequest())

    assert response.status_code == 500
    assert "Something went wrong at Arxus" in response.text

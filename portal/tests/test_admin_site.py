"""What holds for every page of the admin, whichever app registered it."""

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from contacts.models import User

MISSING = ["999999", "99999999999999999999", "abc", "3f9a1c52-0000-4000-8000-0000b7d04e00"]


@pytest.mark.parametrize("missing", MISSING)
@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_what_is_deleted_or_malformed_is_our_404_page(
    db: None, login: Callable[[User], Client], model: type, missing: str
) -> None:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="Root", last_name="Maes")
    browser = login(root)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"

    for page in ("change", "history", "delete"):
        answer = browser.get(reverse(f"{name}_{page}", args=[missing]), follow=True)
        assert (page, answer.status_code) == (page, 404)
        assert "404.html" in [template.name for template in answer.templates]


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_who_may_not_look_is_refused(db: None, login: Callable[[User], Client], model: type) -> None:
    desk = User.objects.create_user("desk@arxus.example", "x", first_name="Dirk", last_name="D", is_staff=True)
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"

    answer = login(desk).get(reverse(name, args=["abc"]))

    assert answer.status_code == 403


@pytest.mark.parametrize("model", sorted(admin.site._registry, key=lambda model: model._meta.label))
def test_a_list_is_headed_by_what_it_lists(db: None, login: Callable[[User], Client], model: type) -> None:
    root = User.objects.create_superuser("root@arxus.example", "x", first_name="Root", last_name="Maes")

    page = login(root).get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")).text

    heading = page.partition("<h1>")[2].partition("</h1>")[0]
    assert heading
    assert "Select" not in heading
    assert "Show counts" not in page

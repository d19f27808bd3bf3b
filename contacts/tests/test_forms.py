"""Every field of every form against everything that was ever pasted into one."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts.contact_forms import ContactForm
from contacts.customer_forms import CustomerForm
from contacts.models import Company, User
from contacts.tests.conftest import Browser
from contacts.tests.test_contact_views import PERSON
from contacts.tests.test_customer_views import DETAILS

Browse = Callable[[User], Browser]
FORMS = {"/contacts/new/": PERSON, "/customers/new/": DETAILS}
FIELDS = [(path, name) for path, data in FORMS.items() for name in data]
# What no field takes.
REFUSED = {
    "nul": "a\0b",
    "escape": "a\x1bb",
    "right to left": "a\u202eb",
    "zero width": "a\u200bb",
    "far too long": "x" * 60_000,
    "two addresses": "a@b.example, c@d.example",
    "replaced": "a\ufffdb",
}
# What some field may take, and must not choke on.
ODD = {
    "empty": "",
    "spaces": "   ",
    "emoji": "😀 Bakkerij",
    "html": "<script>alert(1)</script>",
    "plus": "an+arxus@bakery.example",
    "idn": "an@bäckerei.example",
    "trailing newline": "an@bakery.example\n",
    "template": "{{ 7|add:7 }}{% debug %}",
    "percent": "%(x)s %s {0}",
    "ligatures that grow": "ﷺ" * 250,
    "sql": "'; drop table contacts_company; --",
}


@pytest.fixture
def browsers(alice: User, customer: Company, browse: Browse) -> dict[str, Browser]:
    return {"/contacts/new/": browse(alice).work_for(customer), "/customers/new/": browse(alice)}


def form_of(path: str, data: dict, customer: Company) -> ContactForm | CustomerForm:
    if path == "/contacts/new/":
        return ContactForm(data, company=customer)
    return CustomerForm(data, partner=customer.partner)


@pytest.mark.parametrize("value", (REFUSED | ODD).values(), ids=REFUSED | ODD)
@pytest.mark.parametrize("path", FORMS)
def test_t39_a_page_keeps_whatever_was_typed_everywhere(browsers: dict[str, Browser], path: str, value: str) -> None:
    page = browsers[path].send(path, dict.fromkeys(FORMS[path], value))

    form = page.context["form"]
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert {name: form[name].value() for name in form.fields} == {
        name: [value] if name == "roles" else value for name in form.fields
    }


@pytest.mark.parametrize("value", REFUSED.values(), ids=REFUSED)
def test_t39_every_field_refuses_by_name(customer: Company, value: str) -> None:
    for path, name in FIELDS:
        typed = [value] if name == "roles" else value
        assert list(form_of(path, FORMS[path] | {name: typed}, customer).errors) == [name]


@pytest.mark.parametrize("value", ODD.values(), ids=ODD)
def test_t39_every_field_takes_what_is_odd_or_refuses_by_name(alice: User, customer: Company, value: str) -> None:
    for path, name in FIELDS:
        typed = [value] if name == "roles" else value
        form = form_of(path, FORMS[path] | {name: typed}, customer)
        if form.is_valid():
            form.store(by=alice).delete()
        else:
            assert list(form.errors) == [name]


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.sampled_from(FIELDS), value=st.text(max_size=300))
def test_t39_no_text_breaks_a_form(alice: User, customer: Company, place: tuple[str, str], value: str) -> None:
    path, name = place
    form = form_of(path, FORMS[path] | {name: [value] if name == "roles" else value}, customer)

    if form.is_valid():
        form.store(by=alice).delete()
    else:
        assert list(form.errors) == [name]


def test_a_form_names_every_wrong_field_at_once(browsers: dict[str, Browser]) -> None:
    page = browsers["/contacts/new/"].send("/contacts/new/", {})

    assert sorted(page.context["form"].errors) == ["email", "first_name", "language", "last_name"]


def test_optional_fields_say_so(browsers: dict[str, Browser]) -> None:
    for path in FORMS:
        for field in (
            browsers[path].get(path + "?country=BE&enterprise_number=0417497106").context["form"].fields.values()
        ):
            assert ("(optional)" in str(field.label)) is not field.required

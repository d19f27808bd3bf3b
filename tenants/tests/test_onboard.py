"""Connecting an existing tenant: its questions, what is unique about it, its checks, its registration."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.utils import timezone

from conftest import make_contact
from contacts.models import Company, Contact, User
from notifications.models import OutgoingEmail
from tenants import assignment, checks, drafts, sending, summary, workflow
from tenants.models import Kind, Status, Tenant, TenantRequest
from tenants.review import acts, queue
from tenants.review.register_form import RegisterForm
from tenants.review.send_back_form import fields_to_remark
from tenants.steps import Answers
from tenants.tests.conftest import ALL_TICKED, EXISTING, answers_for, made_at_microsoft, onboard
from tenants.tests.test_announcements import heard, readable, told
from tenants.tests.test_wizard import Browser, at_bakery, text

__all__ = ["at_bakery"]
TENANT_ID = "7f9a1c52-0000-4000-8000-0000b7d04e11"
DOMAIN = "bakkerijdesmet.example"


def errors(draft: TenantRequest, by: User, **typed: str) -> dict[str, list[str]]:
    """What the step says about these answers."""
    drafts.keep_step(draft, "existing", EXISTING | typed)
    return dict(Answers(draft, by).forms["existing"].errors)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("BakkerijDeSmet.example", DOMAIN),
        (" https://www.bakkerijdesmet.example/contact?x=1 ", DOMAIN),
        ("bakkerijdesmet.example.", DOMAIN),
        ("www.bakkerijdesmet.example", DOMAIN),
        ("élan.example", "xn--lan-9la.example"),
        ("DESMET.onmicrosoft.com", "desmet.onmicrosoft.com"),
    ],
)
def test_r23_a_domain_is_brought_into_its_normal_form(
    connecting: TenantRequest, alice: User, typed: str, kept: str
) -> None:
    assert errors(connecting, alice, domain=typed) == {}
    assert Answers(connecting, alice).data()["existing"]["domain"] == kept


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("info@bakkerijdesmet.example", "Write only the domain: what stands after the @."),
        ("one.example, two.example", "Write one domain, without spaces, such as company.example."),
        ("bakkerij", "“bakkerij” is no domain: write one such as company.example."),
        ("192.0.2.1", "“192.0.2.1” is no domain: write one such as company.example."),
        ("gmail.com", "Anybody can have an address at gmail.com: write a domain of the tenant itself."),
        ("onmicrosoft.com", "Write the whole domain as Microsoft shows it, such as company.onmicrosoft.com."),
        ("straße.example", "Write the whole domain as Microsoft shows it, such as company.onmicrosoft.com."),
    ],
)
def test_t39_a_domain_that_is_none_gets_a_sentence(
    connecting: TenantRequest, alice: User, typed: str, sentence: str
) -> None:
    assert errors(connecting, alice, domain=typed) == {"domain": [sentence]}


@pytest.mark.parametrize("typed", ["a\0b.example", "a\u202eb.example", "\u200b", "x" * 300, "https://", "..", "//"])
def test_t39_strange_domains_are_refused_without_an_error_page(
    at_bakery: Browser, connecting: TenantRequest, typed: str
) -> None:
    answer = at_bakery.post("step", connecting.public_id, "existing", **EXISTING | {"domain": typed})

    assert (answer.status_code, "domain" in answer.context["form"].errors) == (200, True)


@pytest.mark.parametrize(
    ("name", "typed", "sentence"),
    [
        ("tenant_id", "3f9a", "This is no tenant id: it has 32 digits and letters a to f, in five groups."),
        ("tenant_id", str(UUID(int=0)), "These are only zeros. Copy the tenant id from Microsoft."),
        ("admin_first_name", "", "Fill this in."),
        ("admin_first_name", "www.evil.example", "Leave out web and e-mail addresses."),
        ("admin_last_name", "", "Fill this in."),
        ("admin_email", "greta", "Write a whole e-mail address, such as an.desmet@company.example."),
        ("admin_email", "a@b.example,c@d.example", "Write one address only."),
        ("admin_language", "", "Choose the language in which the invitation is written."),
        ("supplier", "", "Choose one of these."),
        ("move_subscriptions", "", "Choose one of these."),
    ],
)
def test_each_field_says_what_to_type(
    connecting: TenantRequest, alice: User, name: str, typed: str, sentence: str
) -> None:
    assert errors(connecting, alice, **{name: typed}) == {name: [sentence]}


def test_one_of_domain_and_tenant_id_is_enough_and_needed(connecting: TenantRequest, alice: User) -> None:
    assert errors(connecting, alice, domain="", tenant_id=TENANT_ID.upper()) == {}
    assert Answers(connecting, alice).data()["existing"]["tenant_id"] == TENANT_ID
    assert errors(connecting, alice, domain="", tenant_id="") == {
        "domain": ["Write the domain of the tenant, or its tenant id below."]
    }


def test_the_start_page_offers_two_ways_each_a_post(at_bakery: Browser) -> None:
    page = at_bakery.get("start").content.decode()
    at_bakery.post("start", kind="onboard")
    at_bakery.post("start", kind="create")

    assert 'name="kind" value="create"' in page
    assert 'name="kind" value="onboard"' in page
    assert set(TenantRequest.objects.values_list("kind", flat=True)) == {"create", "onboard"}


def test_t24_no_other_kind_can_be_asked_for(at_bakery: Browser) -> None:
    assert at_bakery.post("start", kind="registered").status_code == 404
    assert TenantRequest.objects.count() == 0


def test_each_kind_has_its_own_steps(at_bakery: Browser, connecting: TenantRequest, draft: TenantRequest) -> None:
    assert at_bakery.get("step", connecting.public_id, "existing").status_code == 200
    assert at_bakery.get("step", connecting.public_id, "tenant").status_code == 404
    assert at_bakery.get("step", draft.public_id, "existing").status_code == 404
    assert "primary_email" not in at_bakery.get("step", connecting.public_id, "microsoft").context["form"].fields
    assert "primary_email" in at_bakery.get("step", draft.public_id, "microsoft").context["form"].fields


def test_r14_the_form_of_a_vap_says_that_arxus_does_not_write(vap_approved: TenantRequest, vera: User) -> None:
    page = str(Answers(vap_approved, vera).forms["existing"].helper.layout.fields[1].fields[0].html)

    assert "Arxus does not write to them" in page


def test_t10_mallory_sees_nothing_of_it(
    login: Callable[[User], Client], mallory: User, rival_customer: Company, connecting: TenantRequest
) -> None:
    hers = Browser(login(mallory), mallory, rival_customer)

    assert hers.get("step", connecting.public_id, "existing").status_code == 404
    assert hers.post("step", connecting.public_id, "existing", domain="evil.example").status_code == 404
    assert TenantRequest.objects.get().answers["existing"]["domain"] == DOMAIN


def test_r21_sending_keeps_what_was_asked_in_its_normal_form(at_bakery: Browser, connecting: TenantRequest) -> None:
    answer = at_bakery.send(connecting.public_id, naming="on", authority="on")

    sent = TenantRequest.objects.get()
    assert (answer.status_code, sent.status, sent.name_key, sent.wanted) == (302, "to_validate", DOMAIN, DOMAIN)
    assert "greta@bakkerijdesmet.example" in sent.submissions.get().emails
    page = text(at_bakery.get("request", sent.public_id))
    assert f"{DOMAIN} With Arxus: being checked" in page
    assert "Greta Vos greta@bakkerijdesmet.example · French" in page


def test_r15_naming_speaks_of_the_signatory_alone(connecting: TenantRequest, alice: User) -> None:
    sent = workflow.submit(connecting, by=alice, sent=ALL_TICKED)

    naming = sent.statements.get(kind="naming")
    assert list(naming.subject) == ["signatory"]
    assert naming.text.startswith("Nordwave IT bv may name An De Smet to Microsoft for Bakkerij De Smet bv")


# R23: one request or tenant per domain and per tenant id


def refused(draft: TenantRequest, by: User) -> str:
    with pytest.raises(sending.Incomplete) as caught:
        workflow.submit(draft, by=by, sent=ALL_TICKED)
    return str(caught.value)


@pytest.mark.parametrize("second", [{"domain": "WWW.BakkerijDeSmet.example"}, {"domain": "", "tenant_id": TENANT_ID}])
def test_r23_a_partner_asks_once_for_a_domain_or_a_tenant_id(
    customer: Company, alice: User, theo: Contact, an: Contact, second: dict[str, str]
) -> None:
    first = onboard(customer, alice, theo, an, tenant_id=TENANT_ID)
    workflow.submit(first, by=alice, sent=ALL_TICKED)

    said = refused(onboard(customer, alice, theo, an, **second), alice)

    assert said.startswith(f"{first.number} asks for bakkerijdesmet.example already, for Bakkerij De Smet bv.")


def test_r23_a_registered_tenant_is_not_asked_for_again(
    registered: TenantRequest, customer: Company, alice: User, theo: Contact, an: Contact
) -> None:
    by_domain = onboard(customer, alice, theo, an, domain="bakkerijdesmet.onmicrosoft.com")
    by_id = onboard(customer, alice, theo, an, domain="", tenant_id="3f9a1c52-0000-4000-8000-0000b7d04e00")

    assert registered.number in refused(by_domain, alice)
    assert registered.number in refused(by_id, alice)


@pytest.mark.parametrize("taken", [False, True])
def test_r23_everybody_reads_that_arxus_checks_whether_the_tenant_is_free(
    connecting: TenantRequest,
    login: Callable[[User], Client],
    alice: User,
    mallory: User,
    rival_customer: Company,
    taken: bool,
) -> None:
    one, two = (
        make_contact(rival_customer, name, "Roy", f"{name}@rival.example", job_title="boss") for name in ("ann", "tim")
    )
    if taken:
        workflow.submit(onboard(rival_customer, mallory, one, two), by=mallory, sent=ALL_TICKED)

    page = text(Browser(login(alice), alice, connecting.company).get("step", connecting.public_id, "existing"))

    assert page.count("Arxus looks the tenant up at Microsoft, and checks whether it is free.") == 1


def test_r23_another_partners_clash_shows_to_staff_alone(
    connecting: TenantRequest, alice: User, mallory: User, rival_customer: Company
) -> None:
    mine = workflow.submit(connecting, by=alice, sent=ALL_TICKED)
    one, two = (
        make_contact(rival_customer, first, "Roy", f"{first}@rival.example".lower(), job_title="boss")
        for first in ("Ann", "Tim")
    )

    theirs = workflow.submit(
        onboard(rival_customer, mallory, one, two, domain=DOMAIN.upper()), by=mallory, sent=ALL_TICKED
    )

    found = theirs.checks.get(kind="name")
    assert (theirs.status, found.result) == (Status.TO_VALIDATE, "problem")
    assert found.sentence == f"{mine.number} of Nordwave IT bv is about this tenant too."


# Checks


def test_whether_domain_and_id_agree_could_not_be_checked_yet(
    customer: Company, alice: User, theo: Contact, an: Contact, sam: User
) -> None:
    draft = onboard(customer, alice, theo, an, tenant_id=TENANT_ID)
    sent = assignment.take(workflow.submit(draft, by=alice, sent=ALL_TICKED), by=sam)

    found = sent.checks.get(kind="agreeing")
    assert (found.result, found.lets_through) == ("unknown", False)
    acts.override(sent, "agreeing", by=sam, reason="Looked up in the Partner Center.", seen=found.fingerprint)
    found.refresh_from_db()
    assert found.lets_through


def test_with_one_of_them_there_is_nothing_to_agree(
    connecting: TenantRequest, draft: TenantRequest, alice: User
) -> None:
    sent = workflow.submit(connecting, by=alice, sent=ALL_TICKED)
    other = workflow.submit(draft, by=alice, sent=ALL_TICKED)

    assert sent.checks.get(kind="agreeing").result == "passed"
    assert not other.checks.filter(kind="agreeing").exists()


# Staff


def test_staff_find_it_by_domain_and_tenant_id(customer: Company, alice: User, theo: Contact, an: Contact) -> None:
    draft = onboard(customer, alice, theo, an, domain="élan.example", tenant_id=TENANT_ID)
    sent = workflow.submit(draft, by=alice, sent=ALL_TICKED)

    for words in ("élan.example", "https://www.ÉLAN.example/", "xn--lan-9la", TENANT_ID, TENANT_ID.upper()):
        assert list(queue.find(queue.rows(), words)) == [sent]
    assert not queue.find(queue.rows(), "6f9a1c52-0000-4000-8000-0000b7d04e11")


def test_remarks_speak_of_what_was_asked(approved: TenantRequest, registering: TenantRequest) -> None:
    def keys(tenant_request: TenantRequest) -> list[str]:
        groups = fields_to_remark(tenant_request.submissions.get())
        return [key for _title, fields in groups if isinstance(fields, list) for key, _label in fields]

    assert {"existing.domain", "existing.supplier"} <= set(keys(approved))
    assert not [key for key in keys(approved) if key.startswith(("tenant.", "microsoft.primary"))]
    assert not [key for key in keys(registering) if key.startswith("existing.")]


def register_form(tenant_request: TenantRequest, **typed: Any) -> RegisterForm:
    data = {"agreement": "done", "tenant_id": TENANT_ID, "domain": DOMAIN} | typed
    return RegisterForm(data, tenant_request=tenant_request, sent=tenant_request.submissions.get())


def test_registering_asks_no_first_login_and_warns_of_another_domain(approved: TenantRequest) -> None:
    right, other = register_form(approved), register_form(approved, domain="other.example")

    assert right.is_valid(), right.errors
    assert (right.said()["tenant"].domain, right.said()["tenant"].first_login) == (DOMAIN, "")
    assert list(other.errors) == ["domain_confirmed"]
    assert register_form(approved, domain="other.example", domain_confirmed="other.example").is_valid()


def test_registering_warns_of_another_tenant_id_than_the_partner_gave(
    customer: Company,
    alice: User,
    theo: Contact,
    an: Contact,
) -> None:
    sent = workflow.submit(onboard(customer, alice, theo, an, tenant_id=TENANT_ID), by=alice, sent=ALL_TICKED)
    empty = RegisterForm(None, tenant_request=sent, sent=sent.submissions.get())
    other = "8f9a1c52-0000-4000-8000-0000b7d04e11"

    assert empty.initial["tenant_id"] == TENANT_ID
    assert list(register_form(sent, tenant_id=other).errors) == ["tenant_id_confirmed"]
    assert register_form(sent, tenant_id=other, tenant_id_confirmed=other).is_valid()
    assert register_form(sent).is_valid()


def test_r50_registering_gives_access_and_tells_everybody(invited: TenantRequest, sam: User) -> None:
    tenant = made_at_microsoft(domain=DOMAIN, tenant_id=TENANT_ID, first_login="")

    mails = heard(lambda: workflow.register(invited, by=sam, version=1, tenant=tenant))

    assert told(mails) == {
        ("theo.lambert@bakkerijdesmet.example", "credentials"),
        ("an@bakkerijdesmet.example", "registered"),
        ("alice@nordwave.example", "registered_owner"),
        ("greta@bakkerijdesmet.example", "named"),
    }
    assert "Bij Microsoft meldt u zich aan zoals voorheen." in readable(mails["theo.lambert@bakkerijdesmet.example"])
    assert "le tenant est ainsi rattaché" in readable(mails["greta@bakkerijdesmet.example"])
    done = TenantRequest.objects.get(pk=invited.pk)
    assert (done.status, done.waits_for, done.days_left, str(done.wanted_id)) == (
        "registered",
        "arxus",
        None,
        TENANT_ID,
    )
    assert Tenant.objects.get().domain == DOMAIN


# The words of its mails


def test_r41_the_confirmation_speaks_of_an_existing_tenant(connecting: TenantRequest, alice: User) -> None:
    mails = heard(lambda: workflow.submit(connecting, by=alice, sent=ALL_TICKED))

    theo, an = mails["theo.lambert@bakkerijdesmet.example"], mails["an@bakkerijdesmet.example"]
    assert theo.subject.startswith("Nordwave IT bv sluit een Microsoft-tenant aan: TR-")
    assert "de aanvraag om een bestaande Microsoft-tenant, bakkerijdesmet.example, aan te sluiten" in readable(theo)
    assert "la demande de rattachement d’un tenant Microsoft existant, bakkerijdesmet.example," in readable(an)
    owner = readable(mails["alice@nordwave.example"])
    assert "the request to connect an existing Microsoft tenant, bakkerijdesmet.example, for Bakkerij" in owner
    assert "Global Administrator Greta Vos greta@bakkerijdesmet.example French" in owner
    assert "new Microsoft tenant" not in owner


@pytest.mark.parametrize("language", ["nl", "fr", "en"])
def test_r41_every_mail_of_its_life_can_be_read(approved: TenantRequest, alice: User, sam: User, language: str) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)
    words = {
        "nl": "bestaande Microsoft-tenant",
        "fr": "tenant Microsoft existant",
        "en": "an existing Microsoft tenant",
    }
    fresh = TenantRequest.objects.get(pk=approved.pk)

    mails = heard(lambda: workflow.reject(fresh, by=sam, version=1, comment="No."))

    assert words[language] in readable(mails["alice@nordwave.example"])


def test_the_next_request_starts_with_the_last_of_its_kind(
    approved: TenantRequest, customer: Company, alice: User
) -> None:
    again = drafts.start(customer, by=alice, kind=Kind.ONBOARD)
    create = drafts.start(customer, by=alice)

    assert again.answers["last_time"]["existing"]["admin_email"] == "greta@bakkerijdesmet.example"
    assert not {"domain", "tenant_id"} & again.answers["last_time"]["existing"].keys()
    assert create.answers == {
        "last_time": {slug: approved.answers[slug] for slug in ("contacts", "microsoft")},
    }


def test_what_both_kinds_ask_is_taken_from_the_last_one_of_either(
    approved: TenantRequest, customer: Company, alice: User, theo: Contact, an: Contact
) -> None:
    create, answers = drafts.start(customer, by=alice), answers_for(customer, theo, an)
    for slug, typed in answers.items():
        drafts.keep_step(create, slug, typed)
    names = {"signatory_first_name": "Zoë", "primary_first_name": "Paul"}
    drafts.keep_step(create, "microsoft", answers["microsoft"] | names)
    TenantRequest.objects.filter(pk=create.pk).update(status="withdrawn", version=1, sent_at=timezone.now())

    onboard = drafts.start(customer, by=alice, kind=Kind.ONBOARD).answers["last_time"]
    TenantRequest.objects.filter(pk=approved.pk).update(sent_at=timezone.now())
    again = drafts.start(customer, by=alice).answers["last_time"]

    assert onboard["microsoft"]["signatory_first_name"] == "Zoë"
    assert "primary_first_name" not in onboard["microsoft"]
    assert onboard["existing"]["admin_email"] == "greta@bakkerijdesmet.example"
    assert again["microsoft"]["primary_first_name"] == "Paul"
    assert again["microsoft"]["signatory_first_name"] == approved.answers["microsoft"]["signatory_first_name"]
    assert "tenant_name" not in again["tenant"]


def test_the_summary_says_every_answer(approved: TenantRequest) -> None:
    rows = {
        row.label: row.lines for section in summary.sections(approved.submissions.get().data) for row in section.rows
    }

    assert rows["Domain of the tenant"] == (DOMAIN,)
    assert rows["Present supplier"] == ("Another supplier",)
    assert rows["Subscriptions to be moved"] == ("I don’t know",)
    assert "Primary contact at Microsoft" not in rows
    assert checks.CHECKS["name"].title == "Tenant name or domain"
    assert OutgoingEmail.objects.filter(template="approved").count() == 1

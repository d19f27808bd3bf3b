"""Stock remarks: who keeps them, what they may say, and that picking one fills in a form and does nothing else."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from contacts.models import User
from notifications.models import OutgoingEmail
from tenants.models import StockRemark, Submission, TenantRequest
from tenants.remark_fields import remark_fields
from tenants.review import stock
from tenants.tests.hostile import HOSTILE
from tenants.tests.test_admin import TYPED, address, decide, show
from tenants.tests.test_announcements import readable
from tenants.transitions import Verb

LIST, ADD = (reverse(f"admin:tenants_stockremark_{name}") for name in ("changelist", "add"))
TEMPLATES = "{{7*7}} {% debug %} {0.__class__} %(x)s {{customer}} {two words} $x [[access_link]]"


def make(title: str = "Name taken", field: str = "tenant.tenant_name", text: str = "", **more: Any) -> StockRemark:
    texts = {f"text_{code}": text or f"{word} {{tenant}}" for code, word in _WORDS.items()}
    return StockRemark.objects.create(title=title, field=field, **texts, **more)


_WORDS = {"en": "Taken:", "nl": "Bezet:", "fr": "Déjà pris :"}


def typed(**more: Any) -> dict[str, Any]:
    texts = {f"text_{code}": f"{word} {{tenant}}" for code, word in _WORDS.items()}
    return {"title": "Name taken", "field": "tenant.tenant_name", "position": "0", "active": "on"} | texts | more


@pytest.fixture
def of_sam(login: Callable[[User], Client], sam: User) -> Client:
    return login(sam)


@pytest.fixture
def of_kim(login: Callable[[User], Client], kim: User) -> Client:
    return login(kim)


def use(
    client: Client, found: TenantRequest, row: StockRemark | str, verb: str = Verb.REQUEST_CHANGES, **more: str
) -> Any:
    """Press the button that fills in a stock remark, with this typed so far."""
    picked = row if isinstance(row, str) else str(row.pk)
    return client.post(address("decide", found, verb), {"stock": picked, "use": "yes"} | more)


def rows_of(page: Any) -> list[tuple[str, str, str]]:
    forms = page.context["form"].remarks.forms
    return [tuple(row[name].value() or "" for name in ("field", "text", "suggestion")) for row in forms]


# Keeping them


def test_a_lead_keeps_stock_remarks(of_kim: Client) -> None:
    assert of_kim.post(ADD, typed()).status_code == 302
    row = StockRemark.objects.get()
    changed = of_kim.post(reverse("admin:tenants_stockremark_change", args=[row.pk]), typed(active="", title="Taken"))

    row.refresh_from_db()
    assert (changed.status_code, row.title, row.active, row.text("nl")) == (302, "Taken", False, "Bezet: {tenant}")
    assert "Tenant name" in of_kim.get(LIST).text


def test_a_validator_reads_stock_remarks_and_changes_nothing(of_sam: Client) -> None:
    row = make()
    change = reverse("admin:tenants_stockremark_change", args=[row.pk])

    read = [of_sam.get(path).status_code for path in (LIST, change)]
    written = [of_sam.post(path, typed(title="x")).status_code for path in (ADD, change)]

    assert (read, written) == ([200, 200], [403, 403])
    assert list(StockRemark.objects.values_list("title", flat=True)) == ["Name taken"]


def test_nobody_deletes_a_stock_remark(login: Callable[[User], Client], of_kim: Client, db: None) -> None:
    row = make()
    root = User.objects.create_user("root@arxus.example", "x", is_staff=True, is_superuser=True)
    delete = reverse("admin:tenants_stockremark_delete", args=[row.pk])

    answers = [client.post(delete, {"post": "yes"}).status_code for client in (of_kim, login(root))]

    assert (answers, StockRemark.objects.count()) == ([403, 403], 1)


def test_strangers_and_other_staff_have_no_stock_remarks(
    login: Callable[[User], Client], alice: User, mallory: User
) -> None:
    desk = User.objects.create_user("desk@arxus.example", "x", is_staff=True)

    answers = [client.get(LIST).status_code for client in (Client(), login(alice), login(mallory), login(desk))]

    assert 200 not in answers
    assert answers[-1] == 403


@pytest.mark.parametrize("missing", ["text_en", "text_nl", "text_fr", "title"])
def test_a_stock_remark_has_every_language(of_kim: Client, missing: str) -> None:
    page = of_kim.post(ADD, typed(**{missing: "  "}))

    assert list(page.context["adminform"].form.errors) == [missing]
    assert StockRemark.objects.count() == 0


def test_the_database_refuses_a_language_left_out(db: None) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        StockRemark.objects.create(title="x", text_en="x", text_nl="x")


def test_a_stock_remark_is_no_longer_than_a_remark(of_kim: Client) -> None:
    page = of_kim.post(ADD, typed(text_nl="x" * 1001))

    assert page.context["adminform"].form.errors["text_nl"] == ["1000 characters at most; this has 1001."]


@pytest.mark.parametrize("text", ["Dear {klant},", "{ customer }", "{Customer}", "{number} {nummer}", "{__class__}"])
def test_t73_an_unknown_placeholder_is_refused_with_those_that_there_are(of_kim: Client, text: str) -> None:
    page = of_kim.post(ADD, typed(text_nl=text))

    (sentence,) = page.context["adminform"].form.errors["text_nl"]
    assert sentence.endswith("stands for nothing. These do: {customer}, {tenant}, {number}.")


def test_t73_what_only_looks_like_a_template_is_text(of_kim: Client) -> None:
    of_kim.post(ADD, typed(text_fr=TEMPLATES))

    assert StockRemark.objects.get().text_fr == TEMPLATES
    with pytest.raises(ValidationError):
        stock.refuse_unknown_placeholders(f"{TEMPLATES} {{name}}")


@pytest.mark.parametrize("value", HOSTILE, ids=range(len(HOSTILE)))
def test_t38_no_hostile_stock_remark_answers_500(of_kim: Client, value: str) -> None:
    answers = [of_kim.post(ADD, dict.fromkeys(typed(), value)), of_kim.post(ADD, typed(title=value, text_en=value))]

    assert {answer.status_code for answer in answers} <= {200, 302}
    assert of_kim.get(LIST, {"q": value}).status_code == 200


def test_the_pages_of_stock_remarks_ask_few_questions(of_kim: Client, django_assert_max_num_queries: Any) -> None:
    rows = [make(f"Remark {n}") for n in range(50)]

    for path in (LIST, reverse("admin:tenants_stockremark_change", args=[rows[0].pk])):
        with django_assert_max_num_queries(15):
            of_kim.get(path)


# Picking one


@pytest.mark.parametrize("language", ["en", "nl", "fr"])
def test_a_stock_remark_is_filled_in_in_the_readers_language(
    taken: TenantRequest, of_sam: Client, alice: User, language: str
) -> None:
    User.objects.filter(pk=alice.pk).update(language=language)

    page = use(of_sam, taken, make())

    text = f"{_WORDS[language]} bakkerijdesmet"
    assert rows_of(page) == [("tenant.tenant_name", text, ""), ("", "", ""), ("", "", "")]
    assert page.context["form"].picker["stock"].value() is None


def test_picking_keeps_what_was_typed_and_decides_nothing(taken: TenantRequest, of_sam: Client) -> None:
    OutgoingEmail.objects.all().delete()
    before = taken.history.count()
    so_far = TYPED[Verb.REQUEST_CHANGES] | {"comment": "Nearly there.", "remarks-1-suggestion": "x y"}

    page = use(of_sam, taken, make(), **so_far)

    assert rows_of(page)[:3] == [
        ("tenant.tenant_name", "Too close to another one.", "desmetaalst"),
        ("", "", "x y"),
        ("tenant.tenant_name", "Taken: bakkerijdesmet", ""),
    ]
    assert "Nearly there." in page.text
    assert "is-invalid" not in page.text
    assert (OutgoingEmail.objects.count(), taken.remarks.count(), taken.history.count()) == (0, 0, before)


def test_a_field_chosen_before_keeps_its_row(taken: TenantRequest, of_sam: Client) -> None:
    so_far = {"remarks-0-field": "contacts.technical", "remarks-1-field": "tenant.tenant_name"}

    page = use(of_sam, taken, make(), **so_far | {"remarks-1-suggestion": "desmet"})

    assert rows_of(page)[:2] == [
        ("contacts.technical", "", ""),
        ("tenant.tenant_name", "Taken: bakkerijdesmet", "desmet"),
    ]


def test_r41_what_is_sent_is_what_the_reviewer_made_of_it(taken: TenantRequest, of_sam: Client) -> None:
    field, text, _suggestion = rows_of(use(of_sam, taken, make()))[0]
    edited = {"remarks-0-field": field, "remarks-0-text": f"{text}, truly.", "remarks-0-suggestion": ""}

    decide(of_sam, taken, Verb.REQUEST_CHANGES, **edited)

    assert [(row.field, row.text) for row in taken.remarks.all()] == [(field, "Taken: bakkerijdesmet, truly.")]


def test_a_remark_that_was_filled_in_can_be_emptied_again(taken: TenantRequest, of_sam: Client) -> None:
    emptied = {"remarks-TOTAL_FORMS": "3", "remarks-INITIAL_FORMS": "1", "remarks-1-text": "Look again."}
    emptied |= dict.fromkeys((f"remarks-0-{name}" for name in ("field", "text", "suggestion")), "")

    decide(of_sam, taken, Verb.REQUEST_CHANGES, **emptied)

    assert [row.text for row in taken.remarks.all()] == ["Look again."]


def test_a_reason_to_reject_is_added_to_what_was_typed(taken: TenantRequest, of_sam: Client) -> None:
    row = make("Unknown", field="rejection", text="{customer} knows nothing of {number}.")

    page = use(of_sam, taken, row, Verb.REJECT, comment="Sorry.")

    assert page.context["form"]["comment"].value() == f"Sorry.\nBakkerij De Smet bv knows nothing of {taken.number}."


def test_only_what_fits_the_request_and_is_active_is_offered(taken: TenantRequest, of_sam: Client) -> None:
    make("Archived", active=False)
    make("Other kind", field="existing.domain")
    make("Whole", field="")
    make("Rejected", field="rejection")
    make("Name")

    page = of_sam.get(address("decide", taken, "request_changes"))
    reject = of_sam.get(address("decide", taken, "reject"))

    titles = [[row.title for row in answer.context["form"].picker.offered.values()] for answer in (page, reject)]
    assert titles == [["Name", "Whole"], ["Rejected"]]


def test_without_stock_remarks_nothing_is_offered(taken: TenantRequest, of_sam: Client) -> None:
    assert 'name="use"' not in of_sam.get(address("decide", taken, "request_changes")).text


@pytest.mark.parametrize("picked", ["", "0", "x", "1'", "\x00", "9" * 30])
@pytest.mark.parametrize("verb", [Verb.REQUEST_CHANGES, Verb.REJECT])
def test_picking_nothing_or_what_is_not_offered_says_so(
    taken: TenantRequest, of_sam: Client, verb: str, picked: str
) -> None:
    make()
    make("Whole", field="")
    make("Rejected", field="rejection")

    page = use(of_sam, taken, picked, verb, comment="Nearly there.")

    assert page.status_code == 200
    assert page.text.count("<title>Error: ") == 1
    assert "Nearly there." in page.text
    assert page.context["form"].picker.errors["stock"]


def test_with_every_remark_written_there_is_no_room(taken: TenantRequest, of_sam: Client) -> None:
    page = use(of_sam, taken, make(), **{f"remarks-{n}-text": f"Remark {n}." for n in range(20)})

    assert page.context["form"].picker.errors["stock"] == ["There is no empty remark left to fill in."]
    assert [text for _field, text, _value in rows_of(page)] == [f"Remark {n}." for n in range(20)]


def test_only_who_decides_picks(taken: TenantRequest, login: Callable[[User], Client], alice: User, kim: User) -> None:
    row = make()
    desk = User.objects.create_user("desk@arxus.example", "x", is_staff=True)

    assert [use(login(user), taken, row).status_code for user in (desk, alice)] == [403, 302]
    assert "Taken: bakkerijdesmet" not in use(login(kim), taken, row).text


def test_the_page_of_a_decision_asks_few_questions(
    taken: TenantRequest, of_sam: Client, django_assert_max_num_queries: Any
) -> None:
    for n in range(50):
        make(f"Remark {n}", field=("", "tenant.tenant_name")[n % 2])
    row = StockRemark.objects.latest("pk")

    for verb in (Verb.REQUEST_CHANGES, Verb.REJECT):
        with django_assert_max_num_queries(15):
            of_sam.get(address("decide", taken, verb))
    with django_assert_max_num_queries(15):
        use(of_sam, taken, row)


# What it says is text


def test_t73_a_stock_text_is_printed_literally_in_page_and_mail(
    taken: TenantRequest, of_sam: Client, login: Callable[[User], Client], alice: User
) -> None:
    OutgoingEmail.objects.all().delete()
    page = use(of_sam, taken, make(text=TEMPLATES))
    assert rows_of(page)[0][1] == TEMPLATES

    decide(of_sam, taken, Verb.REQUEST_CHANGES, **{"remarks-0-text": rows_of(page)[0][1]})

    mail = OutgoingEmail.objects.get(template="changes_requested")
    literal = TEMPLATES.removesuffix(" [[access_link]]")
    assert literal in readable(mail)
    assert escape(literal) in mail.html.replace("\u200b", "")
    assert "[[access_link]]" not in mail.text + mail.html
    assert escape(literal) in login(alice).post(f"/r/{taken.public_id}/", follow=True).text


def test_t73_words_of_a_partner_are_never_taken_for_placeholders(taken: TenantRequest, of_sam: Client) -> None:
    data = taken.submissions.get().data
    data["customer"]["legal_name"] = "{number} {{7*7}} %(x)s"
    Submission.objects.filter(tenant_request=taken).update(data=data)

    page = use(of_sam, taken, make(text="{customer}: {tenant}"))

    assert rows_of(page)[0][1] == "{number} {{7*7}} %(x)s: bakkerijdesmet"


def test_r18_an_address_in_a_stock_text_becomes_no_link(taken: TenantRequest, of_sam: Client) -> None:
    page = use(of_sam, taken, make(text="See https://evil.example/x or www.evil.example or a@evil.example"))

    shown = show(of_sam, taken, Verb.REQUEST_CHANGES, **{"remarks-0-text": rows_of(page)[0][1]})

    (mail,) = shown.context["draft"].mails
    assert "evil.example" not in mail.text + mail.html
    assert "evil" in mail.html


# The demo


def test_the_demo_has_stock_remarks_that_its_own_form_accepts(db: None) -> None:
    call_command("seed_demo")
    call_command("seed_demo")

    rows = list(StockRemark.objects.all())
    assert len({row.title for row in rows}) == len(rows) == 8
    assert {row.field for row in rows} <= dict(remark_fields()).keys()
    for row in rows:
        texts = [row.text(language) for language in ("en", "nl", "fr")]
        assert [stock.refuse_unknown_placeholders(text) for text in texts] == texts
        assert len(set(texts)) == 3


@pytest.mark.parametrize("field", ["title", "text_en", "text_nl", "text_fr"])
def test_r42_a_stock_remark_holds_no_password(of_kim: Client, field: str) -> None:
    answer = of_kim.post(ADD, typed(**{field: "Password: Welkom01!"}))

    assert "This looks like a password" in answer.text
    assert not StockRemark.objects.exists()


def test_what_asks_for_an_answer_is_not_offered_for_a_rejection(taken: TenantRequest, of_sam: Client) -> None:
    asks, ends = make("Unsure", field=""), make("Unknown", field="rejection")

    offered = {
        verb: set(of_sam.get(address("decide", taken, verb)).context["form"].picker.offered)
        for verb in (Verb.REJECT, Verb.REQUEST_CHANGES)
    }

    assert offered == {Verb.REJECT: {str(ends.pk)}, Verb.REQUEST_CHANGES: {str(asks.pk)}}


def test_a_lead_reads_what_is_wrong_with_a_stock_remark(of_kim: Client) -> None:
    page = of_kim.post(ADD, typed(title=""))

    assert "One thing to correct" in page.text
    assert "<title>Error:" in page.text
    assert "Please correct" not in page.text

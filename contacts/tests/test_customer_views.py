import threading
from collections.abc import Callable

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection

from conftest import make_company, make_contact
from contacts.customer_forms import CustomerForm, missing_details
from contacts.models import Company, User
from contacts.tests.conftest import Browser

Browse = Callable[[User], Browser]
DETAILS = {
    "country": "BE",
    "enterprise_number": "0417.497.106",
    "legal_name": "Garage Lambrecht nv",
    "street": "Dorpsstraat 1",
    "box": "",
    "postal_code": "9300",
    "town": "Aalst",
    "phone": "053 00 00 20",
    "industry": "retail",
    "microsoft_language": "nl",
    "relation": "reseller",
    "email_domains": "",
}


def test_adding_a_customer_walks_from_number_to_switch(alice: User, nordwave: Company, browse: Browse) -> None:
    browser = browse(alice)

    details = browser.get("/customers/new/", {"country": "BE", "enterprise_number": "BE 0417.497.106"})
    added = browser.send("/customers/new/", DETAILS)
    done = browser.get(added["Location"])
    company = Company.objects.get(legal_name="Garage Lambrecht nv")
    switched = browser.post("/switch/", {"company": str(company.public_id)})

    assert details.context["form"]["enterprise_number"].value() == "BE0417497106"
    assert f'value="{company.public_id}"' in done.text
    assert "Continue as Garage Lambrecht nv" in done.text
    assert switched["Location"] == "/"
    assert (company.partner, company.kind, company.relation, company.created_by) == (
        nordwave,
        "customer",
        "reseller",
        alice,
    )
    assert (company.enterprise_number, str(company.phone), company.sort_name) == (
        "BE0417497106",
        "+3253000020",
        "garage lambrecht nv",
    )


def test_r05_adding_a_customer_is_written_down(alice: User, browse: Browse) -> None:
    browse(alice).send("/customers/new/", DETAILS)

    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_repr, entry.get_change_message()) == (
        alice,
        "Garage Lambrecht nv",
        "For Nordwave IT bv. Added.",
    )


def test_a_known_number_offers_to_work_for_the_customer(alice: User, customer: Company, browse: Browse) -> None:
    browser = browse(alice)

    looked_up = browser.get("/customers/new/", {"country": "BE", "enterprise_number": "0404.616.494"})
    sent = browser.send("/customers/new/", DETAILS | {"enterprise_number": "404616494"})

    for page in (looked_up, sent):
        assert "Bakkerij De Smet bv is your customer already" in page.text
        assert f'value="{customer.public_id}"' in page.text
    assert Company.objects.filter(kind="customer").count() == 1


def test_t17_a_rivals_customer_changes_nothing(alice: User, rival_customer: Company, browse: Browse) -> None:
    browser = browse(alice)
    rivals = {"country": "BE", "enterprise_number": "0404.616.494"}
    fresh = {"country": "BE", "enterprise_number": "0417.497.106"}

    one, other = (browser.get("/customers/new/", data) for data in (rivals, fresh))
    added = browser.send("/customers/new/", DETAILS | rivals)

    assert one.status_code == other.status_code == 200
    assert one.text.replace("BE0404616494", "BE0417497106") == other.text.replace(
        str(other.context["csrf_token"]), str(one.context["csrf_token"])
    )
    assert added.status_code == 302
    assert "MARKER" not in browser.get(added["Location"]).text


@pytest.mark.django_db(transaction=True)
def test_the_same_customer_added_twice_at_once_is_there_once(alice: User, nordwave: Company) -> None:
    barrier, outcomes = threading.Barrier(2), []

    def add() -> None:
        form = CustomerForm(DETAILS, partner=nordwave)
        assert form.is_valid()
        barrier.wait()
        outcomes.append((form.store(by=alice), form.errors))
        connection.close()

    threads = [threading.Thread(target=add) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    stored = [errors for company, errors in outcomes if company]
    refused = [errors for company, errors in outcomes if not company]
    assert (len(stored), len(refused)) == (1, 1)
    assert refused[0] == {"enterprise_number": ["Garage Lambrecht nv is your customer already, with this number."]}


def test_a_value_add_partners_customer_needs_domains(alice: User, browse: Browse) -> None:
    page = browse(alice).send("/customers/new/", DETAILS | {"relation": "vap"})

    assert list(page.context["form"].errors) == ["email_domains"]


@pytest.mark.parametrize("domains", ["gmail.com", "nonsense", "garage.example, telenet.be", "a@b", "\0", "x" * 2000])
def test_domains_of_a_customer_are_its_own(alice: User, browse: Browse, domains: str) -> None:
    page = browse(alice).send("/customers/new/", DETAILS | {"email_domains": domains})

    assert list(page.context["form"].errors) == ["email_domains"]


def test_domains_of_a_customer_are_kept_in_ascii(alice: User, browse: Browse) -> None:
    browse(alice).send("/customers/new/", DETAILS | {"relation": "vap", "email_domains": "Bäcker.example; @b.example"})

    assert Company.objects.get(relation="vap").email_domains == ["xn--bcker-gra.example", "b.example"]


def test_t24_a_form_takes_only_its_own_fields(
    alice: User, customer: Company, cloudhoek: Company, browse: Browse
) -> None:
    browser = browse(alice).work_for(customer)
    forged = {
        "relation": "vap",
        "kind": "partner",
        "partner": cloudhoek.pk,
        "tenant_configuration": "",
        "created_by": 1,
    }

    browser.send("/customer/edit/", DETAILS | forged | {"town": "Gent"})

    fresh = Company.objects.get(pk=customer.pk)
    assert (fresh.town, fresh.relation, fresh.kind, fresh.partner, fresh.tenant_configuration, fresh.created_by) == (
        "Gent",
        "reseller",
        "customer",
        customer.partner,
        True,
        None,
    )


def test_changing_details_names_who_and_what(alice: User, customer: Company, browse: Browse) -> None:
    browser = browse(alice).work_for(customer)
    same = {"enterprise_number": "0404.616.494", "legal_name": "Bakkerij De Smet bv", "street": "Molenstraat 14"}

    answer = browser.send("/customer/edit/", DETAILS | same | {"phone": "053 00 00 99"})

    assert answer["Location"] == "/customer/"
    assert LogEntry.objects.get().user == alice
    assert LogEntry.objects.get().get_change_message().startswith("For Bakkerij De Smet bv. Changed: ")
    assert str(Company.objects.get(pk=customer.pk).phone) == "+3253000099"


def test_the_own_number_is_no_clash(alice: User, customer: Company, other_customer: Company, browse: Browse) -> None:
    browser = browse(alice).work_for(customer)

    kept = browser.send("/customer/edit/", DETAILS | {"enterprise_number": "0404616494"})
    clash = browser.send("/customer/edit/", DETAILS | {"enterprise_number": "0417497106"})

    assert kept.status_code == 302
    assert list(clash.context["form"].errors) == ["enterprise_number"]


# --- Search


def names(page: object) -> list[str]:
    return [str(company) for company in page.context["page"].rows]


@pytest.mark.parametrize("query", ["smet", "Bakkerij", "0404.616", "BE0404616494", "  SMET "])
def test_customers_are_found_by_name_or_number(
    alice: User, customer: Company, other_customer: Company, browse: Browse, query: str
) -> None:
    assert names(browse(alice).get("/customers/", {"q": query})) == ["Bakkerij De Smet bv"]


def test_customers_are_found_without_accents(alice: User, nordwave: Company, browse: Browse) -> None:
    make_company("Café Élan", "BE0417497106", partner=nordwave)

    assert names(browse(alice).get("/customers/?q=cafe elan")) == ["Café Élan"]


def test_customers_are_filtered_by_relation(alice: User, customer: Company, nordwave: Company, browse: Browse) -> None:
    make_company("Only Through Us", "BE0417497106", partner=nordwave, relation="vap")

    assert names(browse(alice).get("/customers/?relation=vap")) == ["Only Through Us"]
    assert names(browse(alice).get("/customers/?relation=nonsense")) == ["Bakkerij De Smet bv", "Only Through Us"]


@pytest.mark.parametrize("query", ["\0", "%", "_", "'", "x" * 10_000, "\u202e", "😀"])
def test_any_search_gets_an_answer(alice: User, customer: Company, browse: Browse, query: str) -> None:
    assert browse(alice).get("/customers/", {"q": query}).status_code == 200


def test_pages_keep_the_search_and_lead_through_all_rows(alice: User, nordwave: Company, browse: Browse) -> None:
    for number in range(60):
        make_company(f"Shop {number:02}", f"NL{number:08}", partner=nordwave)
    make_company("Other", "NL99999999", partner=nordwave)
    browser = browse(alice)

    first = browser.get("/customers/?q=shop")
    second = browser.get("/customers/", {"q": "shop", "after": first.context["page"].after})
    third = browser.get("/customers/", {"q": "shop", "after": second.context["page"].after})
    back = browser.get("/customers/", {"q": "shop", "before": second.context["page"].before})

    assert names(first) + names(second) + names(third) == [f"Shop {number:02}" for number in range(60)]
    assert names(back) == names(first)
    assert "?q=shop&amp;after=" in first.text
    assert (third.context["page"].after, first.context["page"].before) == ("", "")


@pytest.mark.parametrize("cursor", ["nonsense", "W10", "WyJhIiwgImIiXQ", "é", "\0", "WyJcdTAwMDAiLCAiMSJd"])
def test_a_forged_cursor_leads_to_the_first_page(alice: User, customer: Company, browse: Browse, cursor: str) -> None:
    assert names(browse(alice).get("/customers/", {"after": cursor})) == ["Bakkerij De Smet bv"]


@pytest.mark.parametrize("count", [1, 50])
def test_the_list_of_customers_costs_the_same_for_1_and_50(
    alice: User, nordwave: Company, browse: Browse, count: int, django_assert_num_queries: Callable
) -> None:
    for number in range(count):
        make_company(f"Shop {number:02}", f"NL{number:08}", partner=nordwave)
    browser = browse(alice)

    with django_assert_num_queries(6):
        browser.get("/customers/")


@pytest.mark.parametrize("path", ["/customer/", "/customer/edit/", "/customers/new/", "/switch/"])
def test_no_page_of_customers_needs_more_than_8_queries(
    alice: User, customer: Company, browse: Browse, path: str, django_assert_max_num_queries: Callable
) -> None:
    browser = browse(alice).work_for(customer)

    with django_assert_max_num_queries(8):
        browser.get(path)


def test_the_list_leads_to_the_partners_own_contacts(alice: User, nordwave: Company, browse: Browse) -> None:
    page = browse(alice).get("/customers/")

    assert '<a href="/contacts/">Contacts of Nordwave IT bv itself</a>' in page.text


# --- Who may


WRITES = ["/customers/new/", "/customer/edit/"]


@pytest.mark.parametrize("path", WRITES)
def test_bob_reads_and_is_told_whom_to_ask(
    alice: User, bob: User, customer: Company, browse: Browse, path: str
) -> None:
    browser = browse(bob)
    if path == "/customer/edit/":
        browser.work_for(customer)

    for answer in (browser.get(path), browser.send(path, DETAILS)):
        assert answer.status_code == 403
        assert "alice@nordwave.example" in answer.text
    assert not Company.objects.filter(town="Gent").exists()


def test_t01_t12_mallory_sees_nothing_of_nordwaves_customer(
    mallory: User, customer: Company, rival_customer: Company, browse: Browse
) -> None:
    Company.objects.filter(pk=customer.pk).update(legal_name="MARKER bv", sort_name="marker bv", town="MARKERTOWN")
    Company.objects.filter(pk=rival_customer.pk).update(legal_name="Own bv", sort_name="own bv")
    make_contact(customer, "Theo", "MARKERSON", "marker@bakery.example")
    browser = browse(mallory)

    own = browser.work_for(rival_customer)
    pages = [own.get(path) for path in ("/customer/", "/customer/edit/", "/contacts/", "/contacts/?archived=1")]
    browser.work_for(mallory.memberships.get().company)
    pages += [
        browser.get(path)
        for path in (
            "/customers/",
            "/customers/?q=marker",
            "/switch/?q=marker",
            f"/customers/{customer.public_id}/added/",
            "/contacts/?q=marker",
            "/customers/new/?country=BE&enterprise_number=0404616494",
        )
    ]

    for page in pages:
        text = page.text.replace('value="marker"', "")
        assert "marker" not in text.casefold()
        assert str(customer.public_id) not in text
    assert pages[7].status_code == 404


def test_r01_customers_are_added_while_working_for_the_partner(alice: User, customer: Company, browse: Browse) -> None:
    browser = browse(alice).work_for(customer)

    page = browser.get("/customers/new/")
    sent = browser.send("/customers/new/", DETAILS)

    assert "Back to Nordwave IT bv" in page.text
    assert sent.status_code == 409
    assert not Company.objects.filter(legal_name="Garage Lambrecht nv").exists()


def test_r06_a_customers_own_user_finds_no_customer_management(alice: User, customer: Company, browse: Browse) -> None:
    alice.memberships.update(company=customer)
    browser = browse(alice)

    for path in ("/customers/", "/customer/", "/customer/edit/", "/contacts/", "/contacts/new/"):
        assert browser.get(path).status_code == 403


# --- What a request still needs


def test_details_that_are_all_there_lack_nothing(customer: Company) -> None:
    assert missing_details(customer) == []


def test_missing_details_are_named(customer: Company) -> None:
    customer.phone, customer.postal_code, customer.legal_name = "", "0300", "bv"

    missing = missing_details(customer)

    assert sorted(field for field, _label, _sentence in missing) == ["legal_name", "phone", "postal_code"]
    assert ("phone", "Phone number", "Fill this in.") in missing
    assert (customer.postal_code, customer.legal_name) == ("0300", "bv")

import re
from collections.abc import Callable
from io import BytesIO
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from contacts.models import Company, Group, Membership, User
from tenants import drafts
from tenants import export as spreadsheet
from tenants.models import TenantRequest
from tenants.tests.test_wizard import Browser

EXPORT = reverse("tenants:export")
XML = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
# T77: what a spreadsheet would take for a formula, a command or the start of a new cell.
EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "＋1", "－1", "＠A1"]
EVIL += ['x","=1+1', "a;=1+1", "https://evil.example", "\t=1"]


@pytest.fixture
def at_nordwave(login: Callable[[User], Client], alice: User, nordwave: Company) -> Browser:
    return Browser(login(alice), alice, nordwave)


def cells(response: Any) -> list[list[tuple[str, str]]]:
    """(type, value) of every cell, line by line; a formula has the type "formula"."""
    with ZipFile(BytesIO(response.content)) as file:
        sheet = ElementTree.fromstring(file.read("xl/worksheets/sheet1.xml"))  # noqa: S314 – our own file
        texts = ["".join(text.itertext()) for text in ElementTree.fromstring(file.read("xl/sharedStrings.xml"))]  # noqa: S314
        assert not [name for name in file.namelist() if "hyperlink" in name or "external" in name.lower()]
    assert sheet.find(f"{XML}hyperlinks") is None
    return [[_cell(cell, texts) for cell in row] for row in sheet.iter(f"{XML}row")]


def _cell(cell: Any, texts: list[str]) -> tuple[str, str]:
    if cell.find(f"{XML}f") is not None:
        return "formula", ""
    kind, value = cell.get("t", "n"), "".join(cell.itertext())
    return ("text", texts[int(value)]) if kind == "s" else (kind, value)


def test_the_list_is_downloaded_as_the_filter_shows_it(at_nordwave: Browser, sent: TenantRequest) -> None:
    drafts.start(sent.company, by=sent.owner)

    everything = cells(at_nordwave.client.get(EXPORT))
    checked = cells(at_nordwave.client.get(EXPORT, {"status": "to_validate"}))
    none = cells(at_nordwave.client.get(EXPORT, {"q": "no such name"}))

    assert (len(everything), len(checked), len(none)) == (3, 2, 1)
    assert [value for _type, value in checked[1]][:3] == [sent.number, "Bakkerij De Smet bv", "BE0404616494"]


def test_the_page_leads_to_the_file_with_its_own_filter(at_nordwave: Browser, sent: TenantRequest) -> None:
    page = at_nordwave.client.get(reverse("tenants:requests"), {"status": "to_validate", "q": sent.number})

    href = re.search(r'href="(/tenants/export/[^"]*)"', page.content.decode())
    assert href is not None
    assert href[1].replace("&amp;", "&") == f"{EXPORT}?status=to_validate&q={sent.number}"


@pytest.mark.parametrize("typed", EVIL)
def test_t77_what_somebody_typed_stays_text(at_nordwave: Browser, sent: TenantRequest, typed: str) -> None:
    Company.objects.filter(pk=sent.company_id).update(legal_name=typed)
    TenantRequest.objects.filter(pk=sent.pk).update(wanted=typed)

    line = cells(at_nordwave.client.get(EXPORT))[1]

    assert (line[1], line[4]) == (("text", typed), ("text", typed))
    assert "formula" not in [kind for kind, _value in line]


def test_t77_it_stays_text_when_the_file_is_opened_saved_and_opened_again(
    at_nordwave: Browser, sent: TenantRequest
) -> None:
    names = {}
    for number, typed in enumerate(EVIL):
        names[f"TR-26-T{number:04}"] = typed
        row = TenantRequest.objects.get(pk=sent.pk)
        row.pk, row.public_id, row.number, row.name_key = None, uuid4(), f"TR-26-T{number:04}", f"name{number}"
        row.wanted = typed
        row.save(force_insert=True)
    file = BytesIO(at_nordwave.client.get(EXPORT).content)

    opened = load_workbook(file)
    again = BytesIO()
    opened.save(again)
    reopened = load_workbook(again)

    for book in (opened, reopened):
        lines = {line[0].value: line for line in book.active.iter_rows(min_row=2)}
        assert {number: lines[number][4].value for number in names} == names
        assert {cell.data_type for line in lines.values() for cell in line} <= {"s", "n", "d"}


def test_times_are_belgian_and_real_dates(at_nordwave: Browser, sent: TenantRequest) -> None:
    TenantRequest.objects.filter(pk=sent.pk).update(sent_at="2026-07-01T22:30:00Z")

    kind, value = cells(at_nordwave.client.get(EXPORT))[1][9]

    # 2 July 2026, 0:30 in Brussels, as a spreadsheet counts: days since 30 December 1899.
    assert (kind, round(float(value), 5)) == ("n", round(46205 + 0.5 / 24, 5))


def test_t12_a_rival_and_a_customers_own_user_get_what_their_pages_show(
    login: Callable[[User], Client], sent: TenantRequest, mallory: User, django_user_model: type[User]
) -> None:
    drafts.start(sent.company, by=sent.owner)
    own = django_user_model.objects.create_user("it@bakkerijdesmet.example", "x", first_name="I", last_name="T")
    Membership.objects.create(user=own, company=sent.company, groups=[Group.TECHNICAL])

    rival = cells(login(mallory).get(EXPORT))
    customer = cells(login(own).get(EXPORT))

    assert len(rival) == 1
    assert [line[0][1] for line in customer[1:]] == [sent.number]


def test_a_list_that_nobody_reads_is_not_made(
    at_nordwave: Browser, sent: TenantRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spreadsheet, "MOST", 0)

    answer = at_nordwave.client.get(EXPORT, {"status": "all"})

    assert answer.url == f"{reverse('tenants:requests')}?status=all"


def test_the_file_is_a_private_attachment(at_nordwave: Browser, sent: TenantRequest) -> None:
    answer = at_nordwave.client.get(EXPORT)

    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert (answer["Content-Type"], answer["Cache-Control"]) == (spreadsheet.TYPE, "no-store, private")


@pytest.mark.parametrize("more", [1, 50])
def test_the_file_needs_the_same_queries_at_any_length(
    at_nordwave: Browser, sent: TenantRequest, django_assert_max_num_queries: Any, more: int
) -> None:
    for _number in range(more):
        drafts.start(sent.company, by=sent.owner)

    with django_assert_max_num_queries(8):
        assert len(cells(at_nordwave.client.get(EXPORT))) == more + 2

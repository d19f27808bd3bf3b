"""The list of requests as a spreadsheet: what the filter shows, all of it, in cells that stay text (T77)."""

from datetime import datetime
from io import BytesIO
from typing import Any

import xlsxwriter
from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.acting import Acting
from tenants.models import TenantRequestQuerySet
from tenants.standing import badge, standing

# More rows than anybody reads; above it the filter has to be narrower.
MOST = 5000
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(rows: TenantRequestQuerySet, acting: Acting) -> bytes:
    """An XLSX file with one line per request, the newest change first; times are Belgian, as on the pages.

    What somebody typed is written as a string cell, so that a spreadsheet calculates nothing and opens no address.
    """
    file = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options | {"remove_timezone": True}) as book:
        sheet = book.add_worksheet(_("Requests"))
        bold = book.add_format({"bold": True})
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        moment = book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        sheet.freeze_panes(1, 1)
        for column, (words, width) in enumerate(_columns()):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, words, bold)
        for line, row in enumerate(rows[:MOST].iterator(chunk_size=500), start=1):
            for column, value in enumerate(_line(row, acting)):
                if isinstance(value, datetime):
                    sheet.write_datetime(line, column, timezone.localtime(value), moment)
                elif value is None or value == "":
                    sheet.write_blank(line, column, None)
                elif isinstance(value, str):
                    sheet.write_string(line, column, value)
                else:
                    sheet.write_datetime(line, column, value, day)
    return file.getvalue()


def _columns() -> list[tuple[str, int]]:
    return [
        (_("Number"), 14),
        (_("Customer"), 32),
        (_("VAT or enterprise number"), 24),
        (_("Kind"), 24),
        (_("Name or domain"), 32),
        (_("Status"), 36),
        (_("What happens next"), 40),
        (_("By when"), 12),
        (_("Owner"), 22),
        (_("First sent"), 17),
        (_("Last change"), 17),
        (_("Tenant id"), 38),
    ]


def _line(row: Any, acting: Acting) -> list[Any]:
    stands = standing(row, acting)
    tenant = getattr(row, "tenant", None)
    return [
        row.number,
        row.company.legal_name,
        row.company.enterprise_number,
        row.get_kind_display(),
        tenant.domain if tenant else row.wanted,
        badge(row, acting).words,
        str(stands.next),
        stands.by,
        str(row.owner),
        row.sent_at,
        row.changed_at,
        str(tenant.tenant_id) if tenant else "",
    ]

"""The fields that a reviewer can remark on, in words that stand alone."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy


def remark_fields(data: Mapping[str, Any] | None = None) -> list[tuple[str, Any]]:
    """(key, label) of everything a reviewer can remark on, in the order of the form; "" is the request as a whole.

    With the data of one request only what that one asks.
    """
    if data is None:
        return list(_REMARK_FIELDS)
    asks_nothing = {"tenant", "existing"} - data.keys()
    if "primary_email" not in data["microsoft"]:
        asks_nothing.add("microsoft.primary")
    return [row for row in _REMARK_FIELDS if not row[0].startswith(tuple(asks_nothing))]


# The forms' own labels say whose phone number it is by where they stand; in a remark they stand alone.
_REMARK_FIELDS = (
    ("", gettext_lazy("The request as a whole")),
    ("customer.legal_name", gettext_lazy("Legal name")),
    ("customer.enterprise_number", gettext_lazy("VAT or enterprise number")),
    ("customer.street", gettext_lazy("Address")),
    ("customer.phone", gettext_lazy("Phone")),
    ("customer.industry", gettext_lazy("Industry")),
    ("customer.microsoft_language", gettext_lazy("Language at Microsoft")),
    ("contacts.technical", gettext_lazy("Technical contact")),
    ("contacts.commercial", gettext_lazy("Commercial contact")),
    ("contacts.authority", gettext_lazy("Ground on which the commercial contact signs")),
    ("contacts.authority_reference", gettext_lazy("Reference of the mandate, or the other ground")),
    ("contacts.authority_date", gettext_lazy("Date of the mandate")),
    ("contacts.dpo", gettext_lazy("Data protection officer")),
    ("contacts.watchlist", gettext_lazy("Kept informed")),
    ("contacts.security", gettext_lazy("Called for security incidents")),
    ("microsoft.primary_first_name", gettext_lazy("First name of the primary contact")),
    ("microsoft.primary_last_name", gettext_lazy("Last name of the primary contact")),
    ("microsoft.primary_email", gettext_lazy("E-mail address of the primary contact")),
    ("microsoft.primary_phone", gettext_lazy("Phone number of the primary contact")),
    ("microsoft.signatory_first_name", gettext_lazy("First name of the signatory")),
    ("microsoft.signatory_last_name", gettext_lazy("Last name of the signatory")),
    ("microsoft.signatory_email", gettext_lazy("E-mail address of the signatory")),
    ("microsoft.signatory_phone", gettext_lazy("Phone number of the signatory")),
    ("microsoft.signatory_language", gettext_lazy("Language of the signatory")),
    ("tenant.tenant_name", gettext_lazy("Tenant name")),
    ("tenant.second_choice", gettext_lazy("Second choice")),
    ("tenant.login_name", gettext_lazy("First Microsoft login: name")),
    ("tenant.login_email", gettext_lazy("First Microsoft login: e-mail address")),
    ("tenant.login_phone", gettext_lazy("First Microsoft login: phone number")),
    ("tenant.delegated", gettext_lazy("Delegated administration")),
    ("tenant.special_status", gettext_lazy("Special status")),
    ("existing.domain", gettext_lazy("Domain of the tenant")),
    ("existing.tenant_id", gettext_lazy("Tenant id")),
    ("existing.admin_first_name", gettext_lazy("First name of the Global Administrator")),
    ("existing.admin_last_name", gettext_lazy("Last name of the Global Administrator")),
    ("existing.admin_email", gettext_lazy("E-mail address of the Global Administrator")),
    ("existing.admin_language", gettext_lazy("Language of the Global Administrator")),
    ("existing.supplier", gettext_lazy("Present supplier")),
    ("existing.move_subscriptions", gettext_lazy("Subscriptions to be moved")),
    ("check.agreement", gettext_lazy("Signed agreement")),
    ("message.reference", gettext_lazy("Reference")),
    ("message.wanted_by", gettext_lazy("Wanted by")),
    ("message.message", gettext_lazy("Message to Arxus")),
)

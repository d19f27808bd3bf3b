"""What staff copy from Microsoft, read or refused: ids, and the initial domain."""

import re
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _

from tenants.questions import SUFFIX, clean_tenant_name


def refuse_zeros(typed: str | UUID) -> None:
    """An id that is only zeros is what programs show while they have none."""
    if re.fullmatch(r"(?=.*0)[0{}\s-]+", str(typed)):
        raise forms.ValidationError(_("These are only zeros. Copy the id from Microsoft."))


def clean_domain(typed: str) -> str:
    """The initial domain of a tenant; the suffix may be left out."""
    name = re.sub(r"\s", "", typed).lower().removesuffix(".")
    if "." in name.removesuffix(SUFFIX):
        raise forms.ValidationError(_("The initial domain ends in .onmicrosoft.com."))
    return clean_tenant_name(name) + SUFFIX

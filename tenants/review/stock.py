"""Stock remarks: picked on the page of a decision, they fill in its form in the reader's language; nothing is sent.

A stock text is plain text. Only {customer}, {tenant} and {number} stand for something, and are replaced once; every
other brace or percent sign is printed as it stands (T73). No template engine ever sees it.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import summary
from tenants.models import StockRemark, Submission, TenantRequest
from tenants.questions import SUFFIX

# What the text is for, in the place of a field: the reason of a rejection, where the words of a send-back do not fit.
REJECTION, FOR_REJECTING = "rejection", gettext_lazy("The reason of a rejection")
PLACEHOLDERS = ("customer", "tenant", "number")
_PLACEHOLDER = re.compile(r"(?<!\{)\{(" + "|".join(PLACEHOLDERS) + r")\}(?!\})")
# One word in single braces was meant as a placeholder; {{7*7}}, {0.__class__} and {two words} are text.
_MEANT = re.compile(r"(?<!\{)\{\s*[^\W\d]\w*\s*\}(?!\})")


def refuse_unknown_placeholders(text: str) -> str:
    """The text, unless a word in braces is none of ours: a partner would read it so."""
    for found in _MEANT.finditer(text):
        if not _PLACEHOLDER.fullmatch(found.group()):
            sentence = _("%(found)s stands for nothing. These do: %(allowed)s.")
            raise forms.ValidationError(sentence % {"found": found.group(), "allowed": allowed()})
    return text


def allowed() -> str:
    """The placeholders as they are typed."""
    return ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)


def filled_in(row: StockRemark, tenant_request: TenantRequest, sent: Submission) -> str:
    """Its text about this request, in the language of its owner. In one pass: a customer called "{number}" stays so."""
    words = {
        "customer": sent.data["customer"]["legal_name"],
        "tenant": summary.name(sent.data).removesuffix(SUFFIX),
        "number": tenant_request.number,
    }
    return _PLACEHOLDER.sub(lambda found: str(words[found[1]]), row.text(tenant_request.owner.language))


class Picker(forms.Form):
    """One stock remark to fill in, of those that are for `fields`; it is no part of what is decided."""

    stock = forms.ChoiceField(
        label=gettext_lazy("Stock remark (optional)"),
        error_messages={
            "required": gettext_lazy("Choose the stock remark to fill in."),
            "invalid_choice": gettext_lazy("This stock remark is no longer offered. Choose another one."),
        },
    )

    def __init__(self, data: Mapping[str, Any] | None, fields: Iterable[tuple[str, Any]]) -> None:
        super().__init__(data)
        self.labels = dict(fields)
        rows = StockRemark.objects.filter(active=True, field__in=self.labels)
        self.offered = {str(row.pk): row for row in rows}
        choice = self.fields["stock"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 – declared so above
        choice.choices = [("", _("Choose one")), *self._groups()]
        self.helper = FormHelper(self)
        self.helper.form_tag, self.helper.disable_csrf = False, True
        self.helper.layout = Layout("stock")

    def _groups(self) -> list[tuple[Any, list[tuple[str, str]]]]:
        """The titles by field, in the order of the form."""
        groups = [
            (label, [(pk, row.title) for pk, row in self.offered.items() if row.field == key])
            for key, label in self.labels.items()
        ]
        return [(label, titles) for label, titles in groups if titles]

    @property
    def picked(self) -> StockRemark | None:
        return self.offered[self.cleaned_data["stock"]] if self.is_valid() else None

"""The existing tenant that is to be connected: which one it is, and who lets Arxus in."""

import re
from typing import Any
from uuid import UUID

from crispy_forms.layout import Column, Div, Fieldset, Row
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people
from contacts.fields import EmailField, NameField
from contacts.models import Company, Language
from tenants.questions.form import StepForm, hint
from tenants.questions.tenant import SUFFIX

_CHOICES_OF_ONE = {"required": gettext_lazy("Choose one of these.")}


class ExistingStep(StepForm):
    domain = forms.CharField(
        label=gettext_lazy("Domain of the tenant"),
        max_length=255,
        required=False,
        help_text=gettext_lazy("Any domain that the tenant has, such as company.example or company.onmicrosoft.com."),
    )
    tenant_id = forms.UUIDField(
        label=gettext_lazy("Tenant id"),
        required=False,
        help_text=gettext_lazy(
            "In the Microsoft Entra admin centre under “Overview”, such as 3f9a1c52-0000-4000-8000-0000b7d04e00."
        ),
        error_messages={
            "invalid": gettext_lazy("This is no tenant id: it has 32 digits and letters a to f, in five groups.")
        },
    )
    admin_first_name = NameField(label=gettext_lazy("First name"))
    admin_last_name = NameField(label=gettext_lazy("Last name"))
    admin_email = EmailField(label=gettext_lazy("E-mail address"))
    admin_language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=[("", gettext_lazy("Not chosen")), *Language.choices],
        error_messages={"required": gettext_lazy("Choose the language in which the invitation is written.")},
    )
    supplier = forms.ChoiceField(
        label=gettext_lazy("Who supplies the customer’s Microsoft subscriptions now?"),
        choices=[
            ("none", gettext_lazy("Nobody yet")),
            ("another", gettext_lazy("Another supplier")),
            ("direct", gettext_lazy("Microsoft directly")),
            ("unknown", gettext_lazy("I don’t know")),
        ],
        widget=forms.RadioSelect,
        error_messages=_CHOICES_OF_ONE,
    )
    move_subscriptions = forms.ChoiceField(
        label=gettext_lazy("Are there subscriptions to be moved?"),
        help_text=gettext_lazy(
            "Connecting the tenant moves none by itself. Arxus prepares the move if there are some."
        ),
        choices=[("yes", gettext_lazy("Yes")), ("no", gettext_lazy("No")), ("unknown", gettext_lazy("I don’t know"))],
        widget=forms.RadioSelect,
        error_messages=_CHOICES_OF_ONE,
    )

    def layout(self) -> list[Any]:
        return [
            Fieldset(
                _("Which tenant is it?"),
                hint(_("One of the two is enough. If you give both, they must be of the same tenant.")),
                "domain",
                "tenant_id",
                css_class="group",
            ),
            Fieldset(
                _("Which Global Administrator accepts the invitation?"),
                hint(_ADMINISTRATOR[Company.Relation(self.cast.customer.relation)]),
                Row(Column("admin_first_name"), Column("admin_last_name")),
                "admin_email",
                "admin_language",
                css_class="group",
            ),
            Div("supplier", css_class="group group--one"),
            Div("move_subscriptions", css_class="group group--one"),
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Nobody learns here whether another partner has it (R23): everyone always reads this.
        self.say("tenant_id", "info", text=_("Arxus looks the tenant up at Microsoft, and checks whether it is free."))

    def clean_domain(self) -> str:
        typed = self.cleaned_data["domain"]
        return clean_domain(typed) if typed else ""

    def clean_tenant_id(self) -> UUID | None:
        tenant_id: UUID | None = self.cleaned_data["tenant_id"]
        if tenant_id is not None and not tenant_id.int:
            raise forms.ValidationError(_("These are only zeros. Copy the tenant id from Microsoft."))
        return tenant_id

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("domain") == "" and data.get("tenant_id", "") is None:
            self.add_error("domain", _("Write the domain of the tenant, or its tenant id below."))
        return data

    def prefill(self, answers: dict[str, Any]) -> dict[str, Any]:
        language = self.cast.customer.microsoft_language
        return {"admin_language": language if language in Language.values else ""}


_ADMINISTRATOR = {
    Company.Relation.RESELLER: gettext_lazy(
        "A person with that role in the tenant. Once the request is approved, Arxus mails them Microsoft’s invitation,"
        " and names your company in it."
    ),
    Company.Relation.VAP: gettext_lazy(
        "A person with that role in the tenant. Arxus does not write to them: once the request is approved, you get"
        " Microsoft’s invitation with a text, and forward both."
    ),
}


def clean_domain(typed: str) -> str:
    """A domain of a tenant in lower-case ASCII ("élan.example" as "xn--lan-9la.example"), or a sentence why not.

    What browsers put around a domain is taken off: "https://", "www.", a path, a dot at the end.
    """
    text = people.clean_text(typed).lower()
    if "@" in text:
        raise forms.ValidationError(_("Write only the domain: what stands after the @."))
    text = re.sub(r"^(https?:)?//", "", text).split("/")[0].split("?")[0].removeprefix("www.").rstrip(".")
    if re.search(r"[\s,;]", text):
        raise forms.ValidationError(_("Write one domain, without spaces, such as company.example."))
    try:
        domain = people.clean_domain(text)
    except forms.ValidationError:
        message = _("“%(domain)s” is no domain: write one such as company.example.")
        raise forms.ValidationError(message % {"domain": text[:80]}) from None
    if "ß" in text or domain == SUFFIX.removeprefix("."):
        raise forms.ValidationError(_("Write the whole domain as Microsoft shows it, such as company.onmicrosoft.com."))
    if people.is_public_mailbox(f"@{domain}"):
        message = _("Anybody can have an address at %(domain)s: write a domain of the tenant itself.")
        raise forms.ValidationError(message % {"domain": domain})
    return domain

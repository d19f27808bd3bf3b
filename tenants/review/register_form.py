"""What is written down when a tenant is registered: what Microsoft made, and how it was handed over."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import TextField
from tenants import sending
from tenants.models import Submission, Tenant, TenantRequest
from tenants.questions import clean_domain as clean_any_domain
from tenants.review.decision_forms import DecisionForm, helper, personal_line
from tenants.review.from_microsoft import clean_domain, refuse_zeros
from tenants.words import refuse_password

NO_GUID = gettext_lazy("This is no GUID: 32 letters a to f and digits, in five groups.")


class ConfirmedValue(forms.CheckboxInput):
    """A box whose tick counts only for the value that it was ticked for: typing another one takes it out."""

    def __init__(self, value: str) -> None:
        super().__init__()
        self.value = value

    def format_value(self, value: Any) -> str:
        return self.value

    def value_from_datadict(self, data: Mapping[str, Any], files: Any, name: str) -> bool:
        return str(data.get(name, "")) == self.value


class RegisterForm(DecisionForm):
    heading = gettext_lazy("What was made")

    tenant_id = forms.UUIDField(
        label=gettext_lazy("Tenant id"),
        help_text=gettext_lazy("The GUID that Microsoft gave, such as 3f9a1c52-0000-4000-8000-0000b7d04e00."),
        error_messages={
            "required": gettext_lazy("Write the tenant id."),
            "invalid": NO_GUID,
        },
    )
    tenant_id_confirmed = forms.BooleanField(
        required=False,
        help_text=gettext_lazy("It is not the one that the partner gave."),
    )
    domain = forms.CharField(
        label=gettext_lazy("Initial domain"),
        max_length=253,
        help_text=gettext_lazy("As it was made, ending in .onmicrosoft.com."),
        error_messages={"required": gettext_lazy("Write the domain that was made.")},
    )
    domain_confirmed = forms.BooleanField(
        required=False,
        help_text=gettext_lazy("It is not the one that was asked for. The partner reads the new one in the mail."),
    )
    agreement = forms.ChoiceField(
        label=gettext_lazy("Microsoft Customer Agreement"),
        choices=Tenant.MicrosoftAgreement,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Say whether the agreement was accepted.")},
    )
    first_login = TextField(
        label=gettext_lazy("How was the first Microsoft administrator login handed over?"),
        max_length=255,
        help_text=gettext_lazy("To whom and by which way. Write no password here."),
        error_messages={"required": gettext_lazy("Write to whom it was handed over, and how.")},
    )
    correlation_id = forms.UUIDField(
        label=gettext_lazy("Microsoft’s correlation id (optional)"),
        required=False,
        error_messages={"invalid": NO_GUID},
    )
    comment = personal_line()

    def __init__(self, data: Mapping[str, Any] | None, *, tenant_request: TenantRequest, sent: Submission) -> None:
        super().__init__(data, tenant_request=tenant_request, sent=sent)
        self.connects, existing = tenant_request.connects, sent.data.get("existing", {})
        self.wanted = str(existing["domain"] if existing else tenant_request.name_key)
        self.wanted_id = str(existing.get("tenant_id") or "")
        self.initial["domain"], self.initial["tenant_id"] = self.wanted, self.wanted_id
        if self.connects:
            self.fields["domain"].label = _("Domain")
            self.fields["domain"].help_text = _("A domain of the tenant, as Microsoft shows it.")
            # Whoever connects a tenant has its login already.
            del self.fields["first_login"]
        typed = data or {}
        self._ask_whether("domain_confirmed", self.wanted, self._domain(typed), _("The tenant really has %(value)s"))
        self._ask_whether("tenant_id_confirmed", self.wanted_id, _uuid(typed), _("The tenant really is %(value)s"))
        self.helper = helper(self)

    def _ask_whether(self, name: str, wanted: str, typed: str, label: str) -> None:
        """Have another value than the wanted one confirmed, that value and no other."""
        if not wanted or typed in ("", wanted):
            del self.fields[name]
            return
        self.fields[name].widget, self.fields[name].label = ConfirmedValue(typed), label % {"value": typed}

    def _cleaned(self, domain: str) -> str:
        return clean_any_domain(domain) if self.connects else clean_domain(domain)

    def _domain(self, data: Mapping[str, Any]) -> str:
        try:
            return self._cleaned(str(data.get("domain", "")))
        except forms.ValidationError:
            return ""

    def clean_tenant_id(self) -> UUID:
        tenant_id: UUID = self.cleaned_data["tenant_id"]
        refuse_zeros(tenant_id)
        return tenant_id

    def clean_correlation_id(self) -> str:
        correlation_id: UUID | None = self.cleaned_data["correlation_id"]
        refuse_zeros(correlation_id or "")
        return str(correlation_id or "")

    def clean_first_login(self) -> str:
        text: str = self.cleaned_data["first_login"]
        refuse_password(text, anywhere=True)
        return text

    def clean_domain(self) -> str:
        return self._cleaned(self.cleaned_data["domain"])

    def _refuse_known(self, domain: str, tenant_id: UUID | None) -> None:
        """A tenant is registered once, by whichever partner; a partner's own request for it is one too many."""
        ours = sending.clashes(self.tenant_request, domain, tenant_id)
        registered = Q(tenant__live=True, tenant__tenant_id=tenant_id) if tenant_id else Q(pk=None)
        rows = TenantRequest.objects.filter(Q(pk__in=ours.values("pk")) | registered)
        found = list(rows.exclude(pk=self.tenant_request.pk).select_related("tenant"))
        partners = [row for row in found if row.partner_id == self.tenant_request.partner_id]
        if same := next((row for row in partners if tenant_id and row.wanted_id == tenant_id), None):
            self.add_error("tenant_id", _("%(number)s of the same partner is about this tenant too.") % vars(same))
        elif other := next((row for row in found if tenant_id and _is_the_tenant_of(row, tenant_id)), None):
            message = _("%(number)s already has this tenant id. Look whether it was copied from there.")
            self.add_error("tenant_id", message % vars(other))
        if named := next((row for row in partners if domain and row.name_key == domain), None):
            self.add_error("domain", _("%(number)s of the same partner already has this domain.") % vars(named))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        self._refuse_known(data.get("domain", ""), data.get("tenant_id"))
        if "domain_confirmed" in self.fields and not data.get("domain_confirmed") and "domain" in data:
            message = _("%(wanted)s was asked for. Tick this if the tenant really has the other domain.")
            self.add_error("domain_confirmed", message % {"wanted": self.wanted})
        if "tenant_id_confirmed" in self.fields and not data.get("tenant_id_confirmed") and "tenant_id" in data:
            message = _("The partner gave %(wanted)s. Tick this if the tenant really has the other id.")
            self.add_error("tenant_id_confirmed", message % {"wanted": self.wanted_id})
        return data

    def said(self) -> dict[str, Any]:
        fields = ("tenant_id", "domain", "agreement", "first_login", "correlation_id")
        tenant = Tenant(**{name: self.cleaned_data[name] for name in fields if name in self.fields})
        return super().said() | {"tenant": tenant}


def _is_the_tenant_of(found: TenantRequest, tenant_id: UUID) -> bool:
    return hasattr(found, "tenant") and found.tenant.tenant_id == tenant_id


def _uuid(typed: Mapping[str, Any]) -> str:
    try:
        return str(UUID(str(typed.get("tenant_id", "")).strip()))
    except ValueError:
        return ""

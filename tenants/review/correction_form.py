"""What a lead types who corrects what was written down when a tenant was registered."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants import sending
from tenants.models import Submission, Tenant, TenantRequest
from tenants.questions import clean_domain as clean_any_domain
from tenants.review.decision_forms import DecisionForm, helper, reason
from tenants.review.from_microsoft import clean_domain, refuse_zeros
from tenants.review.register_form import ConfirmedValue


class CorrectionForm(DecisionForm):
    heading = gettext_lazy("What is right")

    tenant_id = forms.UUIDField(
        label=gettext_lazy("Tenant id"),
        error_messages={
            "required": gettext_lazy("Write the tenant id."),
            "invalid": gettext_lazy("This is no GUID: 32 letters a to f and digits, in five groups."),
        },
    )
    tenant_id_confirmed = forms.BooleanField(required=False)
    domain = forms.CharField(
        label=gettext_lazy("Domain"),
        max_length=253,
        error_messages={"required": gettext_lazy("Write the domain of the tenant.")},
    )
    domain_confirmed = forms.BooleanField(required=False)
    comment = reason(
        gettext_lazy("What was wrong?"),
        gettext_lazy("The owner reads this as you type it; the others read only what is right."),
    )

    def __init__(self, data: Mapping[str, Any] | None, *, tenant_request: TenantRequest, sent: Submission) -> None:
        super().__init__(data, tenant_request=tenant_request, sent=sent)
        self.tenant = Tenant.objects.filter(tenant_request=tenant_request).first()
        if self.tenant:
            self.initial.update(tenant_id=self.tenant.tenant_id, domain=self.tenant.domain)
        self._ask_whether("tenant_id", data or {})
        self._ask_whether("domain", data or {})
        self.helper = helper(self)

    def _ask_whether(self, name: str, typed: Mapping[str, Any]) -> None:
        """Have a value confirmed of which another partner's open request, or tenant, is known; it and no other."""
        other, value = None, ""
        with suppress(forms.ValidationError):
            value = str(self.fields[name].clean(typed.get(name, "")))
            value = self._cleaned_domain(value) if name == "domain" else value
            key, tenant_id = (value, None) if name == "domain" else ("", UUID(value))
            rows = sending.same_tenant(key, tenant_id).exclude(partner=self.tenant_request.partner_id)
            other = rows.select_related("partner").first() if value != str(self.initial.get(name)) else None
        if other is None:
            del self.fields[f"{name}_confirmed"]
            return
        said = {"number": other.number, "partner": other.partner, "value": value}
        box = self.fields[f"{name}_confirmed"]
        box.widget, box.label = ConfirmedValue(value), _("The tenant really has %(value)s") % said
        box.help_text = _("%(number)s of %(partner)s is about it too. Neither partner reads this.") % said

    def _cleaned_domain(self, typed: str) -> str:
        return clean_any_domain(typed) if self.tenant_request.connects else clean_domain(typed)

    def clean_tenant_id(self) -> UUID:
        tenant_id: UUID = self.cleaned_data["tenant_id"]
        refuse_zeros(tenant_id)
        others = Tenant.objects.filter(tenant_id=tenant_id, live=True).exclude(tenant_request=self.tenant_request)
        if other := others.select_related("tenant_request").first():
            message = _("%(number)s already has this tenant id. Look whether it was copied from there.")
            raise forms.ValidationError(message % {"number": other.tenant_request.number})
        if clash := sending.clash(self.tenant_request, tenant_id=tenant_id):
            raise forms.ValidationError(_("%(number)s already asks for this tenant.") % {"number": clash.number})
        return tenant_id

    def clean_domain(self) -> str:
        domain = self._cleaned_domain(self.cleaned_data["domain"])
        if other := sending.clash(self.tenant_request, domain):
            message = _("%(number)s of the same partner already has this domain.")
            raise forms.ValidationError(message % {"number": other.number})
        return domain

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if self.tenant and (data.get("tenant_id"), data.get("domain")) == (self.tenant.tenant_id, self.tenant.domain):
            raise forms.ValidationError(_("Tenant id and domain are these already. Write the one that is different."))
        for name in ("tenant_id", "domain"):
            if f"{name}_confirmed" in self.fields and name in data and not data.get(f"{name}_confirmed"):
                message = _("Another request is about it too. Tick this if the tenant really has it.")
                self.add_error(f"{name}_confirmed", message)
        return data

    def said(self) -> dict[str, Any]:
        tenant = Tenant(tenant_id=self.cleaned_data["tenant_id"], domain=self.cleaned_data["domain"])
        return super().said() | {"tenant": tenant}

"""The forms of the pages around a request: the filter of a list, and what is stated when sending."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Field, Layout
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.acting import Acting
from tenants import steps, working_days
from tenants.agreements.forms import AgreementForm
from tenants.models import OPEN, Agreement, Status, Tenant, TenantRequest, TenantRequestQuerySet
from tenants.questions import SUFFIX
from tenants.sending import Ticked
from tenants.statements import TITLES, Asked
from tenants.words import WordsField


class ObjectionForm(forms.Form):
    """What a contact says is not right (R37)."""

    text = WordsField(
        label=gettext_lazy("What is not right?"),
        max_length=1000,
        pasted=True,
        help_text=gettext_lazy("Arxus and the partner read this as you write it, with your name."),
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write what is not right.")},
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class FilterForm(forms.Form):
    """The filter above a list of requests; everything in it stands in the address."""

    SHOWN = [
        ("open", gettext_lazy("All that are open")),
        ("draft", gettext_lazy("Drafts")),
        ("to_validate", gettext_lazy("Being checked")),
        ("changes_requested", gettext_lazy("Changes needed")),
        ("registering", gettext_lazy("Being set up")),
        ("closed", gettext_lazy("Closed")),
        ("all", gettext_lazy("All")),
    ]
    q = forms.CharField(label=gettext_lazy("Number, tenant name or domain"), max_length=100, required=False)
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=SHOWN, required=False)
    owner = forms.ChoiceField(
        label=gettext_lazy("Owner"),
        choices=[("", gettext_lazy("Everyone")), ("me", gettext_lazy("You"))],
        required=False,
    )

    def __init__(self, data: Any, *, acting: Acting) -> None:
        super().__init__(data)
        self.acting = acting
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        if acting.is_customers_own_user:
            del self.fields["owner"]

    def narrow(self, rows: TenantRequestQuerySet) -> TenantRequestQuerySet:
        """The rows that the filter lets through; a filter that makes no sense lets none through."""
        if self.is_bound and not self.is_valid():
            return rows.none()
        asked = self.cleaned_data if self.is_bound else {}
        # As every page writes it: "desmet.onmicrosoft.com", perhaps copied from a mail.
        if text := asked.get("q", "").replace("\u200b", "").strip().removesuffix(SUFFIX):
            rows = rows.filter(
                Q(number__icontains=text) | Q(wanted__icontains=text) | Q(company__legal_name__icontains=text)
            )
        if asked.get("owner") == "me":
            rows = rows.filter(owner=self.acting.user)
        return rows.filter(_statuses(asked.get("status") or "open"))

    @property
    def narrows_tenants(self) -> bool:
        """Whether it says something about tenants, too: all of them are ready, so the status does not."""
        asked = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return bool(asked.get("q", "").strip() or asked.get("owner")) or (self.is_bound and not self.is_valid())

    def narrow_tenants(self, rows: QuerySet[Tenant]) -> QuerySet[Tenant]:
        """The tenants of the requests that the filter finds, whatever the status; a text may be their domain or id."""
        if self.is_bound and not self.is_valid():
            return rows.none()
        asked = self.cleaned_data if self.is_bound else {}
        if text := asked.get("q", "").strip():
            found = Q(domain__icontains=text) | Q(tenant_id__icontains=text) | Q(company__legal_name__icontains=text)
            request = Q(tenant_request__number__icontains=text) | Q(tenant_request__wanted__icontains=text)
            rows = rows.filter(found | request)
        return rows.filter(tenant_request__owner=self.acting.user) if asked.get("owner") == "me" else rows


def _statuses(shown: str) -> Q:
    closed = [Status.REGISTERED, Status.REJECTED, Status.WITHDRAWN]
    if shown == "all":
        return Q()
    if shown == "closed":
        return Q(status__in=closed)
    return Q(status__in=[*OPEN, Status.DRAFT]) if shown == "open" else Q(status=shown)


class StopForm(forms.Form):
    text = WordsField(
        label=gettext_lazy("What should Arxus know? (optional)"),
        max_length=1000,
        required=False,
        help_text=gettext_lazy("For example why, or what becomes of what was set up already."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        self.helper = FormHelper(self)
        self.helper.form_tag = False
        self.helper.disable_csrf = True


class CheckForm(AgreementForm):
    """The last page: each statement with its box, never ticked beforehand, and the agreement where one is needed."""

    seen = forms.CharField(widget=forms.HiddenInput)
    naming, authority, own_contacts, responsibility = (
        forms.BooleanField(
            label=TITLES[kind],
            error_messages={"required": gettext_lazy("Tick this box, or change what is stated here.")},
        )
        for kind in ("naming", "authority", "own_contacts", "responsibility")
    )
    # The name of the box for a kind of statement.
    box = "%s"

    def __init__(
        self,
        data: Any,
        files: Any = None,
        *,
        asked: Sequence[Asked],
        to_accept: Sequence[Asked],
        tenant_request: TenantRequest,
        reading: str,
        ticks: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """`ticks` is what the same person ticked and wrote here before, as `as_kept()` gave it."""
        self.needs_agreement = any(statement.needs_agreement for statement in asked)
        rows = Agreement.objects.to_choose_for(tenant_request, working_days.today())[:20]
        known = list(rows) if self.needs_agreement else []
        super().__init__(data, files, customer=tenant_request.company, known=known, initial={"seen": reading})
        self.asked, self.to_accept = asked, to_accept
        partner = tenant_request.partner
        boxes: list[Any] = ["seen"]
        declared = {kind: self.fields.pop(kind) for kind in TITLES}
        for statement in to_accept:
            box: Any = declared[statement.kind]
            box.help_text = statement.text
            box.says = _("I state this for %(partner)s") % {"partner": partner}
            box.note = _("Version %(n)s, English") % {"n": statement.text_version}
            self.fields[self.box % statement.kind] = box
            # A tick is for the words that were read and the people they speak of: for others there is none (R15).
            self.initial[self.box % statement.kind] = ticks.get(self.box % statement.kind) == digest_of(statement)
            boxes.append(Field(self.box % statement.kind, template="components/_statement.html"))
        if self.needs_agreement:
            # The one it was sent with before, or the only one that there is.
            if known and (len(known) == 1 or known[0].sent_with):  # type: ignore[attr-defined]  # annotated
                self.initial["agreement"] = str(known[0].public_id)
            self.initial.update({name: ticks[name] for name in self.FIELDS if name in ticks})
            boxes += self.agreement_layout()
        else:
            for name in self.FIELDS:
                del self.fields[name]
        # Whether there is something to read and tick, beside the hidden field.
        self.boxes = len(boxes) > 1
        self.helper.layout = Layout(*boxes)

    def as_kept(self) -> dict[str, Any]:
        """What was ticked and written, for a draft to keep; a file cannot be."""
        typed = {name: value for name, value in steps.raw(self).items() if name != "seen"}
        ticks = {self.box % statement.kind: digest_of(statement) for statement in self.to_accept}
        if self.data.get("seen") != self.initial["seen"]:
            # Ticked on a page that showed something else: for these words nobody has ticked anything (R15).
            return {name: value for name, value in typed.items() if name not in ticks}
        return typed | {name: digest for name, digest in ticks.items() if typed.get(name)}

    def ticked(self, ip_address: str | None) -> Ticked:
        """What the sender accepted, for the verb."""
        data = self.cleaned_data
        return Ticked(
            kinds=[statement.kind for statement in self.to_accept if data.get(self.box % statement.kind)],
            agreement_reference=self.given.reference if self.given else "",
            agreement_signed_on=self.given.signed_on if self.given else None,
            agreement_ends_on=self.given.ends_on if self.given else None,
            agreement=self.chosen.public_id if self.chosen else None,
            ip_address=ip_address,
            seen=data["seen"],
        )


def digest_of(statement: Asked) -> str:
    """What a tick is about: the words that were read, and the people they speak of (R15)."""
    read = json.dumps([statement.text, statement.subject], sort_keys=True)
    return hashlib.sha256(read.encode()).hexdigest()[:16]

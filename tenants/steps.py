"""The wizard as an ordered tuple of steps, and what the typed answers amount to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from contacts.customer_forms import DETAILS
from contacts.models import User
from tenants.models import Kind, TenantRequest
from tenants.persons import Cast, Person
from tenants.questions import (
    ContactsStep,
    CustomerStep,
    ExistingStep,
    MessageStep,
    MicrosoftStep,
    SignatoryStep,
    StepForm,
    TenantStep,
)


@dataclass(frozen=True)
class Step:
    """One page of the wizard. `form` is missing on the pages that ask nothing: the first and the last."""

    slug: str
    title: Any
    question: Any
    lead: Any
    form: type[StepForm] | None = None
    applies: Callable[[TenantRequest], bool] = field(default=lambda _request: True)


def _creates(tenant_request: TenantRequest) -> bool:
    return tenant_request.kind == Kind.CREATE


def _connects(tenant_request: TenantRequest) -> bool:
    return tenant_request.kind == Kind.ONBOARD


# Steps of one subject share their slug; which of them a request has depends on its kind.
STEPS: tuple[Step, ...] = (
    Step(
        "start",
        _("What you need"),
        _("What you need at hand"),
        _("The request takes about ten minutes. Every step is kept, so you can stop and go on later, from any place."),
    ),
    Step(
        "customer",
        _("Customer details"),
        _("Are these details right?"),
        _("They go to Microsoft as they stand here. The country can never be changed afterwards."),
        CustomerStep,
    ),
    Step(
        "contacts",
        _("Contacts"),
        _("Who does Arxus talk to?"),
        _("Two people are needed. One person may have several roles; nobody gets a mail before you send the request."),
        ContactsStep,
    ),
    Step(
        "microsoft",
        _("People named to Microsoft"),
        _("Whom does Microsoft know?"),
        _("Microsoft asks for two people of the customer. Arxus does not write to them; Microsoft may."),
        MicrosoftStep,
        _creates,
    ),
    Step(
        "microsoft",
        _("Person named to Microsoft"),
        _("Who accepts Microsoft’s agreement?"),
        _("Microsoft asks for one person of the customer. Arxus does not write to them; Microsoft may."),
        SignatoryStep,
        _connects,
    ),
    Step(
        "tenant",
        _("Tenant"),
        _("The new tenant"),
        _("This name is part of every address at Microsoft. It cannot be changed afterwards, not by Arxus either."),
        TenantStep,
        _creates,
    ),
    Step(
        "existing",
        _("Existing tenant"),
        _("The tenant to connect"),
        _("The customer keeps the tenant and everything in it. Arxus is added as its supplier."),
        ExistingStep,
        _connects,
    ),
    Step(
        "message",
        _("Message and wishes"),
        _("Anything else?"),
        _("You can leave all of this empty."),
        MessageStep,
    ),
    Step(
        "check",
        _("Check and send"),
        _("Check your answers"),
        _("This is what Arxus receives. Once sent, you can correct people and withdraw; the rest only if Arxus asks."),
    ),
)


def steps_of(tenant_request: TenantRequest) -> list[Step]:
    """The steps of this kind of request."""
    return [step for step in STEPS if step.applies(tenant_request)]


@dataclass(frozen=True)
class Missing:
    """Something that keeps a request from being sent: the step, the field's label and a sentence."""

    step: Step
    field: str
    label: str
    sentence: str


class Answers:
    """The answers to a request, read through the forms of its steps; `by` is who is asking."""

    def __init__(self, tenant_request: TenantRequest, by: User, day: date | None = None) -> None:
        self.tenant_request = tenant_request
        self.cast = Cast(tenant_request.company, by, day)

    @cached_property
    def steps(self) -> list[Step]:
        return steps_of(self.tenant_request)

    def read_again(self) -> None:
        """After a step was kept; whom it may name is still the same."""
        for name in ("steps", "forms"):
            self.__dict__.pop(name, None)

    @cached_property
    def forms(self) -> dict[str, StepForm]:
        """A bound form for each step that asks something."""
        answers = self.tenant_request.answers
        return {step.slug: step.form(answers.get(step.slug, {}), cast=self.cast) for step in self.steps if step.form}

    def form_to_fill(self, step: Step) -> StepForm:
        """The form of a step with what was typed so far, or else with what we can fill in; no errors yet."""
        assert step.form is not None  # noqa: S101 – asked for by the view of a step that has one
        answers = self.tenant_request.answers
        form = step.form(cast=self.cast)
        before = answers.get("last_time", {}).get(step.slug, {})
        form.initial = answers.get(step.slug) or form.prefill(answers) | before
        return form

    def state(self, step: Step) -> str:
        """done, attention (saved, but something is missing) or todo."""
        if step.form is None:
            return "done" if step.slug == "start" else "todo"
        if step.slug not in self.tenant_request.answers:
            return "todo"
        return "done" if self.forms[step.slug].is_valid() else "attention"

    @cached_property
    def missing(self) -> list[Missing]:
        """What keeps the request from being sent, step by step (R21)."""
        return [
            Missing(step, name, str(form.fields[name].label) if name in form.fields else "", str(sentence))
            for step in self.steps
            if (form := self.forms.get(step.slug)) is not None
            for name, sentences in form.errors.items()
            for sentence in sentences
        ]

    def data(self) -> dict[str, Any]:
        """The cleaned answers as they are kept when the request is sent (R25). Only for complete answers."""
        kept = {slug: plain(form.cleaned_data) for slug, form in self.forms.items() if form.is_valid()}
        kept["customer"] = {name: _json(getattr(self.cast.customer, name)) for name in DETAILS}
        contacts = kept["contacts"]
        contacts["roles"] = [role for role in ContactsStep.ROLES if contacts[role]]
        return kept

    def named_addresses(self) -> list[str]:
        """Every address in the answers, for R31 and for the search of staff."""
        return addresses_in(self.data())


def addresses_in(data: Mapping[str, Any]) -> list[str]:
    """Every address that a sending names, in lower case."""
    addresses = [data["contacts"][role]["email"] for role in data["contacts"]["roles"]]
    addresses += [
        v for part in ("microsoft", "tenant", "existing") for k, v in data.get(part, {}).items() if k.endswith("email")
    ]
    return sorted({address.lower() for address in addresses if address})


def raw(form: forms.Form) -> dict[str, Any]:
    """What was typed into a bound form, unchanged, for keeping; fields of others are ignored (T24)."""
    return {name: _storable(value) for name in form.fields if (value := form.data.get(name)) is not None}


def _storable(typed: str) -> str:
    # PostgreSQL keeps neither NUL nor halves of characters; the replacement character is refused by every field.
    return typed.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def plain(cleaned: dict[str, Any]) -> dict[str, Any]:
    """Cleaned answers of one step as they are kept in JSON."""
    return {name: _json(value) for name, value in cleaned.items()}


def _json(value: Any) -> Any:
    if isinstance(value, Person):
        return value.as_json()
    if isinstance(value, date):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | list | bool) else str(value)

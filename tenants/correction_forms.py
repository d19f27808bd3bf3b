"""The forms with which a partner corrects a person of a request (R26)."""

from collections.abc import Mapping
from typing import Any, cast

from crispy_forms.layout import Fieldset, Layout
from django.utils.translation import gettext as _

from contacts.contact_forms import ContactForm
from contacts.fields import PhoneField, plain_label
from contacts.models import User
from tenants.models import TenantRequest
from tenants.named import Place
from tenants.questions import StepForm
from tenants.steps import Answers


class ContactCorrectionForm(ContactForm):
    """Name, address and phone number of a contact, kept where contacts are."""

    job_title = department = language = roles = None  # type: ignore[assignment]  # Django's way to leave a field out

    class Meta(ContactForm.Meta):
        fields = ["first_name", "last_name", "email", "phone"]
        labels: dict[str, Any] = {}

    def __init__(self, *args: Any, needs_phone: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if needs_phone:
            phone = cast(PhoneField, self.fields["phone"])
            phone.required, phone.label, phone.help_text = True, plain_label(phone.label), ""
            phone.error_messages["required"] = _("A technical or commercial contact needs a phone number.")
        self.helper.layout = Layout(Fieldset(_("The person"), *self.Meta.fields, css_class="group"))


def typed_person_form(
    tenant_request: TenantRequest, sender: User, place: Place, data: Mapping[str, Any] | None
) -> StepForm:
    """The form of the step, of which only the fields of one person are asked."""
    answers = Answers(tenant_request, sender)
    step = next(step for step in answers.steps if step.slug == place.step)
    assert step.form is not None  # noqa: S101 – people are named in steps that ask
    said = tenant_request.answers.get(place.step, {})
    if data is not None:
        said = said | {name: data.get(name, "") for name in place.typed.values()}
    form = step.form(said if data is not None else None, cast=answers.cast, initial=said)
    form.helper.layout = Layout(Fieldset(_("The person"), *place.typed.values(), css_class="group"))
    for name in [name for name in form.errors if name not in place.typed.values()]:
        del form.errors[name]
    return form

"""Form fields for what people type; each refuses with the sentences of people.py and keeps what was typed."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import people


def plain_label(label: Any) -> str:
    """A label where nothing is asked: without "(optional)"."""
    return str(label).removesuffix(f" ({_('optional')})")


class TextField(forms.CharField):
    """One line, or several where the widget is a text area; no addresses where `addresses=False` (R18).

    With `pasted`, characters without width are dropped instead of refused: who quotes a mail of ours brings them along.
    """

    default_error_messages = {"required": gettext_lazy("Fill this in.")}

    def __init__(self, *, addresses: bool = True, pasted: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.addresses, self.pasted = addresses, pasted

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Without a maxlength, which would cut off silently what somebody pastes; characters.js says what is left."""
        attrs = super().widget_attrs(widget)
        most = attrs.pop("maxlength", None)
        return attrs | {"data-characters": most} if most and isinstance(widget, forms.Textarea) else attrs

    def clean(self, value: Any) -> Any:
        # A new line is one character, as whoever types it counts.
        text = (self.to_python(value) or "").replace("\r\n", "\n")
        text = people.drop_weightless(text) if self.pasted else text
        most = self.max_length or people.LONGEST_TEXT
        if len(text) > most:
            sentence = _("%(most)s characters at most; this has %(count)s.")
            raise forms.ValidationError(sentence % {"most": most, "count": len(text)})
        text = self.cleaned(text) if text else text
        self.validate(text)
        self.run_validators(text)
        return text

    def cleaned(self, text: str) -> str:
        text = people.clean_text(text, lines=isinstance(self.widget, forms.Textarea))
        return text if self.addresses else people.refuse_addresses(text)


class NameField(TextField):
    """A first or last name."""

    def __init__(self, *, max_length: int = 50, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def cleaned(self, text: str) -> str:
        return people.clean_person_name(text)


class LegalNameField(TextField):
    def __init__(self, *, max_length: int = 255, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def cleaned(self, text: str) -> str:
        return people.clean_legal_name(text)


class EmailField(TextField):
    """One address (R16)."""

    widget = forms.EmailInput

    def __init__(self, *, max_length: int = 254, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def cleaned(self, text: str) -> str:
        return people.clean_email(text)


class PhoneField(TextField):
    """A phone number; without a + before it, one of `country`."""

    widget = forms.TextInput
    country = "BE"

    def cleaned(self, text: str) -> str:
        return people.clean_phone(text, self.country)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return super().widget_attrs(widget) | {"type": "tel"}


class DomainsField(TextField):
    """Mail domains of a company, apart by spaces, commas or lines; a public provider's belongs to nobody."""

    def __init__(self, *, max_length: int = 1000, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        return super().clean(value) or []

    def cleaned(self, text: str) -> Any:
        words = people.clean_code(text).replace(",", " ").replace(";", " ").split()
        domains = list(dict.fromkeys(people.clean_domain(word) for word in words))
        for domain in domains:
            if people.is_public_mailbox(f"@{domain}"):
                sentence = _("Leave out %(domain)s: anybody can have an address there.")
                raise forms.ValidationError(sentence % {"domain": domain})
        return domains

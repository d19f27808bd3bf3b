"""What a reviewer types when deciding. `said()` of each form is what the verb, and the preview of its mails, hears."""

from collections.abc import Mapping
from typing import Any, Self

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import TextField
from notifications import links
from tenants import waiting
from tenants.models import Submission, TenantRequest, WaitsFor
from tenants.review import stock
from tenants.words import WordsField

PERSONAL_LINE, REASON = 500, 1000


def helper(form: forms.Form, *fields: str) -> FormHelper:
    made = FormHelper(form)
    made.form_tag = made.disable_csrf = False
    made.disable_csrf = True
    made.layout = Layout(*(fields or form.fields))
    return made


class DecisionForm(forms.Form):
    """The form of one decision about one request; `heading` stands above it."""

    heading: Any = gettext_lazy("A personal line")
    # Where stock remarks can be filled in.
    picker: stock.Picker | None = None
    # The names of buttons that change the form and decide nothing.
    buttons: frozenset[str] = frozenset()

    def __init__(self, data: Mapping[str, Any] | None, *, tenant_request: TenantRequest, sent: Submission) -> None:
        self.tenant_request, self.sent = tenant_request, sent
        super().__init__(data)
        self.helper = helper(self)

    @property
    def wrong(self) -> bool:
        """Whether something typed has to be corrected."""
        return (self.is_bound and bool(self.errors)) or bool(self.picker and self.picker.errors)

    def said(self) -> dict[str, Any]:
        return {"comment": self.cleaned_data["comment"]}

    @classmethod
    def going_on(cls, typed: Mapping[str, Any], **about: Any) -> Self:
        """What was typed so far, unchecked, after one of the `buttons`."""
        form = cls(None, **about)
        form.initial = {"comment": typed.get("comment", "")}
        return form


def personal_line() -> WordsField:
    return WordsField(
        label=gettext_lazy("A personal line (optional)"),
        max_length=PERSONAL_LINE,
        required=False,
        addresses=False,
        help_text=gettext_lazy(
            "Plain text, 500 characters at most, read as you type it. Web addresses and mail addresses are refused."
        ),
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class ApproveForm(DecisionForm):
    comment = personal_line()


def reason(label: Any, help_text: Any) -> WordsField:
    return WordsField(
        label=label,
        max_length=REASON,
        addresses=False,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 5}),
        error_messages={"required": gettext_lazy("Write the reason: the partner has to know why.")},
    )


class ReasonForm(DecisionForm):
    heading = gettext_lazy("The reason")


class RejectForm(ReasonForm):
    comment = reason(
        gettext_lazy("Why is it not accepted?"),
        gettext_lazy("The owner reads this as you type it. Say what would have to be different."),
    )

    buttons = frozenset({"use"})

    def __init__(self, data: Mapping[str, Any] | None, **about: Any) -> None:
        super().__init__(data, **about)
        self.picker = self._picker(None)

    def _picker(self, typed: Mapping[str, Any] | None) -> stock.Picker:
        """Those for a rejection alone: what asks for an answer does not fit one."""
        return stock.Picker(typed, [(stock.REJECTION, stock.FOR_REJECTING)])

    @classmethod
    def going_on(cls, typed: Mapping[str, Any], **about: Any) -> Self:
        """The reason so far, and below it the stock remark."""
        form = super().going_on(typed, **about)
        form.picker = form._picker(typed)
        if picked := form.picker.picked:
            so_far, text = typed.get("comment", ""), stock.filled_in(picked, form.tenant_request, form.sent)
            form.initial = {"comment": f"{so_far}\n{text}" if so_far.strip() else text}
            form.fields["comment"].widget.attrs["autofocus"] = True
            form.picker = form._picker(None)
        return form


class FailForm(ReasonForm):
    comment = reason(
        gettext_lazy("What went wrong?"),
        gettext_lazy("The owner reads this as you type it: what happened at Arxus or at Microsoft."),
    )


class CancelForm(ReasonForm):
    comment = reason(
        gettext_lazy("Why is it cancelled?"),
        gettext_lazy("The owner reads this as you type it. Say what becomes of what was started at Microsoft."),
    )


class ReopenForm(ReasonForm):
    comment = reason(
        gettext_lazy("Why is it opened again?"),
        gettext_lazy("The owner, who has read why it was not accepted, reads this as you type it."),
    )


class WaitForm(DecisionForm):
    """Whom an approved request waits for, and the link that an administrator gets (R35)."""

    heading = gettext_lazy("Whom it waits for")

    whom = forms.ChoiceField(
        label=gettext_lazy("Whom does the request wait for from now on?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whom it waits for.")},
    )
    link = TextField(
        label=gettext_lazy("Microsoft’s invitation link"),
        max_length=links.LONGEST,
        required=False,
        help_text=gettext_lazy(
            "From the Partner Center, “Request a reseller relationship”: it begins with https://admin.microsoft.com/."
        ),
    )
    comment = personal_line()

    def __init__(self, data: Mapping[str, Any] | None, *, tenant_request: TenantRequest, sent: Submission) -> None:
        super().__init__(data, tenant_request=tenant_request, sent=sent)
        offered = waiting.choices(tenant_request)
        choice = self.fields["whom"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 – declared so above
        choice.choices = [(whom.value, whom.label) for whom in offered]
        if WaitsFor.CUSTOMER in offered:
            self.initial["link"] = waiting.last_link(tenant_request)
        else:
            # Nobody is mailed, so nobody would read a line.
            del self.fields["link"], self.fields["comment"]
        self.helper = helper(self)

    def clean_whom(self) -> str:
        whom: str = self.cleaned_data["whom"]
        if whom == self.tenant_request.waits_for != WaitsFor.CUSTOMER:
            raise forms.ValidationError(waiting.already(whom))
        return whom

    def clean_link(self) -> str:
        link: str = self.cleaned_data["link"]
        if self.cleaned_data.get("whom") != WaitsFor.CUSTOMER:
            return ""
        if not link:
            raise forms.ValidationError(_("Paste the link from the Partner Center: the administrator needs it."))
        try:
            return links.elsewhere(link)
        except ValueError:
            message = _("This is no link to Microsoft’s admin centre: it begins with https://admin.microsoft.com/.")
            raise forms.ValidationError(message) from None

    def said(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {"whom": data["whom"], "link": data.get("link", ""), "comment": data.get("comment", "")}

"""Asking for changes: the remarks of a send-back, one a row (R32, R36)."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Self

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts.fields import plain_label
from tenants.models import Remark, Submission, TenantRequest
from tenants.remark_fields import remark_fields
from tenants.review import stock
from tenants.review.decision_forms import DecisionForm, helper, personal_line
from tenants.review.suggestions import warning_about
from tenants.steps import steps_of
from tenants.words import WordsField

MOST_REMARKS, FIRST_REMARKS = 20, 2


class RemarkForm(forms.Form):
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    text = WordsField(
        label=gettext_lazy("Remark"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": gettext_lazy("Write what has to change here.")},
    )
    suggestion = WordsField(label=gettext_lazy("Suggested value (optional)"), max_length=255, required=False)

    def __init__(self, *args: Any, sent: Submission, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent = sent
        choice = self.fields["field"]
        assert isinstance(choice, forms.ChoiceField)  # noqa: S101 – declared so above
        choice.choices = fields_to_remark(sent)
        self.helper = helper(self)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("suggestion") and not data.get("field"):
            self.add_error("field", _("Choose the field that this value is for."))
        return data

    @cached_property
    def warning(self) -> str:
        """What is wrong with the suggested value, for the reviewer to see; it stops nothing."""
        if not self.is_bound or not self.is_valid() or not self.cleaned_data.get("suggestion"):
            return ""
        return warning_about(self.sent, self.cleaned_data["field"], self.cleaned_data["suggestion"])


def fields_to_remark(sent: Submission) -> list[tuple[str, Any]]:
    """For a select: the request as a whole, then the fields by step."""
    titles = {step.slug: step.title for step in steps_of(sent.tenant_request)}
    groups: dict[str, list[tuple[str, Any]]] = {}
    choices: list[tuple[str, Any]] = []
    for key, label in remark_fields(sent.data):
        step, _dot, name = key.partition(".")
        if not name:
            choices.append((key, label))
        elif key != "customer.confirmed":
            groups.setdefault(step, []).append((key, plain_label(label)))
    return choices + [(titles[step], fields) for step, fields in groups.items()]


class _Rows(forms.BaseFormSet):
    def initial_form_count(self) -> int:
        """Every row may be emptied again, also one that the page before had filled in."""
        return 0 if self.is_bound else super().initial_form_count()


_Remarks = forms.formset_factory(
    RemarkForm, formset=_Rows, extra=FIRST_REMARKS, max_num=MOST_REMARKS, absolute_max=MOST_REMARKS
)


class SendBackForm(DecisionForm):
    buttons = frozenset({"another", "use"})

    comment = personal_line()

    def __init__(self, data: Mapping[str, Any] | None, *, tenant_request: TenantRequest, sent: Submission) -> None:
        super().__init__(data, tenant_request=tenant_request, sent=sent)
        self.remarks = _Remarks(data, prefix="remarks", form_kwargs={"sent": sent})
        self.picker = self._picker(None)

    def _picker(self, typed: Mapping[str, Any] | None) -> stock.Picker:
        return stock.Picker(typed, remark_fields(self.sent.data))

    @classmethod
    def going_on(cls, typed: Mapping[str, Any], **about: Any) -> Self:
        """The remarks so far and more empty ones; with a stock remark in a row that nobody has written in."""
        names = list(RemarkForm.base_fields)
        rows = [{name: typed.get(f"remarks-{n}-{name}", "") for name in names} for n in range(MOST_REMARKS)]
        form = super().going_on(typed, **about)
        filled = form._use(typed, rows) if "use" in typed else None
        initial = [row for row in rows if any(row.values())]
        form.remarks = _Remarks(prefix="remarks", initial=initial, form_kwargs={"sent": form.sent})
        if filled:
            form.remarks.forms[initial.index(filled)].fields["text"].widget.attrs["autofocus"] = True
        return form

    def _use(self, typed: Mapping[str, Any], rows: list[dict[str, Any]]) -> dict[str, Any] | None:
        """Fill in the row where this field was chosen already, or else an empty one; says which."""
        self.picker = self._picker(typed)
        picked = self.picker.picked
        if picked is None:
            return None
        unwritten = [row for row in rows if not row["text"].strip()]
        # Of those with the same field first; the sort is stable.
        fitting = sorted(
            (row for row in unwritten if row["field"] == picked.field or not any(row.values())),
            key=lambda row: row["field"] != picked.field,
        )
        if not fitting:
            self.picker.add_error("stock", _("There is no empty remark left to fill in."))
            return None
        fitting[0].update(field=picked.field, text=stock.filled_in(picked, self.tenant_request, self.sent))
        self.picker = self._picker(None)
        return fitting[0]

    @property
    def may_add(self) -> bool:
        return len(self.remarks.forms) < MOST_REMARKS

    def is_valid(self) -> bool:
        whole, rows = super().is_valid(), self.remarks.is_valid()
        if whole and rows and not self._written():
            self.add_error(None, _("Write at least one remark: what has to change?"))
            return False
        return whole and rows

    @property
    def wrong(self) -> bool:
        return super().wrong or (self.is_bound and self.remarks.total_error_count() > 0)

    def _written(self) -> list[RemarkForm]:
        return [row for row in self.remarks.forms if row.cleaned_data]

    def said(self) -> dict[str, Any]:
        remarks = []
        for row in self._written():
            data = {name: row.cleaned_data[name] for name in ("field", "text", "suggestion")}
            remarks.append(Remark(one_click=not row.warning, **data))
        return super().said() | {"remarks": remarks}

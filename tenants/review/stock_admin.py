"""Stock remarks in the admin: leads keep them, validators read them, nobody deletes one."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminTextareaWidget
from django.http import HttpRequest
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from contacts import seal
from tenants.models import StockRemark
from tenants.models.stock import LONGEST
from tenants.remark_fields import remark_fields
from tenants.review import stock
from tenants.review.views import staff, typed_before
from tenants.steps import STEPS
from tenants.words import WordsField


class StockText(WordsField):
    """Plain text with the placeholders of stock.py; whatever else is in it is printed as it stands (T73)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=LONGEST,
            widget=AdminTextareaWidget(attrs={"rows": 4}),
            error_messages={"required": gettext_lazy("Write it in this language too: the partner reads no other.")},
            **options,
        )

    def cleaned(self, text: str) -> str:
        return stock.refuse_unknown_placeholders(super().cleaned(text))


class StockRemarkForm(forms.ModelForm):
    title = WordsField(
        label=gettext_lazy("Title"),
        max_length=80,
        help_text=gettext_lazy("How reviewers find it. Only staff read it."),
    )
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False)
    text_en = StockText(label=gettext_lazy("English"))
    text_nl = StockText(label=gettext_lazy("Dutch"))
    text_fr = StockText(label=gettext_lazy("French"))

    class Meta:
        model = StockRemark
        fields = ("title", "field", "text_en", "text_nl", "text_fr", "position", "active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "field" in self.fields:  # whoever only reads has none
            self.fields["field"].choices = _fields()  # type: ignore[attr-defined]


def _fields() -> list[tuple[str, Any]]:
    """What a remark can be for, by step."""
    titles = {step.slug: step.title for step in STEPS}
    groups: dict[str, list[tuple[str, Any]]] = {}
    for key, label in remark_fields():
        groups.setdefault(key.partition(".")[0], []).append((key, label))
    whole = [*groups.pop(""), (stock.REJECTION, stock.FOR_REJECTING)]
    return whole + [(titles[step], fields) for step, fields in groups.items()]


@admin.register(StockRemark)
class StockRemarkAdmin(admin.ModelAdmin):
    """What was sent keeps its own words, so a text may change or be archived at any time."""

    form = StockRemarkForm
    list_display = ["title", "what_for", "position", "active"]
    list_filter = ["active"]
    search_fields = ["title", "text_en", "text_nl", "text_fr"]
    search_help_text = gettext_lazy("Words of the title, or of the text in any language")
    ordering = ["field", "position", "title", "pk"]
    show_full_result_count = False
    actions = None
    fieldsets = (
        (None, {"fields": ("title", "field")}),
        (
            gettext_lazy("What the partner reads, in their own language"),
            {
                "fields": ("text_en", "text_nl", "text_fr"),
                "description": format_lazy(
                    gettext_lazy(
                        "Plain text, which the reviewer can change before it is sent. These stand for the customer’s"
                        " name, the tenant’s name or domain, and the request’s number: {allowed}. All other braces,"
                        " and web addresses, are read as they stand: nothing becomes a link."
                    ),
                    allowed=stock.allowed(),
                ),
            },
        ),
        (gettext_lazy("Where reviewers find it"), {"fields": ("position", "active")}),
    )

    change_form_template = "admin/tenants/stockremark/change_form.html"

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """Who opened the page is named in it, so that what is typed is kept if the session ends."""
        context = {"writer": seal.writer_value(staff(request))}
        return super().changeform_view(request, object_id, form_url, context | (extra_context or {}))

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """What is wrong is said by our own summary, which leads to the fields."""
        return super().render_change_form(request, context | {"errors": None}, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **options: Any) -> Any:
        """With what was typed here when the session ended."""
        form = super().get_form(request, obj, change=change, **options)
        typed = typed_before(request) if request.method == "GET" else None
        if typed is None:
            return form
        # A box that is not ticked is not posted.
        back = typed | {"active": "active" in typed}

        class Back(form):  # type: ignore[misc, valid-type]  # made by Django
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                super().__init__(*args, **kwargs | {"initial": back})

        return Back

    def save_model(self, request: HttpRequest, obj: StockRemark, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        seal.drop_kept_for(request, request.path)

    @admin.display(description=gettext_lazy("field"), ordering="field")
    def what_for(self, row: StockRemark) -> str:
        return str((dict(remark_fields()) | {stock.REJECTION: stock.FOR_REJECTING}).get(row.field, row.field))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

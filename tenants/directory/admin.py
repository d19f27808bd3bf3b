"""The ServiceNow directory in the admin: which file is in force; a new one is chosen, previewed, applied."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from tenants import working_days
from tenants.directory import importing
from tenants.models import DirectoryImport
from tenants.questions import DayField
from tenants.review.register_form import ConfirmedValue
from tenants.review.views import staff
from tenants.transitions import may_decide

LIST = "admin:tenants_directoryimport_changelist"
SHOWN = 10
COLUMNS = ("email", "user_name", "active", "locked")


class FileForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV in UTF-8, 5 MB at most, with the columns email, user_name, active and locked_out."),
        error_messages={
            "required": gettext_lazy("Choose the file."),
            "empty": gettext_lazy("This file is empty."),
            "missing": gettext_lazy("Choose the file."),
        },
    )
    dated = DayField(
        label=gettext_lazy("Date of the file"),
        help_text=gettext_lazy("The day on which it was exported, for example 23 11 2026. It counts for seven days."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["dated"].error_messages["required"] = _("Write the day on which the file was exported.")
        self.helper = FormHelper(self)
        self.helper.form_tag, self.helper.disable_csrf = False, True
        self.helper.layout = Layout("file", "dated")

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > importing.LARGEST:
            raise forms.ValidationError(_("This file is larger than 5 MB. Export only the four columns."))
        return file

    def clean_dated(self) -> Any:
        day = self.cleaned_data["dated"]
        if day > working_days.today():
            raise forms.ValidationError(_("This day is still to come."))
        return day


class FewerForm(forms.Form):
    """A file that names far fewer users than the one in force: that it is complete has to be said."""

    complete = forms.BooleanField(
        error_messages={"required": gettext_lazy("Tick this if the file is complete; else bring the whole one.")}
    )

    def __init__(self, data: Any, *, fewer: importing.Fewer | None) -> None:
        super().__init__(data)
        if fewer is None:
            del self.fields["complete"]
        else:
            label = ngettext(
                "The file is complete: ServiceNow has %(n)s user now",
                "The file is complete: ServiceNow has %(n)s users now",
                fewer.named,
            )
            self.fields["complete"].label = label % {"n": fewer.named}
            # Typed for another number of users, the tick counts no more.
            self.fields["complete"].widget = ConfirmedValue(f"{fewer.named}/{fewer.known}")
        self.helper = FormHelper(self)
        self.helper.form_tag, self.helper.disable_csrf = False, True


@admin.register(DirectoryImport)
class DirectoryImportAdmin(admin.ModelAdmin):
    """Nothing is edited or deleted here; a file comes in by its own pages."""

    list_display = ["file_name"]
    list_select_related = ["by"]
    list_per_page = 50
    show_full_result_count = False
    sortable_by = ()
    actions = None
    change_list_template = "admin/tenants/directoryimport/change_list.html"

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_decide(staff(request)) if request.user.is_authenticated else False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).defer("rows")

    def get_urls(self) -> list[URLPattern]:
        apply = self.admin_site.admin_view(require_POST(self.apply_view))
        return [path("<int:pk>/apply/", apply, name="tenants_directoryimport_apply"), *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        context = {"state": importing.in_force(), "returning": importing.kept(), "title": _("ServiceNow directory")}
        return super().changelist_view(request, context | (extra_context or {}))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        return self._choose(request)

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.has_view_permission(request) or request.method != "GET":
            raise PermissionDenied(_("A file is not edited: bring a new one."))
        return self._preview(request, self._find(object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:tenants_directoryimport_change", object_id)

    def _choose(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied(_("You have no right to bring a directory file. Ask a validation lead."))
        form = FileForm(request.POST or None, request.FILES or None)
        problems: list[str] = []
        if request.method == "POST" and form.is_valid():
            file = form.cleaned_data["file"]
            reading = importing.read(file.read())
            problems = reading.problems
            if not problems:
                importing.clear_old_previews()
                dated = form.cleaned_data["dated"]
                kept = importing.keep(reading, file_name=file.name, dated=dated, by=staff(request))
                if reading.without_address:
                    messages.info(request, _left_out(reading.without_address))
                return redirect("admin:tenants_directoryimport_change", kept.pk)
        context = {"form": form, "problems": problems, "title": _("Bring a directory file")}
        return self._render(request, "add_form.html", context)

    def _preview(
        self, request: HttpRequest, file: DirectoryImport, form: FewerForm | None = None, changed: str = ""
    ) -> HttpResponse:
        """What a file says beside the one in force now; `changed` says that this was another one a moment ago."""
        current = importing.current()
        returns = importing.may_return(file, current)
        rows = importing.rows_of(file) if returns or not file.applied_at else []
        fewer = importing.far_fewer(file, current) if rows else None
        context = {
            "file": file,
            "title": file.file_name,
            "users": len(rows),
            "shown": [dict(zip(COLUMNS, row, strict=True)) for row in rows[:SHOWN]],
            "active": sum(1 for row in rows if row[2] and not row[3]),
            "doubts": importing.doubts(file, current) if rows else [],
            "fewer": fewer,
            "form": (form or FewerForm(None, fewer=fewer)) if fewer else None,
            "changed": changed,
            "current": current,
            "returns": returns,
        }
        return self._render(request, "change_form.html", context, 409 if changed else 200)

    def apply_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Put a file in force that was previewed, or that was in force before."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        file = self._find(str(pk))
        again, seen = file.applied_at is not None, request.POST.get("instead_of", "-")
        form = FewerForm(request.POST, fewer=importing.far_fewer(file, importing.current()))
        try:
            if seen == _key(importing.current()) and not form.is_valid():
                return self._preview(request, file, form)
            importing.apply(file, by=staff(request), instead_of=_compared_with(seen))
        except importing.ComparisonChanged as changed:
            return self._preview(request, self._find(str(pk)), changed=str(changed))
        except importing.ImportRefused as refused:
            messages.warning(request, str(refused))
        else:
            self.log_change(request, file, "Put in force again" if again else "Put in force")
            messages.success(request, _in_force(importing.in_force()))
        return redirect(LIST)

    def _find(self, object_id: str) -> DirectoryImport:
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0
        file = DirectoryImport.objects.select_related("by", "applied_by").filter(pk=number).first()
        if file is None:
            raise Http404
        return file

    def _render(self, request: HttpRequest, template: str, context: dict[str, Any], status: int = 200) -> HttpResponse:
        context = self.admin_site.each_context(request) | {"opts": self.opts} | context
        return TemplateResponse(request, f"admin/tenants/directoryimport/{template}", context, status=status)


def _key(file: DirectoryImport | None) -> str:
    """How a page names the file that it compares with."""
    return str(file.pk) if file else ""


def _compared_with(seen: str) -> int | None:
    """The same, read back; 0, which no file is, for what no page of ours says."""
    if not seen:
        return None
    return int(seen) if seen.isdecimal() and len(seen) < 19 else 0


def _in_force(state: importing.InForce | None) -> str:
    """What follows from the file that is in force now."""
    if state is None or state.stale:
        return _("In force, but more than seven days old: checks for ServiceNow users answer “unknown” with it.")
    return _("In force. What the checks of open requests found stays until they are run again; approving does that.")


def _left_out(number: int) -> str:
    return ngettext(
        "%(n)s user without an address is left out: nobody could be found by it.",
        "%(n)s users without an address are left out: nobody could be found by them.",
        number,
    ) % {"n": number}

"""The review in the admin. Everything is read-only here: decisions are verbs, each with a page of its own."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.directory.admin import DirectoryImportAdmin
from tenants.gallery import views as gallery
from tenants.models import TenantRequest
from tenants.review import (
    check_views,
    decision_views,
    objection_views,
    queue,
    registered_views,
    relation_views,
    staffing,
    views,
)
from tenants.review.stock_admin import StockRemarkAdmin
from tenants.transitions import may_decide

__all__ = ["DirectoryImportAdmin", "StockRemarkAdmin", "TenantRequestAdmin"]


@admin.register(TenantRequest)
class TenantRequestAdmin(admin.ModelAdmin):
    """The queue, and behind each row the review of a request (T32: nothing can be added, edited or deleted)."""

    change_list_template = "admin/tenants/tenantrequest/change_list.html"
    list_display = ["number"]
    list_filter = [queue.WhoHasIt, queue.Assignee, queue.Age]
    list_select_related = ["company", "partner", "assignee"]
    search_fields = ["number"]
    search_help_text = gettext_lazy(
        "Number, the partner’s reference, VAT or enterprise number, tenant id, domain, partner,"
        " a person’s name or address"
    )
    show_full_result_count = False
    list_per_page = 50
    list_max_show_all = 0
    sortable_by = ()
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> Any:
        return queue.rows()

    def get_ordering(self, request: HttpRequest) -> Any:
        """What waits: the oldest first. What ended, and what a search finds: the latest first."""
        searching = request.GET.get("q", "").strip()
        latest = request.GET.get("who") in ("ended", "all") or (searching and not request.GET.get("who"))
        return ["-changed_at", "-pk"] if latest else ["held_since", "pk"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return queue.find(queryset, search_term), False

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        changelist = super().get_changelist_instance(request)
        who = next(spec.value() for spec in changelist.filter_specs if isinstance(spec, queue.WhoHasIt))
        narrowed = bool(changelist.query or request.GET.keys() & {"assignee", "age"})
        changelist.title = queue.heading(who, changelist.result_count, narrowed)
        return changelist

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        queue.remember(request)
        context = {"may_take": may_decide(views.staff(request))}
        return super().changelist_view(request, context | (extra_context or {}))

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "GET":
            raise PermissionDenied(_("A request is not edited here: its page has the decisions."))
        return views.show(request, int(object_id) if object_id.isdecimal() and len(object_id) < 19 else 0)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        return redirect("admin:tenants_tenantrequest_change", object_id)

    def get_urls(self) -> list[URLPattern]:
        pages: list[tuple[str, Any, str]] = [
            ("mails/", gallery.index, "gallery"),
            ("mails/<slug:template>/", gallery.show, "gallery_mail"),
            ("mails/<slug:template>/<slug:language>/", gallery.frame, "gallery_frame"),
            ("relation/<int:pk>/", relation_views.change, "relation"),
            ("take-oldest/", views.take_oldest, "take_oldest"),
            ("away/", staffing.away, "away"),
            ("away/<uuid:public_id>/", staffing.away_until, "away_until"),
            ("<int:pk>/hand-over/", staffing.hand_over, "hand_over"),
            ("<int:pk>/take/", views.take, "take"),
            ("<int:pk>/release/", views.release, "release"),
            ("<int:pk>/checks/", check_views.run_checks, "checks"),
            ("<int:pk>/checks/<slug:kind>/override/", check_views.override, "override"),
            ("<int:pk>/checks/<slug:kind>/override/back/", check_views.take_override_back, "override_back"),
            ("<int:pk>/asked/", check_views.asked, "asked"),
            ("<int:pk>/objections/<int:objection_id>/", objection_views.settle, "settle"),
            ("<int:pk>/started/", views.started, "started"),
            ("<int:pk>/agreement-accepted/", registered_views.agreement_accepted, "agreement_accepted"),
            ("<int:pk>/first-login/", registered_views.hand_over, "first_login"),
            ("<int:pk>/agreement/<uuid:public_id>/", views.agreement, "agreement"),
            ("<int:pk>/mails/<uuid:mail_id>/", views.mail, "mail"),
            ("<int:pk>/mails/<uuid:mail_id>/again/", views.send_again, "send_again"),
            ("<int:pk>/mails/<uuid:mail_id>/back/", views.came_back, "came_back"),
            ("<int:pk>/mails/<uuid:mail_id>/not-back/", views.not_back, "not_back"),
            ("<int:pk>/decide/<slug:verb>/", decision_views.decide, "decide"),
            ("<int:pk>/decide/<slug:verb>/mails/<slug:seen>/<int:n>/", decision_views.frame, "decision_mail"),
        ]
        door = self.admin_site.admin_view
        ours = [path(route, door(view), name=f"tenants_tenantrequest_{name}") for route, view, name in pages]
        return [*ours, *super().get_urls()]

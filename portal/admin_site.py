"""Django's admin as Arxus staff have it; what holds for every page of it is said here once."""

from contextlib import suppress
from functools import wraps
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.main import ChangeList
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _


class _List(ChangeList):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # It names what is there; "Select company to view" is an instruction that nobody needs.
        self.title = capfirst(str(self.opts.verbose_name_plural))


class _ForStaff:
    show_facets = admin.ShowFacets.NEVER

    def get_changelist(self, request: HttpRequest, **options: Any) -> type[ChangeList]:
        return _List

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """What is deleted, or never was, is our 404 page, as everywhere; Django leads to the index with a warning."""
        found = super().get_object(request, object_id, from_field)  # type: ignore[misc]  # of ModelAdmin
        # Whoever may not look gets Django's 403, whether it is there or not.
        if found is None and self.has_view_or_change_permission(request):  # type: ignore[attr-defined]
            raise Http404
        return found


class StaffSite(admin.AdminSite):
    # The queue is what staff open; a list of all models beside every page only takes its room.
    enable_nav_sidebar = False

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """With a way back for whoever pressed a button there after the session had ended."""
        from contacts.seal import LOGGED_OUT

        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def with_a_way_back(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            response: HttpResponse = inner(request, *args, **kwargs)
            if request.method != "GET" or LOGGED_OUT not in request.GET or not self.has_permission(request):
                return response
            messages.info(request, _("You were logged out; nothing was done."))
            # An address that answers POST alone is a button's.
            return redirect(_page_with(request) if response.status_code == 405 else request.path)

        return with_a_way_back

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every ModelAdmin, those of packages too."""
        chosen = admin_class or admin.ModelAdmin
        super().register(model_or_iterable, type(chosen.__name__, (_ForStaff, chosen), {}), **options)


def _page_with(request: HttpRequest) -> str:
    """The page that has the button of an address: of the row that it names, else the list."""
    match = request.resolver_match
    app, model, *_action = [*((match and match.url_name) or "").split("_"), "", ""]
    pk = match.kwargs.get("pk") if match else None
    with suppress(NoReverseMatch):
        page = f"admin:{app}_{model}_"
        return reverse(page + "change", args=[pk]) if pk else reverse(page + "changelist")
    return reverse("admin:index")


class StaffAdminConfig(AdminConfig):
    default_site = "portal.admin_site.StaffSite"

"""Django's admin as Arxus staff have it; what holds for every page of it is said here once."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.apps import AdminConfig
from django.contrib.admin.views.main import ChangeList
from django.http import Http404, HttpRequest
from django.utils.text import capfirst


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

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Every ModelAdmin, those of packages too."""
        chosen = admin_class or admin.ModelAdmin
        super().register(model_or_iterable, type(chosen.__name__, (_ForStaff, chosen), {}), **options)


class StaffAdminConfig(AdminConfig):
    default_site = "portal.admin_site.StaffSite"

"""Where Arxus staff keep partners, their members and users. Nothing is ever deleted here but a membership."""

import re
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet, Value
from django.db.models.functions import Concat
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from contacts import access_links, colleagues, numbers, people
from contacts.admin_forms import Chosen, CompanyForm, MembershipForm, MembershipFormSet, UserForm
from contacts.models import Company, Contact, Group, Membership, User, sort_key
from notifications.folding import folded


class _Choosing:
    """Other rows are looked for by what one types of their names."""

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.autocomplete_fields:  # type: ignore[attr-defined]  # of ModelAdmin
            kwargs["widget"] = Chosen(db_field, self.admin_site)  # type: ignore[attr-defined]
        return super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]


class _MembershipInline(_Choosing, admin.TabularInline):
    model = Membership
    form = MembershipForm
    formset = MembershipFormSet
    template = "admin/contacts/memberships.html"
    extra = 0

    class Media:
        js = ["js/autocomplete-names.js"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).select_related("user", "company")


class _PresentInline(_MembershipInline):
    """Memberships as they are. User and company are text: as fields, each row would cost queries for its labels."""

    fields = ["user", "company", "groups", "last_used_at"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["user", "company", "last_used_at"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _NewInline(_MembershipInline):
    fields = ["user", "company", "groups"]
    autocomplete_fields = ["user", "company"]
    verbose_name_plural = gettext_lazy("new memberships")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).none()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class _Members:
    """Ending a membership here is what it is in the portal: what the leaver had in hand passes on (R27)."""

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        formset.by, formset.left = _user(request), []
        super().save_formset(request, form, formset, change)  # type: ignore[misc]  # of ModelAdmin
        for user, company, to_do in formset.left:
            _say_what_is_left(request, user, company, to_do)


class _Kept:
    """Rows that stay: a company or a user is named by what was written in its name."""

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


FEWEST_DIGITS = 4  # that are looked for as a part of a number
_MICROSOFT_IDS = ["microsoft_partner_id", "microsoft_tenant_id", "microsoft_associated_id"]


@admin.register(Company)
class CompanyAdmin(_Kept, _Members, _Choosing, admin.ModelAdmin):
    """Partners are made here, customers by their partners. Kind, partner and relation of a company stay (R14)."""

    form = CompanyForm
    list_display = ["legal_name", "number", "kind", "partner", "relation", "service"]
    list_filter = ["kind", "relation", "tenant_configuration", "country"]
    list_select_related = ["partner"]
    search_fields = ["sort_name", "enterprise_number", "email_domains"]
    search_help_text = gettext_lazy("Name, VAT or enterprise number, or e-mail domain")
    ordering = ["sort_name"]
    show_full_result_count = False
    inlines = [_PresentInline, _NewInline]
    autocomplete_fields = ["success_manager"]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """A name with or without its accents, a number however it is written."""
        found, spawns = super().get_search_results(request, queryset, sort_key(search_term))
        number = re.sub(r"[^0-9A-Za-z]", "", search_term).upper()
        if sum(char.isdigit() for char in number) >= FEWEST_DIGITS:
            found |= queryset.filter(enterprise_number__contains=number)
        return found, spawns

    def get_fieldsets(self, request: HttpRequest, obj: Company | None = None) -> Any:
        customer = ["kind", "partner", "relation"] if obj and obj.is_customer else ["kind"] if obj else []
        # A link would lead whoever may not read users to a refusal.
        manager = "success_manager" if self._links_to_users(request) else "manager"
        arxus = [] if obj and obj.is_customer else ["tenant_configuration", manager, *_MICROSOFT_IDS]
        sets = [
            (None, {"fields": [*customer, "legal_name", "country", "enterprise_number", "email_domains", "shown"]}),
            (_("Where it is"), {"fields": ["street", "box", "postal_code", "town", "phone"]}),
            (_("What Microsoft asks"), {"fields": ["industry", "microsoft_language"]}),
        ]
        return [*sets, (_("With Arxus"), {"fields": arxus})] if arxus else sets

    def get_readonly_fields(self, request: HttpRequest, obj: Company | None = None) -> list[str]:
        return ["kind", "partner", "relation", "manager"]

    def _links_to_users(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request) or _user(request).has_perm("contacts.view_user")

    @admin.display(description=gettext_lazy("Tenant Configuration"), ordering="tenant_configuration")
    def service(self, company: Company) -> str:
        """Of a partner; its customers have what it has."""
        if company.is_customer:
            return "–"
        return _("On") if company.tenant_configuration else _("Switched off")

    @admin.display(description=gettext_lazy("success manager"))
    def manager(self, company: Company) -> str:
        return str(company.success_manager or "–")

    @admin.display(description=gettext_lazy("number"), ordering="enterprise_number")
    def number(self, company: Company) -> str:
        return numbers.display(company.enterprise_number)

    def save_model(self, request: HttpRequest, obj: Company, form: forms.ModelForm, change: bool) -> None:
        obj.sort_name = people.company_sort_name(obj.legal_name)
        if not change:
            obj.kind, obj.created_by = Company.Kind.PARTNER, _user(request)
        super().save_model(request, obj, form, change)


@admin.register(User)
class UserAdmin(_Kept, _Members, admin.ModelAdmin):
    """People who log in. Passwords are never seen or set here; staff and their rights are the superusers' to keep."""

    form = UserForm
    list_display = ["email", "first_name", "last_name", "is_active", "is_staff"]
    list_filter = ["is_active", "is_staff"]
    search_fields = ["email", "called", "memberships__company__sort_name"]
    show_full_result_count = False
    inlines = [_PresentInline, _NewInline]
    filter_horizontal = ["groups"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        called = folded(Concat("first_name", Value(" "), "last_name"))
        return super().get_queryset(request).annotate(called=called)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return super().get_search_results(request, queryset, sort_key(search_term))

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        person = ["email", "first_name", "last_name", "phone", "job_title", "language", "is_active", "shown"]
        sets: list[Any] = [(None, {"fields": person})]
        if _user(request).is_superuser:
            sets.append((_("Arxus staff"), {"fields": ["is_staff", "is_superuser", "groups"]}))
        return sets

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        return ["email"] if obj else []

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Only superusers change staff, so that nobody gives rights to themselves (T86)."""
        may = super().has_change_permission(request, obj)
        return may and (_user(request).is_superuser or obj is None or not (obj.is_staff or obj.is_superuser))

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm, change: bool) -> None:
        if not change:
            # The account waits for its activation link.
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            self._hand_over(request, obj)

    def _hand_over(self, request: HttpRequest, user: User) -> None:
        """What a deactivated user had in hand passes to an administrator, as if they had left (R27)."""
        for membership in user.memberships.select_related("company"):
            company = membership.company
            to_do = colleagues.to_replace(user, company)
            colleagues.hand_over(user, company, by=_user(request))
            colleagues.archive_contacts(user, company, by=_user(request))
            _say_what_is_left(request, user, company, to_do)
            if Group.FULL in membership.groups and not colleagues.administrators(company).exists():
                sentence = _("%(company)s has no administrator now: give somebody the Full Role.")
                messages.warning(request, sentence % {"company": company})

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        if not change and form.instance.is_active:
            access_links.send(form.instance.email)


@admin.register(Contact)
class ContactAdmin(_Kept, admin.ModelAdmin):
    """To look at: partners keep the contacts of their customers."""

    list_display = ["full_name", "email", "company", "language", "archived_at"]
    list_filter = ["language", ("archived_at", admin.EmptyFieldListFilter)]
    list_select_related = ["company"]
    search_fields = ["sort_name", "email", "company__sort_name"]
    ordering = ["sort_name", "pk"]
    show_full_result_count = False

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return super().get_search_results(request, queryset, sort_key(search_term))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Contact | None = None) -> bool:
        return False


def _say_what_is_left(request: HttpRequest, user: User, company: Company, to_do: str) -> None:
    """R27: what names whoever has left. Their partner reads it where these requests stand; staff may be asked."""
    if to_do:
        sentence = _("%(company)s has to name others than %(name)s: %(to_do)s")
        messages.warning(request, sentence % {"company": company, "name": user, "to_do": to_do})


def _user(request: HttpRequest) -> User:
    user = request.user
    assert isinstance(user, User)  # noqa: S101 – the admin lets nobody else in
    return user

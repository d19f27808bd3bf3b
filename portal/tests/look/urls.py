"""The addresses that the samples link to, as the other apps name them."""

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def nothing(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


contacts = [
    path("switch/", nothing, name="switch"),
    path("customers/", nothing, name="customers"),
    path("customer/", nothing, name="customer"),
    path("contacts/", nothing, name="contacts"),
    path("profile/", nothing, name="profile"),
]
tenants = [
    path("tenants/", nothing, name="requests"),
    path("agreements/", nothing, name="agreements"),
    path("tenants/new/", nothing, name="start"),
]
urlpatterns = [
    path("", nothing, name="home"),
    path("", include((contacts, "contacts"))),
    path("", include((tenants, "tenants"))),
    path("account/", include("allauth.urls")),
    path("admin/", admin.site.urls),
]

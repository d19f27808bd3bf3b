"""The portal with two views more: one that writes down what it got, and one that no right leads to."""

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path

from contacts.current import ActingRequest, for_customer, needs, typed_in
from contacts.permissions import Right

written: list[tuple[str, dict[str, list[str]]]] = []


class NoteForm(forms.Form):
    note = forms.CharField(label="Your note")
    kind = forms.ChoiceField(label="What it is", choices=[("a", "An apple"), ("b", "A pear")])
    agreed = forms.BooleanField(label="You agree")


@typed_in(NoteForm)
@needs(Right.EDIT_CUSTOMERS)
@for_customer
def write(request: ActingRequest) -> HttpResponse:
    if request.method == "GET":
        return HttpResponse("the form")
    typed = {name: values for name, values in request.POST.lists() if name[0] != "_" and name != "csrfmiddlewaretoken"}
    written.append((str(request.acting.company), typed))
    return HttpResponse("written")


@needs(Right.MANAGE_USERS)
def manage(request: ActingRequest) -> HttpResponse:
    return HttpResponse("managed")


def whoami(request: HttpRequest) -> JsonResponse:
    acting = request.acting
    return JsonResponse({"company": str(acting.company), "rights": sorted(acting.rights)} if acting else {})


urlpatterns = [
    path("write/", write),
    path("manage/", manage),
    path("whoami/", whoami),
    path("", include("portal.urls")),
]

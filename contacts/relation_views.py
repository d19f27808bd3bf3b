"""The page on which a partner confirms that a customer knows Arxus (R14)."""

from typing import Any

from crispy_forms.layout import Field, Layout
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from contacts import relation
from contacts.current import ActingRequest, for_customer, for_partners_people, needs
from contacts.login import place_of
from contacts.passwords import plain_helper
from contacts.permissions import Right


class ConfirmForm(forms.Form):
    """The statement, unticked, with the words that were read."""

    accepted = forms.BooleanField(
        label=gettext_lazy("Statement"),
        error_messages={"required": gettext_lazy("Read the sentence and tick the box, if it is true.")},
    )
    seen = forms.CharField(widget=forms.HiddenInput, strip=False)

    def __init__(self, data: Any, *, statement: str, partner: str) -> None:
        super().__init__(data, initial={"seen": statement})
        box: Any = self.fields["accepted"]
        box.help_text, box.says = statement, _("I state this for %(partner)s") % {"partner": partner}
        self.helper = plain_helper()
        self.helper.layout = Layout(Field("accepted", template="components/_statement.html"), "seen")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.EDIT_CUSTOMERS)
@for_partners_people
@for_customer
def confirm(request: ActingRequest) -> HttpResponse:
    """Confirm what Arxus prepared; nothing is sent to anybody."""
    company = request.acting.company
    prepared = relation.prepared(company)
    if prepared is None:
        messages.info(request, _("There is nothing to confirm: the relation is as it stands below."))
        return redirect("contacts:customer")
    statement = relation.statement(company)
    data = request.POST if request.method == "POST" else None
    form = ConfirmForm(data, statement=statement, partner=str(request.acting.partner))
    if form.is_bound and form.is_valid():
        seen, place = form.cleaned_data["seen"], place_of(request)
        try:
            relation.confirm(request.acting, seen=seen, ip_address=place)
        except relation.RelationRefused as refused:
            messages.warning(request, str(refused))
        else:
            said = _("Confirmed: %(customer)s knows Arxus. Nothing was sent to anybody.")
            messages.success(request, said % {"customer": company})
        return redirect("contacts:customer")
    context = {"form": form, "company": company, "prepared": prepared, "held": relation.held(company)}
    return render(request, "contacts/relation.html", context)

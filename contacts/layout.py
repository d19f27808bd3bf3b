"""What the forms of customers and contacts share: how they are laid out, and what they say of a choice."""

from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Div, Layout
from django.utils.translation import gettext_lazy

CHOOSE = {"required": gettext_lazy("Choose one."), "invalid_choice": gettext_lazy("Choose one of the list.")}


def laid_out(*layout: Any) -> FormHelper:
    """A form drawn inside a form of the page."""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.layout = Layout(*layout)
    return helper


def pair(one: str, other: str) -> Div:
    """Two fields beside each other, where there is room."""
    return Div(Div(one, css_class="col-md"), Div(other, css_class="col-md"), css_class="row")

"""What reviewers remark again and again, in each language that partners read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.models.review import Remark

LONGEST = Remark._meta.get_field("text").max_length


class StockRemark(models.Model):
    """A remark to be filled in and edited before it is sent; what was sent keeps no tie to it (R25, R41)."""

    title = models.CharField(_("title"), max_length=80)
    # As in a remark: "tenant.tenant_name", or "" for the request as a whole.
    field = models.CharField(_("field"), max_length=60, blank=True)
    text_en = models.CharField(_("English"), max_length=LONGEST)
    text_nl = models.CharField(_("Dutch"), max_length=LONGEST)
    text_fr = models.CharField(_("French"), max_length=LONGEST)
    active = models.BooleanField(
        _("active"), default=True, help_text=_("Untick it to archive the remark: reviewers are no longer offered it.")
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("Among the remarks for the same field; the lowest comes first.")
    )

    class Meta:
        verbose_name = _("stock remark")
        verbose_name_plural = _("stock remarks")
        ordering = ["position", "title", "pk"]
        default_permissions = ("add", "change", "view")
        constraints = [
            models.CheckConstraint(
                condition=~Q(text_en="") & ~Q(text_nl="") & ~Q(text_fr=""), name="a_stock_remark_has_every_language"
            )
        ]

    def __str__(self) -> str:
        return self.title

    def text(self, language: str) -> str:
        """What it says to somebody who reads this language; English where we do not speak it."""
        return str(getattr(self, f"text_{language}", self.text_en))

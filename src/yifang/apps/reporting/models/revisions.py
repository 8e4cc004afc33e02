"""A correction of a card as the district must look at it: what kind, what it replaced, its own two clocks."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.reporting.models.cards import Card
from yifang.kernel.ids import new_id


class RevisionKind(models.TextChoices):
    DISEASE = "disease", _("病种订正")
    DEATH = "death", _("死亡订正")
    CLASS = "class", _("病例分类订正")
    OTHER = "other", _("内容订正")


class Revision(models.Model):
    """One version that corrected a card which had been sent on. The card keeps its state and its first final audit.

    `due_at` is set where a new diagnosis starts the clock of the correction (national_system pack, ck_revision).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="revisions")
    version = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=RevisionKind)
    previous_disease = models.CharField(max_length=40)
    previous_class = models.CharField(max_length=16)
    previous_diagnosed_at = models.DateTimeField(null=True)
    reported_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    audit_due_at = models.DateTimeField()
    audited_at = models.DateTimeField(null=True)
    audited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("card", "version"), name="one_revision_a_version"),)
        indexes = (
            models.Index(fields=("audit_due_at",), condition=Q(audited_at__isnull=True), name="revision_awaiting"),
        )
        ordering = ("version",)

    def __str__(self) -> str:
        return f"{self.card_id} v{self.version} {self.kind}"

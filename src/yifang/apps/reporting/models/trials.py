"""A hospital that tries quietly: what is found is kept, nobody is asked, nothing is sent up."""

from datetime import datetime

from django.db import models
from django.db.models import Q

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class QuietTrial(models.Model):
    """From `since` to `until`, or until somebody goes live (`ended_at`). One at a time for a hospital."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    started_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation",), condition=Q(ended_at__isnull=True), name="one_trial_a_hospital"
            ),
        )
        ordering = ("since",)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.since:%Y-%m-%d}"

    def runs_at(self, at: datetime) -> bool:
        """Whether the hospital tries at that moment."""
        return self.ended_at is None and self.since <= at < self.until

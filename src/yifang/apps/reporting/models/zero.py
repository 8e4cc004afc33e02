"""Zero reports (零报告): a CDC orders them for a disease or a syndrome, units answer each period."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class Cadence(models.TextChoices):
    DAY = "day", _("每日")
    WEEK = "week", _("每周")


class ZeroOrder(models.Model):
    """What is asked, of whom, how often and until when. `disease` or `syndrome`, one of the two, by its pack id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area = models.CharField(max_length=15)
    disease = models.CharField(max_length=40, blank=True)
    syndrome = models.CharField(max_length=40, blank=True)
    cadence = models.CharField(max_length=4, choices=Cadence)
    due_hours = models.PositiveSmallIntegerField()  # after the end of the period
    since = models.DateField()
    until = models.DateField()
    reason = models.CharField(max_length=200)
    units = models.ManyToManyField(Organisation, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)  # called off before `until`

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=(Q(disease="") & ~Q(syndrome="")) | (~Q(disease="") & Q(syndrome="")),
                name="zero_asks_for_one_thing",
            ),
        )
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"{self.disease or self.syndrome} {self.since}"


class ZeroReport(models.Model):
    """One unit's answer for one period: none answered yet (`number` empty), zero, or so many with their cards."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(ZeroOrder, on_delete=models.CASCADE, related_name="reports")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=15)  # of the order: who asks sees the answer
    period = models.DateField()  # its first day
    due_at = models.DateTimeField()
    number = models.PositiveIntegerField(null=True)
    cards = models.JSONField(default=list)  # ids of the cards that it counts
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("order", "organisation", "period"), name="one_zero_report_a_period"),
        )
        indexes = (
            models.Index(fields=("organisation", "due_at", "id"), condition=Q(number=None), name="zero_waiting"),
            models.Index(fields=("order", "period"), name="zero_order"),
        )

    def __str__(self) -> str:
        return f"{self.order_id} {self.period}"

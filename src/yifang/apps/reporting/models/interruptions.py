"""The one time in an episode that a doctor may be interrupted, and what became of it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Person, Record
from yifang.apps.reporting.models.cards import Suspicion
from yifang.kernel.ids import new_id


class InterruptionState(models.TextChoices):
    DUE = "due", _("待提醒")
    SHOWN = "shown", _("已提醒")
    PASSED = "passed", _("未打断")


INTERRUPTION_TRANSITIONS = {
    InterruptionState.DUE: {InterruptionState.SHOWN, InterruptionState.PASSED},
    InterruptionState.SHOWN: set(),
    InterruptionState.PASSED: {InterruptionState.DUE},  # the question came back before anybody was interrupted
}


class InterruptionMoment(models.TextChoices):
    DIAGNOSIS = "diagnosis", _("保存诊断时")
    CLOSED = "closed", _("结束就诊时")


class Interruption(models.Model):
    """All that is asked at one moment of one visit; `lead` is the question that decides who may see it.

    A result alone makes none: it goes to the list and the desk. `began` is the day that the episode counts from.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, null=True, related_name="+")
    lead = models.ForeignKey(Suspicion, on_delete=models.PROTECT, related_name="+")
    moment = models.CharField(max_length=10, choices=InterruptionMoment)
    state = models.CharField(max_length=8, choices=InterruptionState, default=InterruptionState.DUE)
    began = models.DateField()
    due_at = models.DateTimeField()
    shown_at = models.DateTimeField(null=True)
    shown_to = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    shown_in = models.CharField(max_length=16, blank=True)  # window, cds

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person", "organisation", "began"), name="one_interruption_a_day"),
        )
        indexes = (
            models.Index(fields=("organisation", "due_at"), condition=Q(state="due"), name="interruption_due"),
            models.Index(fields=("organisation", "-due_at"), name="interruption_made"),
        )

    def __str__(self) -> str:
        return f"{self.moment} {self.id}"

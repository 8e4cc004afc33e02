"""Work items: something a role must do about a subject, with a clock, an owner, escalation and a proof.

Kinds, clocks and escalation ladders are the `work` pack. A *desk row* says which role at which scope may take the item;
an escalation adds one. Lists start from the desk rows by equality.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.kernel.ids import new_id


class WorkState(models.TextChoices):
    OPEN = "open", _("待处理")
    CLAIMED = "claimed", _("处理中")
    DONE = "done", _("已完成")
    CANCELLED = "cancelled", _("已取消")


TRANSITIONS = {
    WorkState.OPEN: {WorkState.CLAIMED, WorkState.DONE, WorkState.CANCELLED},
    WorkState.CLAIMED: {WorkState.OPEN, WorkState.CLAIMED, WorkState.DONE, WorkState.CANCELLED},
    WorkState.DONE: set(),
    WorkState.CANCELLED: set(),
}


class WorkItem(models.Model):
    """`subject` is what it is about; `title` names it without identity; `place_sealed` is where to go."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=30)
    subject_kind = models.CharField(max_length=12)
    subject = models.UUIDField()
    title = models.CharField(max_length=160, blank=True)
    title_en = models.CharField(max_length=160, blank=True)
    place_sealed = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=WorkState, default=WorkState.OPEN)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    urgent = models.BooleanField(default=False)
    starts_at = models.DateTimeField()
    due_at = models.DateTimeField()
    rung = models.PositiveSmallIntegerField(default=0)  # how many rungs of the ladder were climbed
    next_escalation_at = models.DateTimeField(null=True)
    unattended = models.BooleanField(default=False)  # its last escalation found nobody to tell
    outcome = models.CharField(max_length=40, blank=True)
    proof = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=Q(state__in=("open", "claimed")), name="one_open_item_a_kind"
            ),
        )
        indexes = (
            models.Index(
                fields=("next_escalation_at",), condition=Q(state__in=("open", "claimed")), name="work_escalation"
            ),
            models.Index(fields=("subject", "kind")),
            models.Index(
                fields=("unattended",),
                condition=Q(unattended=True, state__in=("open", "claimed")),
                name="work_unattended",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.title}"

    @property
    def is_open(self) -> bool:
        return self.state in (WorkState.OPEN, WorkState.CLAIMED)


class Desk(models.Model):
    """One role at one scope that may take the item."""

    id = models.BigAutoField(primary_key=True)
    item = models.ForeignKey(WorkItem, on_delete=models.CASCADE, related_name="desks")
    scope = models.CharField(max_length=80)
    role = models.CharField(max_length=30)
    open = models.BooleanField(default=True)
    due_at = models.DateTimeField()
    since = models.DateTimeField()
    escalated = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("item", "scope", "role"), name="one_desk_a_role"),)
        indexes = (models.Index(fields=("scope", "role", "open", "due_at", "id"), name="desk_list"),)

    def __str__(self) -> str:
        return f"{self.role}@{self.scope}"

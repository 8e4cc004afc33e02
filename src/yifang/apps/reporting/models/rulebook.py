"""The rules of identification under change control: drafts, the version in force, and trials on history.

A rule set is the words of overrides of the triggers and syndromes packs (`knowledge.overriding`). One is in force at a
time; what was in force keeps its number, so that a suspicion's pack digest can be led back to a version.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Record
from yifang.kernel.ids import new_id


class RuleSetState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    PROPOSED = "proposed", _("待启用")
    ACTIVE = "active", _("启用中")
    RETIRED = "retired", _("已替换")
    DISCARDED = "discarded", _("已弃置")


RULESET_TRANSITIONS = {
    RuleSetState.DRAFT: {RuleSetState.PROPOSED, RuleSetState.DISCARDED},
    # A change of the words makes it a draft again: what was tried is not what it says now.
    RuleSetState.PROPOSED: {RuleSetState.DRAFT, RuleSetState.ACTIVE, RuleSetState.DISCARDED},
    RuleSetState.ACTIVE: {RuleSetState.RETIRED},
    RuleSetState.RETIRED: {RuleSetState.ACTIVE},
    RuleSetState.DISCARDED: set(),
}


class RuleSet(models.Model):
    """One set of rules. `number` is given when it is first activated; `digest` is that of all packs with it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.PositiveIntegerField(null=True, unique=True)
    title = models.CharField(max_length=120)
    text = models.TextField()
    digest = models.CharField(max_length=64, blank=True)  # empty while the words are not right
    state = models.CharField(max_length=10, choices=RuleSetState, default=RuleSetState.DRAFT)
    based_on = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    activated_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    activated_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("state",), condition=Q(state="active"), name="one_active_ruleset"),
        )
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return f"{self.number or '–'} {self.title}"


class TrialState(models.TextChoices):
    WAITING = "waiting", _("排队中")
    RUNNING = "running", _("运行中")
    DONE = "done", _("完成")
    FAILED = "failed", _("失败")


class Trial(models.Model):
    """A rule set run over the stored records of the last days beside the one in force; it changes no suspicion.

    `rules` counts by rule what it would raise and no longer raise; `kept` of `changed` rows are stored one by one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    ruleset = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="trials")
    digest = models.CharField(max_length=64)  # of the packs with the rule set, as it was tried
    beside = models.CharField(max_length=64, blank=True)  # of those in force then
    days = models.PositiveSmallIntegerField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")  # null: all
    state = models.CharField(max_length=8, choices=TrialState, default=TrialState.WAITING)
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    newly = models.PositiveIntegerField(default=0)
    no_longer = models.PositiveIntegerField(default=0)
    stronger = models.PositiveIntegerField(default=0)
    weaker = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)
    rules = models.JSONField(default=dict)

    class Meta:
        ordering = ("-asked_at",)

    def __str__(self) -> str:
        return f"{self.ruleset_id} {self.state}"


class ChangeKind(models.TextChoices):
    NEWLY = "newly", _("将会提示")
    NO_LONGER = "no_longer", _("不再提示")
    STRONGER = "stronger", _("证据更强")
    WEAKER = "weaker", _("证据更弱")


class TrialChange(models.Model):
    """One record of which the tried rules say something else. `rule` is why: what fires, or what holds it back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    trial = models.ForeignKey(Trial, on_delete=models.CASCADE, related_name="changes")
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=ChangeKind)
    disease = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    rule = models.CharField(max_length=80)
    quote = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("trial", "kind", "-at", "id"), name="trial_changes"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.disease}"

"""The missed-report audit: what was read in each record, one line an episode with its verdict, and samples for review.

A verdict is the machine's and made anew every night; an answer is a person's and stays.
"""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Person, Record
from yifang.apps.reporting.models.cards import Card, Suspicion
from yifang.kernel.ids import new_id


class Reading(models.Model):
    """What identification said of a record under which packs; `said` null where it said nothing of any disease.

    Kept at intake, so that the audit reads again only what was never read, or by other packs.
    """

    record = models.OneToOneField(Record, on_delete=models.CASCADE, primary_key=True, related_name="reading")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    at = models.DateTimeField()
    digest = models.CharField(max_length=16)
    said = models.JSONField(null=True)  # list of `audit.saying.Saying`, empty parts left out

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "at"), name="reading_day"),
            models.Index(fields=("organisation", "at"), condition=Q(said__isnull=False), name="reading_speaks"),
        )

    def __str__(self) -> str:
        return str(self.record_id)


class AuditRun(models.Model):
    """One night's audit of a hospital; `numbers` are lines by verdict, `visits` the records looked at by source."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=15)
    first_day = models.DateField()
    last_day = models.DateField()
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64)
    records = models.PositiveIntegerField(default=0)
    read_again = models.PositiveIntegerField(default=0)
    numbers = models.JSONField(default=dict)

    class Meta:
        indexes = (models.Index(fields=("organisation", "-started_at"), name="audit_run_last"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.first_day}–{self.last_day}"


class AuditKind(models.TextChoices):
    MISSED = "missed", _("应报未报")
    LATE = "late", _("迟报")
    WRONG_CLASS = "wrong_class", _("分类有误")
    REPORTED_ELSEWHERE = "reported_elsewhere", _("外院已报")
    NOT_A_CASE = "not_a_case", _("不符合")
    WAITING = "waiting", _("时限未到")
    REPORTED = "reported", _("已报告")
    GONE = "gone", _("依据已撤回")


class AuditAnswer(models.TextChoices):
    NONE = "", _("未核查")
    SHOULD_REPORT = "should_report", _("应报未报")
    DUPLICATE = "duplicate", _("重复报告")
    NOT_A_CASE = "not_a_case", _("不符合")
    BACK_FILLED = "back_filled", _("已补报")


AUDIT_TRANSITIONS = {
    AuditAnswer.NONE: {
        AuditAnswer.SHOULD_REPORT, AuditAnswer.DUPLICATE, AuditAnswer.NOT_A_CASE, AuditAnswer.BACK_FILLED,
    },
    AuditAnswer.SHOULD_REPORT: {AuditAnswer.DUPLICATE, AuditAnswer.NOT_A_CASE, AuditAnswer.BACK_FILLED},
    AuditAnswer.DUPLICATE: {AuditAnswer.SHOULD_REPORT, AuditAnswer.NOT_A_CASE, AuditAnswer.BACK_FILLED},
    AuditAnswer.NOT_A_CASE: {AuditAnswer.SHOULD_REPORT, AuditAnswer.DUPLICATE, AuditAnswer.BACK_FILLED},
    AuditAnswer.BACK_FILLED: set(),
}  # fmt: skip


class AuditLine(models.Model):
    """One episode of one person and disease at one hospital, with the verdict and what it rests on.

    `evidence` are sayings, each with its record and time; `told` the cards found, ours and the national system's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=15)  # of the organisation: the district that may look
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    disease = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    kind = models.CharField(max_length=20, choices=AuditKind)
    also = models.CharField(max_length=20, blank=True)  # a second kind that holds
    reason = models.CharField(max_length=80, blank=True)
    minutes = models.PositiveIntegerField(null=True)
    since = models.DateTimeField()
    due_at = models.DateTimeField()
    day = models.DateField()
    source = models.CharField(max_length=10)
    department = models.CharField(max_length=60, blank=True)
    evidence = models.JSONField()
    told = models.JSONField(default=list)
    first_run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="+")
    last_run = models.ForeignKey(AuditRun, on_delete=models.PROTECT, related_name="+")
    answer = models.CharField(max_length=14, choices=AuditAnswer, blank=True, default="")
    why = models.CharField(max_length=200, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    card = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "kind", "-day", "-id"), name="audit_list"),
            models.Index(fields=("organisation", "day"), name="audit_days"),
            models.Index(fields=("person", "disease"), name="audit_person"),
            models.Index(fields=("area", "kind", "-day", "-id"), name="audit_area"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.disease} {self.day}"


class AuditSample(models.Model):
    """A stratified random sample of visits for review by hand. `strata`: department, source, size, drawn.

    `looked_at`, `due` and `missed` by stratum (same order) are kept with it: a district reads them without the visits.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    area = models.CharField(max_length=15)
    first_day = models.DateField()
    last_day = models.DateField()
    seed = models.CharField(max_length=40)
    size = models.PositiveIntegerField()
    population = models.PositiveIntegerField()
    strata = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("organisation", "-made_at", "-id"), name="audit_samples"),)

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.seed}"


class Reviewed(models.TextChoices):
    WAITING = "", _("未看")
    NOTHING = "nothing", _("无应报传染病")
    REPORTED = "reported", _("应报,已报")
    MISSED = "missed", _("应报,未报")


class AuditSampleItem(models.Model):
    """One visit of a sample. The reviewer says what they find before they are told what the machine found."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sample = models.ForeignKey(AuditSample, on_delete=models.CASCADE, related_name="items")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField()
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    department = models.CharField(max_length=60, blank=True)
    source = models.CharField(max_length=10)
    found = models.CharField(max_length=10, choices=Reviewed, blank=True, default="")
    disease = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=200, blank=True)
    reviewed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sample", "number"), name="one_number_a_sample"),)
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.sample_id} #{self.number}"


class ResultState(models.TextChoices):
    WAITING = "waiting", _("待医生确认")
    CARD = "card", _("已报卡")
    NO_CARD = "no_card", _("不报卡")
    ROUTED = "routed", _("按规则登记")
    WITHDRAWN = "withdrawn", _("结果已撤回")


RESULT_TRANSITIONS = {
    ResultState.WAITING: {ResultState.CARD, ResultState.NO_CARD, ResultState.WITHDRAWN},
    ResultState.ROUTED: {ResultState.WAITING, ResultState.CARD, ResultState.NO_CARD, ResultState.WITHDRAWN},
    ResultState.NO_CARD: {ResultState.WAITING, ResultState.CARD, ResultState.WITHDRAWN},
    ResultState.CARD: set(),
    ResultState.WITHDRAWN: {ResultState.WAITING, ResultState.ROUTED},
}


class AbnormalResult(models.Model):
    """A positive result or imaging finding on its way: reported → told to the doctor → confirmed → card or not.

    A critical value that points to no notifiable disease has none: somebody confirms it, and that is all. `told_at` is
    when somebody was asked, `confirmed_at` when a doctor answered. `suspicion` is where it is asked.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    source = models.CharField(max_length=10)  # lis, imaging
    disease = models.CharField(max_length=40, blank=True)
    critical = models.BooleanField(default=False, db_default=False)
    group = models.CharField(max_length=24)
    item = models.CharField(max_length=120)
    reported_at = models.DateTimeField()
    day = models.DateField()
    department = models.CharField(max_length=60, blank=True)
    clinician_no = models.CharField(max_length=30, blank=True)
    state = models.CharField(max_length=10, choices=ResultState, default=ResultState.WAITING)
    reason = models.CharField(max_length=200, blank=True)
    suspicion = models.ForeignKey(Suspicion, on_delete=models.SET_NULL, null=True, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="+")
    told_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("record", "disease", "item"), name="one_line_a_result"),
        )  # fmt: skip
        indexes = (
            models.Index(fields=("organisation", "-day", "-id"), name="result_register"),
            models.Index(fields=("organisation", "state", "-day", "-id"), name="result_waiting"),
            models.Index(fields=("suspicion",), condition=Q(suspicion__isnull=False), name="result_suspicion"),
            models.Index(fields=("reported_at",), condition=Q(state="waiting", critical=True), name="result_critical"),
        )

    def __str__(self) -> str:
        return f"{self.source} {self.disease} {self.day}"

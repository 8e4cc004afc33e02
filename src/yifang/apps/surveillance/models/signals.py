"""Signals: what is unusual, why, who answers it by when, and what was told back to those who reported."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import Case
from yifang.kernel.ids import new_id


class SignalState(models.TextChoices):
    OPEN = "open", _("待核实")
    VERIFYING_DESK = "verifying_desk", _("数据核实中")
    VERIFYING_FIELD = "verifying_field", _("现场核实中")
    CLOSED = "closed", _("已关闭")
    ESCALATED = "escalated", _("已升级")


TRANSITIONS = {
    SignalState.OPEN: {
        SignalState.VERIFYING_DESK,
        SignalState.VERIFYING_FIELD,
        SignalState.CLOSED,
        SignalState.ESCALATED,
    },
    SignalState.VERIFYING_DESK: {SignalState.VERIFYING_FIELD, SignalState.CLOSED, SignalState.ESCALATED},
    SignalState.VERIFYING_FIELD: {SignalState.VERIFYING_DESK, SignalState.CLOSED, SignalState.ESCALATED},
    SignalState.CLOSED: set(),
    SignalState.ESCALATED: {SignalState.VERIFYING_FIELD, SignalState.CLOSED},
}


class Conclusion(models.TextChoices):
    FALSE_ALARM = "false_alarm", _("误报")
    SPORADIC = "sporadic", _("散发")
    SUSPECTED_EVENT = "suspected_event", _("疑似事件")
    CONFIRMED_EVENT = "confirmed_event", _("确认事件")


class Signal(models.Model):
    """`expected` and `limit` are counts over `window_days`; `due_at` is the clock of the first answer (响应).

    `disease` is a disease or, of `sort` syndrome, a syndrome of the packs. `unit` is the scope key of the class,
    school, village or worksite in which a threshold was reached, or `series:` and the id of a reported series; empty
    for the area. `explanation` holds the rule with its source and, of a series, the numbers that it was judged by.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    method = models.CharField(max_length=30)  # single_case, threshold, or one of `detect.METHODS`
    sort = models.CharField(max_length=8, default="disease")
    disease = models.CharField(max_length=40)
    unit = models.CharField(max_length=80, blank=True)
    pvalue = models.FloatField(null=True)
    score = models.FloatField(null=True)
    group = models.CharField(max_length=24)
    area_code = models.CharField(max_length=15)
    observed = models.PositiveIntegerField()
    expected = models.FloatField()
    limit = models.FloatField()
    window_days = models.PositiveIntegerField(default=1)
    pack_digest = models.CharField(max_length=64)
    explanation = models.JSONField()
    state = models.CharField(max_length=16, choices=SignalState, default=SignalState.OPEN)
    conclusion = models.CharField(max_length=16, choices=Conclusion, blank=True)
    first_day = models.DateField()
    last_day = models.DateField()
    raised_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    owner = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    cases = models.ManyToManyField(Case, through="SignalCase", related_name="signals")

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("method", "disease", "area_code", "unit"), condition=~Q(state="closed"), name="one_open_signal"
            ),
            models.CheckConstraint(
                condition=Q(state="closed", conclusion__gt="") | (~Q(state="closed") & Q(conclusion="")),
                name="closed_with_a_conclusion",
            ),
        )

    def __str__(self) -> str:
        return f"{self.disease}@{self.area_code}"

    @property
    def has_fallen(self) -> bool:
        """Whether it waits for an answer though fewer cases are left behind it than raised it."""
        return self.state != SignalState.CLOSED and self.observed < self.limit


class SignalCase(models.Model):
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE)
    case = models.ForeignKey(Case, on_delete=models.PROTECT)
    joined_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)  # taken back or corrected away; kept, for the signal was raised by it

    class Meta:
        constraints = (models.UniqueConstraint(fields=("signal", "case"), name="one_case_a_signal"),)

    def __str__(self) -> str:
        return f"{self.signal_id} ← {self.case_id}"


class SuspectedElsewhere(models.Model):
    """A suspicion of a hospital's own node (`id` is its there), as far as the district may know: nobody's identity.

    It counts while it `waits` for the doctor, and once `reported` until the case of its `card` stands in the signal.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    node = models.CharField(max_length=32)
    disease = models.CharField(max_length=40)
    subtype_hint = models.CharField(max_length=40, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    waits = models.BooleanField()
    reported = models.BooleanField()
    card = models.UUIDField(null=True)
    evidence_at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("card",), condition=Q(card__isnull=False), name="suspected_card"),)

    def __str__(self) -> str:
        return f"{self.disease} {self.node}"


class SeriesDue(models.Model):
    """A series whose counts changed since it was last judged: of one disease or syndrome in one county."""

    sort = models.CharField(max_length=8)
    name = models.CharField(max_length=40)
    county = models.CharField(max_length=6)
    changes = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("sort", "name", "county"), name="one_due_a_series"),)

    def __str__(self) -> str:
        return f"{self.name}@{self.county}"


class SignalStep(models.Model):
    """One answer to a signal, with what was found. The steps are the record of verification."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    signal = models.ForeignKey(Signal, on_delete=models.CASCADE, related_name="steps")
    state = models.CharField(max_length=16, choices=SignalState)
    conclusion = models.CharField(max_length=16, choices=Conclusion, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("at",)

    def __str__(self) -> str:
        return f"{self.signal_id} {self.state}"


class Feedback(models.Model):
    """What the CDC tells those who reported: for the scopes named, until a day, with receipts.

    One without a signal is a warning (预警提示) to the departments of the hospitals in `area`.

    `text` is a person's own words; with a `conclusion` it is what closing told, put into the reader's language.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    signal = models.ForeignKey(Signal, on_delete=models.PROTECT, null=True, related_name="feedback")
    area = models.CharField(max_length=15, blank=True)
    departments = ArrayField(models.CharField(max_length=60), default=list)
    scopes = ArrayField(models.CharField(max_length=80))
    group = models.CharField(max_length=24)
    disease = models.CharField(max_length=40)
    conclusion = models.CharField(max_length=16, choices=Conclusion, blank=True)
    text = models.CharField(max_length=1000, blank=True)
    at = models.DateTimeField()
    until = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return self.text[:40]


class FeedbackReceipt(models.Model):
    feedback = models.ForeignKey(Feedback, on_delete=models.CASCADE, related_name="receipts")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    read_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feedback", "user"), name="one_receipt_a_reader"),)

    def __str__(self) -> str:
        return f"{self.feedback_id} {self.user_id}"

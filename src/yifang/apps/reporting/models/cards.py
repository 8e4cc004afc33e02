"""Suspicions, report cards with their versions, and the cases that cards make.

The clock of a card runs from diagnosis to the entry in the national system: `report_due_at` is met only when
`national_card_id` and `entered_at` are recorded. Words on screen are the national ones.
"""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation, Place
from yifang.apps.records.models import Person, Record
from yifang.kernel.ids import new_id


class SuspicionState(models.TextChoices):
    OPEN = "open", _("待处理")
    CONSULTING = "consulting", _("会诊中")
    REPORTED = "reported", _("已报告")
    DISMISSED = "dismissed", _("已排除")
    WITHDRAWN = "withdrawn", _("已撤回")
    TRACKED = "tracked", _("国家系统已有，仅跟踪")
    TRIAL = "trial", _("试运行，未提示")


SUSPICION_TRANSITIONS = {
    SuspicionState.OPEN: {
        SuspicionState.TRACKED,
        SuspicionState.CONSULTING,
        SuspicionState.REPORTED,
        SuspicionState.DISMISSED,
        SuspicionState.WITHDRAWN,
    },
    SuspicionState.CONSULTING: {
        SuspicionState.TRACKED,
        SuspicionState.REPORTED,
        SuspicionState.DISMISSED,
        SuspicionState.WITHDRAWN,
    },
    SuspicionState.REPORTED: set(),
    # A doctor may change their mind; decisive evidence after a dismissal opens it once more.
    SuspicionState.DISMISSED: {SuspicionState.REPORTED, SuspicionState.OPEN, SuspicionState.WITHDRAWN},
    SuspicionState.WITHDRAWN: {SuspicionState.OPEN, SuspicionState.TRIAL},  # the result came again
    # Drafted or entered by the national front-end or system: silent here, its clock still runs. Gone there, it asks.
    SuspicionState.TRACKED: {SuspicionState.OPEN, SuspicionState.REPORTED, SuspicionState.WITHDRAWN},
    # Found while the hospital tries quietly; what is still in time when it goes live asks then.
    SuspicionState.TRIAL: {SuspicionState.OPEN, SuspicionState.WITHDRAWN},
}


class DismissReason(models.TextChoices):
    NOT_THE_DISEASE = "not_the_disease", _("不符合诊断标准")
    PAST = "past", _("既往感染或携带,本次无新发")
    FOLLOW_UP = "follow_up", _("复查随访,本病程已报告")
    REPORTED_ELSEWHERE = "reported_elsewhere", _("外院已报告")
    WRONG_RECORD = "wrong_record", _("记录有误")
    OTHER = "other", _("其他")


class Suspicion(models.Model):
    """What identification found about one person and one disease in one episode; it asks once an episode."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="suspicions")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="suspicions")
    disease = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    confidence = models.CharField(max_length=10)
    rule = models.CharField(max_length=80)
    case_class = models.CharField(max_length=16, blank=True)
    urgent = models.BooleanField(default=False)
    subtype_hint = models.CharField(max_length=40, blank=True)
    evidence = models.JSONField()  # see identifying.evidence_to_json; each names the record it comes from
    pack_digest = models.CharField(max_length=64)
    episode = models.CharField(max_length=64)
    state = models.CharField(max_length=12, choices=SuspicionState, default=SuspicionState.OPEN)
    reason_code = models.CharField(max_length=20, choices=DismissReason, blank=True)
    reason = models.CharField(max_length=200, blank=True)  # in the doctor's own words
    unsupported = models.BooleanField(default=False)  # no current record speaks for it any more
    reopened = models.BooleanField(default=False)  # asked a second time after a dismissal; never a third
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    department = models.CharField(max_length=60, blank=True)
    clinician = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    evidence_at = models.DateTimeField()
    found_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    # By which it asked its doctor; null: it waits in the list only.
    interruption = models.ForeignKey("Interruption", on_delete=models.SET_NULL, null=True, related_name="suspicions")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("person", "disease", "episode"), name="one_suspicion_an_episode"),
        )
        indexes = (
            models.Index(
                fields=("organisation", "due_at", "id"),
                condition=Q(state__in=("open", "consulting")),
                name="suspicion_waiting",
            ),
            models.Index(fields=("organisation", "state", "due_at", "id"), name="suspicion_desk"),
        )

    def __str__(self) -> str:
        return f"{self.disease} {self.id}"

    @property
    def doctor_told(self) -> str:
        """Name and number of the doctor as the record tells them: most have no seat here."""
        visit = self.record.payload.get("encounter", {})
        return f"{visit.get('clinician', '')} {visit.get('clinician_id', '')}".strip()


class CardState(models.TextChoices):
    DRAFT = "draft", _("草稿")
    HOSPITAL_REVIEW = "hospital_review", _("待院内审核")
    RETURNED_BY_HOSPITAL = "returned_by_hospital", _("院内退卡")
    SUBMITTED = "submitted", _("未审核")
    RETURNED_BY_DISTRICT = "returned_by_district", _("区县退卡")
    AUDITED = "audited", _("已审核(终审)")
    DELETED = "deleted", _("已删除")
    DISCARDED = "discarded", _("已弃置")


CARD_TRANSITIONS = {
    # A draft was never a report: it is discarded, never deleted, and the question behind it still waits.
    CardState.DRAFT: {CardState.HOSPITAL_REVIEW, CardState.DISCARDED},
    CardState.HOSPITAL_REVIEW: {CardState.SUBMITTED, CardState.RETURNED_BY_HOSPITAL, CardState.DELETED},
    CardState.RETURNED_BY_HOSPITAL: {CardState.HOSPITAL_REVIEW, CardState.DELETED},
    CardState.SUBMITTED: {CardState.AUDITED, CardState.RETURNED_BY_DISTRICT, CardState.DELETED},
    CardState.RETURNED_BY_DISTRICT: {CardState.HOSPITAL_REVIEW, CardState.DELETED},
    CardState.AUDITED: {CardState.DELETED, CardState.SUBMITTED},  # back: a slip, undone at once by whoever made it
    CardState.DELETED: set(),
    CardState.DISCARDED: set(),
}
GONE = (CardState.DELETED, CardState.DISCARDED)
NO_REPORT = (CardState.DRAFT, *GONE)  # what says of nobody that they fell ill


class EntrySource(models.TextChoices):
    TYPED = "typed", _("人工登记")
    RECONCILED = "reconciled", _("与导出文件核对")


class Case(models.Model):
    """One illness of one person: what is counted. Cards make it or join it when they are entered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="cases", db_index=False)
    disease = models.CharField(max_length=40)
    subtype = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24)
    case_class = models.CharField(max_length=16)
    onset_date = models.DateField()
    diagnosed_at = models.DateTimeField()
    entered_on = models.DateField()
    audited_on = models.DateField(null=True)
    residence_area = models.CharField(max_length=15)
    report_area = models.CharField(max_length=15)
    report_org = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    # Where the person learns, works or lives with others, as far as it is resolved: what thresholds of a unit count.
    # class or dormitory
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    worksite = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    unit_unresolved = models.BooleanField(default=False)  # a text names a unit that nobody has matched yet
    population = models.CharField(max_length=2, blank=True)
    sex = models.CharField(max_length=8, default="unknown")
    age_days = models.PositiveIntegerField(null=True)
    died_on = models.DateField(null=True)
    death_audited_on = models.DateField(null=True)
    excluded = models.BooleanField(default=False)  # 排除: a later correction or deletion says it was not this disease
    created_at = models.DateTimeField()

    class Meta:
        # By each day that cases are counted by, in the order of a list, with the area: the cases behind a number.
        indexes = (
            models.Index(fields=("person", "disease", "onset_date")),
            models.Index(fields=("onset_date", "id", "residence_area"), name="case_by_onset"),
            models.Index(fields=("diagnosed_at", "id", "residence_area"), name="case_by_diagnosis"),
            models.Index(fields=("entered_on", "id", "residence_area"), name="case_by_entry"),
            models.Index(fields=("audited_on", "id", "residence_area"), name="case_by_audit"),
            models.Index(
                fields=("death_audited_on", "id"), condition=Q(death_audited_on__isnull=False), name="case_by_death"
            ),
            # few cases have one of these
            models.Index(fields=("school", "onset_date"), condition=Q(school__isnull=False), name="case_school"),
            models.Index(fields=("place", "onset_date"), condition=Q(place__isnull=False), name="case_place"),
            models.Index(fields=("worksite", "onset_date"), condition=Q(worksite__isnull=False), name="case_worksite"),
        )

    def __str__(self) -> str:
        return f"{self.disease} {self.id}"


class Card(models.Model):
    """The report card as it stands: its state, clocks and keys. Its answers stand in the current version."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card_no = models.CharField(max_length=40)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    # 代报: the unit that diagnosed and reports; `organisation` types for it. Its doctor stands in the answers.
    reported_for = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    department = models.CharField(max_length=60, blank=True)
    doctor = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, null=True, related_name="cards")
    # Null until jobs have found whom a card written by hand is about (`persons.link`).
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="cards")
    case = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="cards")
    state = models.CharField(max_length=24, choices=CardState, default=CardState.DRAFT)
    reason = models.CharField(max_length=300, blank=True)  # what people were told: why returned, why deleted
    version = models.PositiveIntegerField(default=1)
    # The version that the district has: after a return the columns below keep saying what it says, until the next one
    # is approved.
    sent_version = models.PositiveIntegerField(null=True)
    disease = models.CharField(max_length=40, blank=True)
    subtype = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24, default="ordinary")
    case_class = models.CharField(max_length=16, blank=True)
    residence_area = models.CharField(max_length=15, blank=True)
    report_area = models.CharField(max_length=15)
    school = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    school_class = models.CharField(max_length=60, blank=True)
    onset_date = models.DateField(null=True)
    diagnosed_at = models.DateTimeField(null=True)
    died_on = models.DateField(null=True)
    population = models.CharField(max_length=2, blank=True)
    masked_name = models.CharField(max_length=40, blank=True)
    pack_digest = models.CharField(max_length=64)
    created_at = models.DateTimeField()
    report_due_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)  # sent to the district by the hospital's desk
    national_card_id = models.CharField(max_length=40, blank=True)
    entered_at = models.DateTimeField(null=True)  # 报告卡录入时间 in the national system
    entry_source = models.CharField(max_length=12, choices=EntrySource, blank=True)
    audit_due_at = models.DateTimeField(null=True)
    audited_at = models.DateTimeField(null=True)
    audited_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    late_reason = models.CharField(max_length=200, blank=True)
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="merged")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("organisation", "card_no"), name="one_card_no_an_organisation"),
            models.UniqueConstraint(
                fields=("national_card_id",), condition=~Q(national_card_id=""), name="one_national_card_id"
            ),
            models.CheckConstraint(
                condition=Q(entered_at__isnull=True, national_card_id="")
                | (Q(entered_at__isnull=False) & ~Q(national_card_id="")),
                name="national_number_with_its_time",
            ),
        )
        indexes = (
            models.Index(fields=("person", "disease")),
            models.Index(fields=("card_no",)),
            models.Index(fields=("organisation", "state", "report_due_at", "id"), name="card_desk"),
            models.Index(fields=("organisation", "state", "created_at", "id"), name="card_desk_done"),
            models.Index(fields=("audit_due_at", "id"), condition=Q(state="submitted"), name="card_awaiting_audit"),
            models.Index(fields=("school", "disease", "onset_date"), name="card_school"),
            models.Index(  # late or not entered: few at any time, and counted on the desk's every page
                fields=("organisation", "created_at", "id"),
                condition=Q(entered_at__isnull=True) | Q(entered_at__gt=F("report_due_at"), late_reason=""),
                name="card_late",
            ),
        )

    def __str__(self) -> str:
        return self.card_no

    @property
    def reporter(self) -> Organisation:
        """报告单位: whom the report is by, whoever typed it."""
        return self.reported_for or self.organisation


class CardVersion(models.Model):
    """One set of answers. `values` holds the fields that carry no identity; `sealed` those that do."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    values = models.JSONField()
    sealed = models.BinaryField()
    source = models.JSONField(default=dict)  # evidence and excerpts of the record that it was drafted from
    remarks = models.JSONField(default=list)  # findings that stood when it was saved
    reported = models.BooleanField(default=False)  # sent on; a draft that was only saved is not
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("card", "number"), name="one_number_a_version"),)
        ordering = ("number",)

    def __str__(self) -> str:
        return f"{self.card} v{self.number}"


class Said(models.Model):
    """Why somebody took a step: the words that the ledger must not hold. Its entry names this row (`said`)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="said")
    step = models.CharField(max_length=24)  # the verb of the ledger entry, without `reporting.card_`
    text = models.CharField(max_length=300)
    before = models.JSONField(default=dict)  # what the step replaced, where no version keeps it
    at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ("at", "id")

    def __str__(self) -> str:
        return f"{self.card_id} {self.step}"


class Reconciliation(models.Model):
    """A file from the national system held against the cards that lack its number: a preview until confirmed.

    `lines` holds row numbers, national numbers, entry times and card ids, never who anybody is.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    file_name = models.CharField(max_length=200)
    digest = models.BinaryField(max_length=32)  # keyed, of the bytes
    lines = models.JSONField()
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("made_by", "made_at")),)

    def __str__(self) -> str:
        return self.file_name


class CardKey(models.Model):
    """A keyed hash of who a card is about: equal keys make two cards candidates for one illness. Jobs only."""

    id = models.BigAutoField(primary_key=True)
    card = models.ForeignKey(Card, on_delete=models.CASCADE, related_name="keys")
    kind = models.CharField(max_length=16)
    disease = models.CharField(max_length=40)
    key = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("card", "kind"), name="one_key_a_kind"),)
        indexes = (models.Index(fields=("key", "disease")),)

    def __str__(self) -> str:
        return f"{self.card_id} {self.kind}"


class DuplicateState(models.TextChoices):
    OPEN = "open", _("待判定")
    MERGED = "merged", _("已合并")
    KEPT = "kept", _("不是重卡")


DUPLICATE_TRANSITIONS = {
    DuplicateState.OPEN: {DuplicateState.MERGED, DuplicateState.KEPT},
    DuplicateState.MERGED: {DuplicateState.OPEN},
    DuplicateState.KEPT: {DuplicateState.OPEN},
}


class Duplicate(models.Model):
    """Two cards that may report the same illness; `earlier` is the one kept when merged. Both are always kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    earlier = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="+")
    later = models.ForeignKey(Card, on_delete=models.PROTECT, related_name="duplicates")
    scores = models.JSONField()  # key of the pack's duplicate rules → share that agrees
    state = models.CharField(max_length=8, choices=DuplicateState, default=DuplicateState.OPEN)
    found_at = models.DateTimeField()
    case_before = models.ForeignKey(Case, on_delete=models.PROTECT, null=True, related_name="+")  # to take a merge back
    taken = models.JSONField(default=list)  # ids of the fields that the earlier card took from the later when merged
    version_before = models.PositiveIntegerField(null=True)  # of the earlier card, where it took any
    # Keyed digest of what “not a duplicate” was judged by: asked again only when that changes.
    judged_by = models.CharField(max_length=64, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("earlier", "later"), name="one_duplicate_a_pair"),)

    def __str__(self) -> str:
        return f"{self.earlier} ~ {self.later}"


class SavedView(models.Model):
    """A named set of filters of a list; a shared one is offered to the same role at the same organisation or area."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=40)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=1000)
    shared_scope = models.CharField(max_length=80, blank=True)
    shared_role = models.CharField(max_length=30, blank=True)
    first = models.BooleanField(default=False)  # the list opens with it

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("user", "page", "name"), name="one_view_a_name"),
            models.UniqueConstraint(fields=("user", "page"), condition=Q(first=True), name="one_first_view"),
        )
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

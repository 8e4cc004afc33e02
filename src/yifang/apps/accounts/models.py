"""People who sign in, the seats they hold, what each subject shows to whom, and break-glass.

A *seat* is a role at a place: one person may hold several and acts in one at a time. A *visibility row* says that a
subject may be seen from a scope, at a level, until a day; row-level security reads these rows and nothing else.
"""

from django.contrib.auth.hashers import check_password
from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES
from yifang.apps.places.models import Organisation, Place
from yifang.kernel.ids import new_id


class User(AbstractUser):
    """A person who signs in. Permissions come from the seat, never from Django's own groups."""

    first_name = None
    last_name = None
    display_name = models.CharField(max_length=60)
    must_change_password = models.BooleanField(default=False)  # somebody else chose the present one

    def __str__(self) -> str:
        return self.display_name or self.username

    def check_password(self, raw_password: str) -> bool:
        """Without Django's hashing anew at sign-in: nobody is signed in yet, and nobody may change an account."""
        return check_password(raw_password, self.password)


class Seat(models.Model):
    """A role at a place. `staff_no` is the person's number in the organisation's own systems."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="seats")
    role = models.CharField(max_length=30)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="seats"
    )
    department = models.CharField(max_length=60, blank=True)
    area_code = models.CharField(max_length=15, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True)
    staff_no = models.CharField(max_length=30, blank=True)
    hiv_officer = models.BooleanField(default=False)
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "staff_no")),)

    def __str__(self) -> str:
        return f"{self.user} · {self.role_label} · {self.where}"

    @property
    def role_label(self) -> str:
        role = ROLES[self.role]
        return role.zh if translation.get_language() != "en" else role.en

    @property
    def where(self) -> str:
        if self.place is not None:
            return self.place.name
        if self.organisation is not None:
            return f"{self.organisation.name} {self.department}".strip()
        return self.area_code


class Level(models.IntegerChoices):
    """How much a row shows: `task` what to do and where, `case` person and disease."""

    TASK = 1, _("任务")
    CASE = 2, _("个案")


class SubjectKind(models.TextChoices):
    RECORD = "record", _("诊疗记录")
    PERSON = "person", _("个人")
    SUSPICION = "suspicion", _("待排查线索")
    CARD = "card", _("报告卡")
    CASE = "case", _("病例")
    SIGNAL = "signal", _("预警信号")


class Visibility(models.Model):
    """One place that may see one subject. Lists start here: scope and kind (and disease) by equality, newest first."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=80)
    kind = models.CharField(max_length=10, choices=SubjectKind)
    subject = models.UUIDField()
    person = models.UUIDField(null=True)  # whom the subject is about: seeing it is seeing them
    day = models.DateField()
    disease = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24, default="ordinary")  # of the visibility pack
    level = models.PositiveSmallIntegerField(choices=Level, default=Level.CASE)
    reason = models.CharField(max_length=24)
    until = models.DateTimeField(null=True)
    granted_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("subject", "scope", "reason"), name="one_row_a_scope_and_reason"),
        )
        indexes = (
            models.Index(fields=("person", "scope"), condition=Q(person__isnull=False), name="visibility_person"),
            models.Index(F("scope"), F("kind"), F("day").desc(), F("subject").desc(), name="visibility_list"),
            models.Index(
                F("scope"), F("kind"), F("disease"), F("day").desc(), F("subject").desc(), name="visibility_disease"
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} → {self.scope}"


class GlassState(models.TextChoices):
    OPEN = "open", _("待审批")
    APPROVED = "approved", _("已批准")
    REFUSED = "refused", _("不同意")


GLASS_TRANSITIONS = {
    GlassState.OPEN: {GlassState.APPROVED, GlassState.REFUSED},
    GlassState.APPROVED: set(),
    GlassState.REFUSED: set(),
}


class BreakGlass(models.Model):
    """One person opened for three hours, with a reason; a second person answers within 24 hours."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    person = models.UUIDField()
    owner_scope = models.CharField(max_length=80)  # whose second person answers
    told = ArrayField(models.CharField(max_length=80), default=list)  # who answers for the person: they are told
    reason = models.CharField(max_length=20)
    note = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()
    state = models.CharField(max_length=8, choices=GlassState, default=GlassState.OPEN)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True) | ~Q(answered_by=F("user")), name="answered_by_another"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} → {self.person}"

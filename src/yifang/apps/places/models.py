"""Where things are and who runs them: areas below the national list, organisations, groups, classes, worksites.

Areas down to township come from the `regions` pack; only what is local (villages, grids) lives here. An organisation
belongs to one area and may belong to a medical group as well; the two trees are separate scopes.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from yifang.kernel.ids import new_id


class OrganisationKind(models.TextChoices):
    HOSPITAL = "hospital", _("医院")
    PRIMARY = "primary", _("基层医疗机构")
    CDC = "cdc", _("疾控中心")
    BUREAU = "bureau", _("卫生健康行政部门")
    SUPERVISION = "supervision", _("卫生监督机构")
    LABORATORY = "laboratory", _("检验机构")
    BLOOD_CENTRE = "blood_centre", _("采供血机构")
    SCHOOL = "school", _("学校")
    PHARMACY = "pharmacy", _("药店")
    DEPARTMENT = "department", _("政府部门")
    TOWNSHIP = "township", _("乡镇街道")
    VILLAGE = "village", _("村居委会")
    WORKSITE = "worksite", _("用人单位")
    GROUP = "group", _("医疗集团")
    OTHER = "other", _("其他单位")


class Organisation(models.Model):
    """A unit with a code of its own (`code`: the institution code, unique on this node)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    kind = models.CharField(max_length=20, choices=OrganisationKind)
    type_code = models.CharField(max_length=8, blank=True)
    area_code = models.CharField(max_length=15, db_index=True)
    phone = models.CharField(max_length=30, blank=True)
    also_known_as = models.JSONField(default=list, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        return f"org:{self.id}"


class Membership(models.Model):
    """An organisation's time in a medical group (总医院·医共体)."""

    group = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="members")
    member = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("group", "member", "since"), name="one_membership_a_day"),)

    def __str__(self) -> str:
        return f"{self.member} · {self.group}"


class PlaceKind(models.TextChoices):
    CLASS = "class", _("班级")
    DORMITORY = "dormitory", _("宿舍")
    VILLAGE = "village", _("村居")
    GRID = "grid", _("网格")
    WORKSITE = "worksite", _("工作场所")


class Place(models.Model):
    """A place below an organisation or a township: a school class, a dormitory, a village, a grid, a worksite."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=12, choices=PlaceKind)
    code = models.CharField(max_length=30, unique=True)
    name = models.CharField(max_length=120)
    name_en = models.CharField(max_length=160, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, blank=True, related_name="places"
    )
    area_code = models.CharField(max_length=15, db_index=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ("code",)

    def __str__(self) -> str:
        return self.name

    @property
    def scope(self) -> str:
        return f"place:{self.id}"


class MatchState(models.TextChoices):
    OPEN = "open", _("待匹配")
    MATCHED = "matched", _("已匹配")
    NONE = "none", _("无对应单位")


TRANSITIONS = {
    MatchState.OPEN: {MatchState.MATCHED, MatchState.NONE},
    MatchState.MATCHED: {MatchState.OPEN},
    MatchState.NONE: {MatchState.OPEN},
}


class PlaceMatch(models.Model):
    """A free text ("实验小学三(2)班") that waits to be matched to an organisation and, where it names one, a place.

    One row for a text and county: an answer serves every later record with the same text. `shared`: records of more
    than one organisation bear it, so that the district answers for all of them.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    text = models.CharField(max_length=200)
    area_code = models.CharField(max_length=15)
    state = models.CharField(max_length=8, choices=MatchState, default=MatchState.OPEN)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, blank=True)
    place = models.ForeignKey(Place, on_delete=models.PROTECT, null=True, blank=True)
    shared = models.BooleanField(default=False)
    first_seen = models.DateTimeField()
    answered_by = models.BigIntegerField(null=True)  # user id: the people are a later room
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("text", "area_code"), name="one_match_a_text"),)
        indexes = (models.Index(fields=("state", "first_seen", "id"), name="match_list"),)

    def __str__(self) -> str:
        return self.text


class Mention(models.Model):
    """A record that bears a queued text: what waits for the answer, and who may give it (`scopes`)."""

    id = models.BigAutoField(primary_key=True)
    match = models.ForeignKey(PlaceMatch, on_delete=models.CASCADE, related_name="mentions")
    subject_kind = models.CharField(max_length=12)
    subject = models.UUIDField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=80))

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subject_kind", "subject"), name="one_mention_a_subject"),)

    def __str__(self) -> str:
        return f"{self.subject_kind} {self.subject} → {self.match_id}"

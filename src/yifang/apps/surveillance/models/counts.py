"""The count tables: what was counted of each case and visit, and the sums that follow from it.

A change appends what it takes away and what it adds; sums of the rows of a key are its count. `counting` keeps them.
"""

from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

NOBODY = UUID(int=0)  # the organisation of a count by residence, which belongs to none


class SubjectSort(models.TextChoices):
    DISEASE = "disease", _("病种")
    SYNDROME = "syndrome", _("症候群")
    VISIT = "visit", _("就诊")


class DayKind(models.TextChoices):
    ONSET = "onset", _("发病日期")
    DIAGNOSIS = "diagnosis", _("诊断日期")
    ENTRY = "entry", _("录入日期")
    AUDIT = "audit", _("终审日期")
    DEATH = "death", _("死亡终审日期")


class PlaceKind(models.TextChoices):
    RESIDENCE = "residence", _("现住址")
    REPORTING = "reporting", _("报告地区")


class Counted(models.Model):
    """What is counted of one case, visit or published figure now: no identity, the facts that make its keys.

    `age` is the lower bound of the age group in years, -1 where the age is not known; a visit has only `onset_day`,
    the day of the visit, and stands once for each syndrome. `number` is 1 but for published figures.
    """

    id = models.BigAutoField(primary_key=True)
    subject = models.UUIDField()
    sort = models.CharField(max_length=8, choices=SubjectSort)
    name = models.CharField(max_length=40)  # a disease or a syndrome of the packs
    subtype = models.CharField(max_length=40, blank=True)
    case_class = models.CharField(max_length=16, blank=True)
    sex = models.CharField(max_length=8)
    age = models.SmallIntegerField()
    group = models.CharField(max_length=24, default="ordinary")
    residence_area = models.CharField(max_length=15, blank=True)
    report_area = models.CharField(max_length=15, blank=True)
    organisation = models.UUIDField(default=NOBODY)
    onset_day = models.DateField(null=True)
    diagnosis_day = models.DateField(null=True)
    entry_day = models.DateField(null=True)
    audit_day = models.DateField(null=True)
    death_day = models.DateField(null=True)
    number = models.IntegerField(default=1)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subject", "name"), name="counted_once"),)

    def __str__(self) -> str:
        return f"{self.name} {self.subject}"


class Count(models.Model):
    """`number` more (or fewer) of one key; a key has several rows until they are compacted."""

    id = models.BigAutoField(primary_key=True)
    place_kind = models.CharField(max_length=9, choices=PlaceKind)
    day_kind = models.CharField(max_length=9, choices=DayKind)
    county = models.CharField(max_length=6)
    day = models.DateField()
    area = models.CharField(max_length=15)
    sort = models.CharField(max_length=8, choices=SubjectSort)
    name = models.CharField(max_length=40)
    subtype = models.CharField(max_length=40, blank=True)
    case_class = models.CharField(max_length=16, blank=True)
    sex = models.CharField(max_length=8)
    age = models.SmallIntegerField()
    group = models.CharField(max_length=24)
    organisation = models.UUIDField(default=NOBODY)
    number = models.IntegerField()

    class Meta:
        # Everything a picture asks of a county and a period is in the index: the table itself is not read.
        indexes = (
            models.Index(
                fields=("place_kind", "day_kind", "county", "day"),
                include=(
                    "area", "sort", "name", "subtype", "case_class", "sex", "age", "group", "organisation", "number",
                ),
                name="count_of_a_county",
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.name}@{self.area} {self.day} {self.number:+}"


class CountState(models.Model):
    """One row: up to which count the keys were last compacted, up to which counted thing other nodes were told."""

    compacted_to = models.BigIntegerField(default=0)
    told_to = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.compacted_to)

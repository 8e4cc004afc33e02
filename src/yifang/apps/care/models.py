"""Matters that a hospital carries through in steps, and the visits of its clinics.

A *matter* is one triage, one fever-clinic visit, one consultation, one whistle; its kind and steps are the `matters`
pack. `waiting` are the steps that may be taken next; when none waits any more it is closed. Who takes part stands in
`seats` (`role@scope`). A *visit* is what the records say of one coming to the hospital, kept so that what nurses and
clinics wrote can be held against it.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.forms.models import Response
from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Person, Record
from yifang.kernel.ids import new_id


class MatterState(models.TextChoices):
    OPEN = "open", _("进行中")
    CLOSED = "closed", _("已办结")


TRANSITIONS = {MatterState.OPEN: {MatterState.CLOSED}, MatterState.CLOSED: set()}


class Matter(models.Model):
    """`about` is a subject of another app (a suspicion); `key` keeps what begins by itself from beginning twice."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=24)
    state = models.CharField(max_length=8, choices=MatterState, default=MatterState.OPEN)
    waiting = ArrayField(models.CharField(max_length=24), default=list)
    outcome = models.CharField(max_length=24, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    department = models.CharField(max_length=60, blank=True)
    area_code = models.CharField(max_length=15)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    masked_name = models.CharField(max_length=40, blank=True)
    sex = models.CharField(max_length=8, blank=True)
    age = models.PositiveSmallIntegerField(null=True)
    name_key = models.BinaryField(max_length=32, null=True)  # of a typed name, to find the visit again
    disease = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24, blank=True)
    topic = models.CharField(max_length=80, blank=True)  # what else it is about: a pathogen, a week
    about_kind = models.CharField(max_length=12, blank=True)
    about = models.UUIDField(null=True)
    parent = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="children")
    day = models.DateField()
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    opener_role = models.CharField(max_length=30, blank=True)
    closed_at = models.DateTimeField(null=True)
    seats = ArrayField(models.CharField(max_length=130))
    key = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("key",), condition=~Q(key=""), name="one_matter_a_key"),)
        indexes = (
            models.Index(fields=("organisation", "kind", "day", "id"), name="matter_at"),
            models.Index(fields=("area_code", "kind", "day", "id"), name="matter_in"),
            models.Index(fields=("person", "kind"), condition=Q(person__isnull=False), name="matter_person"),
            models.Index(fields=("about",), condition=Q(about__isnull=False), name="matter_about"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.day}"


class Step(models.Model):
    """One step that was taken: `at` is when it happened, by a form, a record, or a word."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="steps")
    step = models.CharField(max_length=24)
    at = models.DateTimeField()
    noted_at = models.DateTimeField()
    by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    role = models.CharField(max_length=30)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, null=True, related_name="+")
    record = models.ForeignKey(Record, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("matter", "at"), name="step_of_matter"),)

    def __str__(self) -> str:
        return f"{self.step} {self.at}"


class Reporter(models.Model):
    """Who blew an anonymous whistle, sealed. Nobody sees it but a CDC lead who broke the seal (`Unsealing`)."""

    matter = models.OneToOneField(Matter, on_delete=models.PROTECT, primary_key=True, related_name="reporter")
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return str(self.matter_id)


class Unsealing(models.Model):
    """A CDC lead opened who blew a whistle: why, and until when."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.matter_id} {self.opened_at}"


class Visit(models.Model):
    """One encounter of the records, as far as clinics and wards need it: no identity, the facts that lists are made of.

    `triage` is the triage that was held to be of the same patient, `matter` the clinic's own. `key` is the record's.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.BinaryField(max_length=32, unique=True)
    record = models.ForeignKey(Record, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=12)  # outpatient, emergency, inpatient …
    department = models.CharField(max_length=60, blank=True)
    clinic = models.CharField(max_length=8, blank=True)
    at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    day = models.DateField()
    age = models.SmallIntegerField(default=-1)
    syndromes = ArrayField(models.CharField(max_length=40), default=list)
    diarrhoea = models.BooleanField(default=False)
    triage = models.ForeignKey(Matter, on_delete=models.PROTECT, null=True, related_name="+")
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "day", "id"), name="visit_day"),
            models.Index(fields=("person", "at"), name="visit_person"),
            models.Index(fields=("triage",), condition=Q(triage__isnull=False), name="visit_triage"),
        )

    def __str__(self) -> str:
        return f"{self.department} {self.day}"

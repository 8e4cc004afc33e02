"""Cards as the national system states them: the county's export, kept by their national number."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Person
from yifang.apps.reporting.models.cards import Card, Case
from yifang.kernel.ids import new_id


class Standing(models.TextChoices):
    BOTH = "both", _("两边一致")
    DIFFERENT = "different", _("两边不同")
    ONLY_THERE = "only_there", _("仅大疫情网有")


class NationalCard(models.Model):
    """One card of the export as it stands now. Its state there is the truth: the case says what it says.

    `stands`: it is not deleted and no duplicate; `audited_at` only where it is finally audited. A card awaiting the
    audit of its revision counts as before (national_system pack, audit_states). `report_in_time` and `audit_in_time`
    are None where the clock cannot be told. `values` holds every further column by its header; who it is about stands
    with the person alone.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    national_card_id = models.CharField(max_length=40)
    card_no = models.CharField(max_length=40, blank=True)
    digest = models.BinaryField(max_length=32)  # of all that the row says: the same again changes nothing
    batch = models.UUIDField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    case = models.OneToOneField(Case, on_delete=models.PROTECT, null=True, related_name="national")
    card = models.OneToOneField(Card, on_delete=models.PROTECT, null=True, related_name="national")
    standing = models.CharField(max_length=10, choices=Standing, default=Standing.ONLY_THERE)
    differs = ArrayField(models.CharField(max_length=24), default=list)  # fields of the card that say otherwise
    audit_state = models.CharField(max_length=16)
    card_state = models.CharField(max_length=10, blank=True)
    stands = models.BooleanField()
    disease = models.CharField(max_length=40, blank=True)  # empty: a name that no pack knows, or not notifiable
    disease_text = models.CharField(max_length=80)
    subtype = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24)
    case_class = models.CharField(max_length=16)
    residence_area = models.CharField(max_length=15)
    report_area = models.CharField(max_length=15, blank=True)
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, null=True, related_name="+"
    )  # who reported
    organisation_text = models.CharField(max_length=120)
    onset_date = models.DateField()
    diagnosed_at = models.DateTimeField()
    entered_at = models.DateTimeField()
    county_audited_at = models.DateTimeField(null=True)
    audited_at = models.DateTimeField(null=True)
    revised_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)
    died_on = models.DateField(null=True)
    report_in_time = models.BooleanField(null=True)
    audit_in_time = models.BooleanField(null=True)
    values = models.JSONField(default=dict)
    received_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("national_card_id",), name="one_of_a_national_id"),)
        indexes = (
            models.Index(fields=("entered_at", "id"), name="national_by_entry"),
            models.Index(fields=("entered_at", "id"), condition=Q(standing="different"), name="national_that_differs"),
        )

    def __str__(self) -> str:
        return self.national_card_id

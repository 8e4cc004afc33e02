"""Unusual signs by department: what an unusual cluster in one clinic is seen by. Seen by nobody; read in jobs."""

from django.db import models

from yifang.apps.places.models import Organisation
from yifang.apps.records.models import Person, Record


class ClinicSign(models.Model):
    """A syndrome of the pack's list in one visit. `told`: a cluster that it belongs to was drafted as a whistle."""

    id = models.BigAutoField(primary_key=True)
    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+", db_index=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    department = models.CharField(max_length=60)
    syndrome = models.CharField(max_length=40)
    day = models.DateField()
    told = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("record", "syndrome"), name="one_sign_a_record"),)
        indexes = (models.Index(fields=("organisation", "department", "syndrome", "day"), name="sign_of_a_clinic"),)

    def __str__(self) -> str:
        return f"{self.syndrome} {self.day}"

"""Counts that a source made itself: their series, and the number of each period."""

from django.db import models

from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class TallySeries(models.Model):
    """One series of one feed's organisation. `name` is a disease or syndrome of the packs, empty for anything else.

    `area` is what the numbers are about; the organisation's own where the source names none.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    sort = models.CharField(max_length=8, blank=True)
    name = models.CharField(max_length=40, blank=True)
    group = models.CharField(max_length=24, default="ordinary")
    text = models.CharField(max_length=120, blank=True)
    label = models.CharField(max_length=120, blank=True)
    area = models.CharField(max_length=15)
    period = models.CharField(max_length=5)
    updated_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "text", "label", "area", "period"), name="one_series_of_a_source"
            ),
        )

    def __str__(self) -> str:
        return " · ".join(one for one in (self.text, self.label) if one)


class TallyNumber(models.Model):
    """The number of one period, as the source last said it."""

    id = models.BigAutoField(primary_key=True)
    series = models.ForeignKey(TallySeries, on_delete=models.CASCADE, related_name="numbers")
    start = models.DateField()
    number = models.PositiveIntegerField()
    deaths = models.PositiveIntegerField(null=True)
    population = models.FloatField(null=True)
    batch = models.UUIDField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("series", "start"), name="one_number_a_period"),)

    def __str__(self) -> str:
        return f"{self.start} {self.number}"

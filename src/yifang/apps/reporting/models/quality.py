"""How well each card was reported, and what that adds up to: written in jobs, never by hand."""

from django.db import models

from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models.cards import Card


class CardQuality(models.Model):
    """What each measure says of one card: `verdicts` holds those whose denominator it is in, true for the numerator.

    The other columns are what the card is counted under, as of the last look.
    """

    card = models.OneToOneField(Card, on_delete=models.CASCADE, primary_key=True, related_name="quality")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.CharField(max_length=60, blank=True)
    area = models.CharField(max_length=15)
    disease = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    month = models.DateField()  # its first day: of entry, else of the making of the card
    verdicts = models.JSONField()

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "month", "department", "disease"), name="quality_place"),
            models.Index(fields=("area", "month"), name="quality_area"),
        )

    def __str__(self) -> str:
        return str(self.card_id)


class QualityTally(models.Model):
    """Numerator and denominator of one measure for what shares all keys."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    department = models.CharField(max_length=60, blank=True)
    area = models.CharField(max_length=15)
    disease = models.CharField(max_length=40)
    group = models.CharField(max_length=24)
    month = models.DateField()
    indicator = models.CharField(max_length=24)
    numerator = models.PositiveIntegerField()
    denominator = models.PositiveIntegerField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("organisation", "month", "department", "disease", "indicator"), name="one_tally_a_key"
            ),
        )
        indexes = (models.Index(fields=("month", "area"), name="tally_month"),)

    def __str__(self) -> str:
        return f"{self.indicator} {self.numerator}/{self.denominator}"

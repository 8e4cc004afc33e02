"""Pictures of paper cards: kept sealed, read into a draft where the node can, attached to the card made from them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models.cards import Card
from yifang.kernel.ids import new_id


class ScanState(models.TextChoices):
    WAITING = "waiting", _("等待识别")
    READING = "reading", _("正在识别")
    READ = "read", _("已识别，待核对")
    FAILED = "failed", _("没有识别出来")
    DRAFTED = "drafted", _("已建草稿")


SCAN_TRANSITIONS = {
    ScanState.WAITING: {ScanState.READING, ScanState.DRAFTED},  # attached to a card that is there: nothing to read
    ScanState.READING: {ScanState.READ, ScanState.FAILED, ScanState.WAITING},
    ScanState.READ: {ScanState.DRAFTED},
    ScanState.FAILED: {ScanState.DRAFTED},  # typed by hand beside the picture
    ScanState.DRAFTED: set(),
}


class Scan(models.Model):
    """One picture. `picture` is sealed; so is `found`, what was read with confidence and place, once it was."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    card = models.ForeignKey(Card, on_delete=models.PROTECT, null=True, related_name="scans")
    file_name = models.CharField(max_length=120)
    media = models.CharField(max_length=20)
    picture = models.BinaryField()
    found = models.BinaryField(null=True)
    width = models.PositiveIntegerField(default=0)  # of the picture that the places in `found` are on
    height = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=ScanState, default=ScanState.WAITING)
    error = models.CharField(max_length=40, blank=True)  # code of the message that says why it failed
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = (models.Index(fields=("organisation", "made_at"), name="scan_of_unit"),)

    def __str__(self) -> str:
        return self.file_name

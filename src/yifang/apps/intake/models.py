"""Doors and what came through them: feeds, batches, and the quarantine of what could not be read."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class Feed(models.Model):
    """A source of one organisation. Its files lie in `folder` of the node's inbox; empty: one named as the code.

    `senders` are the addresses and networks that speak HL7 v2 through it, comma-separated.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="feeds")
    folder = models.CharField(max_length=200, blank=True)
    senders = models.CharField(max_length=300, blank=True)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class BatchState(models.TextChoices):
    RECEIVING = "receiving", _("接收中")
    DONE = "done", _("已接收")


class Batch(models.Model):
    """One file (or upload) by content: the same bytes through the same feed are the same batch.

    `next_index` says how many items are stored, so that a batch killed half-way goes on where it stopped.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="batches")
    name = models.CharField(max_length=300)
    digest = models.BinaryField(max_length=32)
    state = models.CharField(max_length=10, choices=BatchState, default=BatchState.RECEIVING)
    received_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    next_index = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feed", "digest"), name="one_batch_a_content"),)
        indexes = (models.Index(fields=("feed", "-received_at"), name="batch_list"),)
        ordering = ("-received_at",)

    def __str__(self) -> str:
        return self.name


class QuarantineState(models.TextChoices):
    OPEN = "open", _("待处理")
    REPLAYED = "replayed", _("已重放")
    DISCARDED = "discarded", _("已弃置")


TRANSITIONS = {
    QuarantineState.OPEN: {QuarantineState.REPLAYED, QuarantineState.DISCARDED},
    QuarantineState.REPLAYED: set(),
    QuarantineState.DISCARDED: {QuarantineState.OPEN},
}


class Quarantined(models.Model):
    """One item that could not be read: the reason (a message code), the place, the sealed original bytes, the mend."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="quarantined")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    index = models.PositiveIntegerField()
    format = models.CharField(max_length=10)
    code = models.CharField(max_length=60)
    params = models.JSONField(default=dict)
    place = models.CharField(max_length=200, blank=True)
    sealed = models.BinaryField()
    size = models.PositiveIntegerField()
    mended = models.BinaryField(null=True)
    state = models.CharField(max_length=10, choices=QuarantineState, default=QuarantineState.OPEN)
    arrived_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("batch", "index"), name="one_quarantine_an_item"),)
        indexes = (models.Index(fields=("organisation", "state", "-arrived_at", "-id"), name="quarantine_list"),)

    def __str__(self) -> str:
        return f"{self.batch} #{self.index}"

"""The append-only ledger: one row for every change of state, another stream for every look at a person.

Entries hold ids, field names and digests, never identity or values. `xid` is the writing transaction: readers take only
what lies below the oldest running one, because a cursor by id loses late committers. A seal gives an entry its place in
the chain of its stream. Rows are written by `services.append` only; the database lets nobody change or remove one.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class Stream(models.TextChoices):
    CHANGE = "change", _("变更")
    ACCESS = "access", _("查看")


class Entry(models.Model):
    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=6, choices=Stream)
    at = models.DateTimeField()
    xid = models.BigIntegerField()
    kind = models.CharField(max_length=60)  # <app>.<what happened>: reporting.card_submitted
    subject_kind = models.CharField(max_length=20)
    subject = models.UUIDField(null=True)
    actor = models.BigIntegerField(null=True)  # user id; null: the node itself
    role = models.CharField(max_length=30)
    purpose = models.CharField(max_length=120)
    scopes = ArrayField(models.CharField(max_length=80))  # whose open pages it concerns
    fields = ArrayField(models.CharField(max_length=60))
    facts = models.JSONField()  # ids, states, counts
    digest = models.CharField(max_length=64)  # of the values that stand in the version tables

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(fields=("stream", "xid", "id")),
            models.Index(fields=("subject", "id")),
        )

    def __str__(self) -> str:
        return f"{self.id} {self.kind}"


class Seal(models.Model):
    """The place of an entry in its stream: dense `seq`, and SM3 over the previous hash and the entry's content."""

    id = models.BigAutoField(primary_key=True)
    stream = models.CharField(max_length=6, choices=Stream)
    seq = models.BigIntegerField()
    entry_id = models.BigIntegerField(unique=True)
    xid = models.BigIntegerField()
    hash = models.BinaryField(max_length=32)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("stream", "seq"), name="seal_dense"),)

    def __str__(self) -> str:
        return f"{self.stream} {self.seq}"


class Cursor(models.Model):
    """How far a subscriber has read the change stream."""

    name = models.CharField(max_length=60, primary_key=True)
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name} {self.seq}"


class Failure(models.Model):
    """An entry that a subscriber could not take, or one of the same subject that waits behind such an entry.

    While it is not `aside` the subscriber stands before it. `error` is the kind and the place of what went wrong, never
    its words, which may hold people's values; empty for one that only waits its turn.
    """

    id = models.BigAutoField(primary_key=True)
    subscriber = models.CharField(max_length=60)
    seq = models.BigIntegerField()
    subject = models.UUIDField(null=True)
    error = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    aside = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("subscriber", "seq"), name="one_failure_an_entry"),)
        indexes = (models.Index(fields=("subscriber", "subject", "seq")),)

    def __str__(self) -> str:
        return f"{self.subscriber} {self.seq}"

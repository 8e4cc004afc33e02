"""The other nodes, what waits for them, what came from them, and what each of the two has seen of a subject.

A *peer* is another node that people of both sides have confirmed. What is to go to it waits as an `Outgoing` row that
names a subject, never what it says; a `Batch` is built from the records only when it can be sent, and sealed for the
peer. What comes is an `Arrival` until it is applied; an entry that cannot be applied waits by itself (`Waiting`).
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.kernel.ids import new_id


class Side(models.TextChoices):
    UP = "up", _("上级")
    DOWN = "down", _("下级")


class PeerState(models.TextChoices):
    ACTIVE = "active", _("连通")
    PAUSED = "paused", _("已暂停")


TRANSITIONS = {
    PeerState.ACTIVE: {PeerState.PAUSED},
    PeerState.PAUSED: {PeerState.ACTIVE},
}


class Transport(models.TextChoices):
    HTTPS = "https", "HTTPS"
    FOLDER = "folder", _("批文件目录")


class Peer(models.Model):
    """Another node, confirmed by its fingerprint. `organisations` are the codes that a lower node may speak for.

    Each direction is a stream of numbered batches; an epoch begins anew where a node was restored from a backup.
    `out_acked` is what the peer has said, under its signature, that it applied; `in_number` what we applied of its.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    node = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=80)
    role = models.CharField(max_length=10)
    area_code = models.CharField(max_length=15, blank=True)
    side = models.CharField(max_length=4, choices=Side)
    state = models.CharField(max_length=8, choices=PeerState, default=PeerState.ACTIVE)
    transport = models.CharField(max_length=8, choices=Transport)
    url = models.CharField(max_length=300, blank=True)
    organisations = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    keys = models.JSONField()  # the peer's public keys, newest last: id, sign, seal
    knows = models.CharField(max_length=16, blank=True)  # the newest of our keys that it has said to know
    kinds = ArrayField(models.CharField(max_length=20), default=list)  # what it says it can take
    release = models.CharField(max_length=40, blank=True)
    out_epoch = models.BigIntegerField()
    out_number = models.BigIntegerField(default=0)
    out_acked = models.BigIntegerField(default=0)
    out_stored = models.BigIntegerField(default=0)  # what it says it has, applied or not: where sending goes on
    in_epoch = models.BigIntegerField(default=0)
    in_number = models.BigIntegerField(default=0)
    in_mark = models.CharField(max_length=16, blank=True)  # of the last one applied
    # Where our stream began anew: the last step of ours that we still know to have sent. What the peer has beyond it
    # was lost here, and is given back; `given_back` is the epoch of the peer for which that was done.
    out_known = models.BigIntegerField(null=True)
    given_back = models.BigIntegerField(default=0)
    receipt = models.BinaryField(default=bytes)  # our newest receipt for it, signed
    told = models.CharField(max_length=1000, blank=True)  # what that receipt says, to know when it would say more
    # Receipts are counted, by the clock but never backwards: a clock that was put right makes no receipt an old one.
    said = models.BigIntegerField(default=0)  # the count of our newest receipt
    believed = models.BigIntegerField(default=0)  # of the newest one of the peer's
    waiting_there = models.PositiveIntegerField(default=0)  # entries that wait at the peer for somebody
    joined_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=40, blank=True)  # message code of what is wrong now
    error_params = models.JSONField(default=dict)
    error_since = models.DateTimeField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    clock_offset = models.FloatField(default=0)  # seconds that its clock is ahead of ours

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Outgoing(models.Model):
    """A ledger entry that concerns a peer: `batch` is the number it left with. Kept for a while, to be sent again."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="+")
    seq = models.BigIntegerField()  # of the ledger
    kind = models.CharField(max_length=20)
    what = models.CharField(max_length=60)
    subject = models.UUIDField()
    at = models.DateTimeField()
    role = models.CharField(max_length=30)
    facts = models.JSONField(default=dict)  # those of the entry that mean the same at the peer
    epoch = models.BigIntegerField(null=True)
    batch = models.BigIntegerField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("peer", "subject", "seq", "kind"), name="one_entry_a_peer_and_subject"),
        )
        indexes = (
            models.Index(fields=("peer", "id"), condition=Q(batch__isnull=True), name="outgoing_waiting"),
            models.Index(fields=("peer", "epoch", "batch"), name="outgoing_of_a_batch"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Batch(models.Model):
    """A batch for a peer, sealed and signed; its bytes go once the peer has applied it."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="batches")
    epoch = models.BigIntegerField()
    number = models.BigIntegerField()
    mark = models.CharField(max_length=16, blank=True)  # a number may be used twice by a restored node, a mark is not
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    entries = models.PositiveIntegerField()
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    times = models.PositiveIntegerField(default=0)  # sent or written
    acked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("peer", "epoch", "number"), name="one_batch_a_number"),)
        indexes = (models.Index(fields=("peer", "-made_at", "-id"), name="relay_batch_list"),)

    def __str__(self) -> str:
        return f"{self.peer_id} {self.epoch}/{self.number}"


class Arrival(models.Model):
    """A batch of a peer as it came; its bytes go once it is applied."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="arrivals")
    epoch = models.BigIntegerField()
    number = models.BigIntegerField()
    content = models.BinaryField(null=True)
    size = models.PositiveIntegerField()
    received_at = models.DateTimeField()
    entries = models.PositiveIntegerField(default=0)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("peer", "epoch", "number"), name="one_arrival_a_number"),)
        indexes = (models.Index(fields=("peer", "-received_at", "-id"), name="relay_arrival_list"),)

    def __str__(self) -> str:
        return f"{self.peer_id} {self.epoch}/{self.number}"


class Shared(models.Model):
    """What we and a peer know of one subject: the last step of ours that was queued for it, the last of its applied.

    `extra` is what its body held beyond this release, sealed: it is passed on.
    """

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    subject = models.UUIDField()  # the sender's id
    local = models.UUIDField()  # ours
    sent = models.BigIntegerField(default=0)
    sent_epoch = models.BigIntegerField(default=0)
    epoch = models.BigIntegerField(default=0)
    seen = models.BigIntegerField(default=0)
    extra = models.BinaryField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("peer", "kind", "subject"), name="one_shared_subject"),)
        indexes = (models.Index(fields=("local",), name="shared_local"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Waiting(models.Model):
    """An entry of a peer that could not be applied: sealed, with the reason. Later ones of its subject wait behind."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="waiting")
    kind = models.CharField(max_length=20)
    subject = models.UUIDField()
    order = models.BigIntegerField()  # of coming
    sealed = models.BinaryField()
    code = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    first_at = models.DateTimeField()
    next_try_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=1)

    class Meta:
        indexes = (
            models.Index(fields=("peer", "kind", "subject", "order"), name="relay_waiting_subject"),
            models.Index(fields=("first_at", "id"), name="relay_waiting_list"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject} {self.code}"


class Conflict(models.Model):
    """Both nodes changed a subject before they heard of each other: what each said, and what was kept. No values."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="conflicts")
    kind = models.CharField(max_length=20)
    subject = models.UUIDField()
    ours = models.JSONField()
    theirs = models.JSONField()
    kept = models.JSONField()
    found_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.BigIntegerField(null=True)

    class Meta:
        indexes = (models.Index(fields=("-found_at", "-id"), name="relay_conflict_list"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"


class Nonce(models.Model):
    """A request of a peer that was answered: kept as long as its time would be believed. Jobs take its receipt in."""

    id = models.BigAutoField(primary_key=True)
    peer = models.ForeignKey(Peer, on_delete=models.CASCADE, related_name="+")
    nonce = models.CharField(max_length=32)
    at = models.DateTimeField(db_index=True)
    receipt = models.BinaryField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("peer", "nonce"), name="one_use_a_nonce"),)

    def __str__(self) -> str:
        return self.nonce

"""Doors and what came through them: feeds, batches, and the quarantine of what could not be read."""

from django.contrib.postgres.fields import ArrayField
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
    cadence = models.PositiveIntegerField(default=0)  # seconds within which something should come; 0: nobody said
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class FeedKey(models.Model):
    """What a machine client shows to post through one feed. Only the digest of its secret is kept.

    Written `yf1.<id>.<secret>`; the secret is 256 random bits, so a plain SHA-256 of it tells nothing.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="keys")
    name = models.CharField(max_length=80)
    digest = models.BinaryField(max_length=32)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_on = models.DateField(null=True)

    class Meta:
        ordering = ("made_at", "id")

    def __str__(self) -> str:
        return self.name


class Connection(models.Model):
    """How a feed is read from where its source keeps it: by which connector, with which settings, and how far.

    `sealed` holds its secret; a page may write it and never read it. `position` is the last watermark with its type;
    `seen` what was taken within the overlap before it, so that it is not taken again. `columns` are those that reading
    goes by, `found` those that are there now where they differ: then nothing is read until somebody accepts them.
    """

    feed = models.OneToOneField(Feed, on_delete=models.PROTECT, primary_key=True, related_name="connection")
    connector = models.CharField(max_length=20)
    settings = models.JSONField(default=dict)
    sealed = models.BinaryField()
    shown = models.CharField(max_length=200)  # kind, host and place, for people: no user, no password
    every = models.PositiveIntegerField()  # seconds
    quiet = models.CharField(max_length=80, blank=True)
    position = models.JSONField(default=dict)
    seen = models.JSONField(default=dict)
    columns = models.JSONField(default=list)
    found = models.JSONField(default=list)
    tried_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=60, blank=True)  # a message code; empty: the last try succeeded
    error_params = models.JSONField(default=dict)

    def __str__(self) -> str:
        return self.shown


class FeedMapping(models.Model):
    """One version of how a feed's tables are read (YAML); the highest number counts, an empty text is none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="mappings")
    number = models.PositiveIntegerField()
    text = models.TextField(blank=True)
    note = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feed", "number"), name="one_version_a_number"),)
        ordering = ("-number",)

    def __str__(self) -> str:
        return f"{self.feed_id} {self.number}"


class Look(models.Model):
    """What was seen the last time somebody had a source looked at: `sights`, and sealed, up to ten of its rows.

    The jobs process looks, for the page may not know the password; `done_at` is empty while it has not yet.
    """

    feed = models.OneToOneField(Feed, on_delete=models.PROTECT, primary_key=True, related_name="look")
    asked_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    sights = models.JSONField(default=list)  # [level, code, params] of each
    sample = models.BinaryField(null=True)

    def __str__(self) -> str:
        return str(self.feed_id)


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


class FeedDay(models.Model):
    """What came through a feed on one day (of the node's zone), counted as it came: nobody counts records afterwards.

    `measured` records are new versions; `with_*` is how many of them say it (a diagnosis: of `clinical` ones), `hours`
    how many came in each hour, `delays` how long after the event, by `services.days.BOUNDS`, where it has an hour.
    """

    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="days")
    day = models.DateField()
    arrivals = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    records = models.PositiveIntegerField(default=0)
    repeats = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    measured = models.PositiveIntegerField(default=0)
    clinical = models.PositiveIntegerField(default=0)
    with_id = models.PositiveIntegerField(default=0)
    with_birth = models.PositiveIntegerField(default=0)
    with_address = models.PositiveIntegerField(default=0)
    with_time = models.PositiveIntegerField(default=0)
    with_diagnosis = models.PositiveIntegerField(default=0)
    hours = ArrayField(models.PositiveIntegerField(), default=list)
    delays = ArrayField(models.PositiveIntegerField(), default=list)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("feed", "day"), name="one_row_a_feed_and_day"),)

    def __str__(self) -> str:
        return f"{self.feed_id} {self.day}"


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


class NameKind(models.TextChoices):
    TEST = "test", _("检验项目")
    DRUG = "drug", _("药品")
    DEPARTMENT = "department", _("科室")


class NameState(models.TextChoices):
    OPEN = "open", _("待对照")
    CONFIRMED = "confirmed", _("已对照")
    IGNORED = "ignored", _("与传染病无关")


NAME_TRANSITIONS = {
    NameState.OPEN: {NameState.CONFIRMED, NameState.IGNORED},
    NameState.CONFIRMED: {NameState.OPEN, NameState.CONFIRMED, NameState.IGNORED},
    NameState.IGNORED: {NameState.OPEN, NameState.CONFIRMED},
}


class LocalName(models.Model):
    """What a hospital calls a test, a drug or a department, where the packs do not know the name; how often it came.

    `target` is the pack's id (a laboratory trigger, a drug's name, a department's code) once somebody confirmed it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=NameKind)
    name = models.CharField(max_length=200)
    seen = models.PositiveIntegerField(default=0)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    proposals = models.JSONField(default=list)  # [target, score] of each, the likeliest first
    state = models.CharField(max_length=10, choices=NameState, default=NameState.OPEN)
    target = models.CharField(max_length=80, blank=True)
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "kind", "name"), name="one_name_a_hospital"),)
        indexes = (models.Index(fields=("organisation", "state", "kind", "-seen", "id"), name="local_names"),)

    def __str__(self) -> str:
        return self.name

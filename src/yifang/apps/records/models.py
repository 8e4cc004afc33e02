"""What a hospital wrote, and about whom.

Facts and identity are apart: `Person` holds facts and masked forms, `PersonIdentity` the sealed identity and its keyed
hashes, under a stricter policy. A `Record` is one version of a canonical record without its person; a correction is a
new version of the same key, and only one version is current.
"""

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class Person(models.Model):
    """One person as known on this node; `organisation` is set while only one source knows them without a number."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    sex = models.CharField(max_length=8, default="unknown")
    birth_date = models.DateField(null=True)
    area_code = models.CharField(max_length=15, blank=True)
    masked_name = models.CharField(max_length=40, blank=True)
    masked_id_no = models.CharField(max_length=30, blank=True)
    masked_phone = models.CharField(max_length=30, blank=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField()
    # Found to be another: this row stays as an alias by which that person is found; the survivor is never one itself.
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="aliases")

    class Meta:
        indexes = (
            models.Index(fields=("merged_into",), condition=Q(merged_into__isnull=False), name="person_aliases"),
        )

    def __str__(self) -> str:
        return self.masked_name

    @property
    def root_id(self) -> UUID:
        """The person that this one is now."""
        return self.merged_into_id or self.id


class PersonIdentity(models.Model):
    """Sealed JSON of name, id_no, id_type, phone, address, guardian, employer; keyed hashes for exact search only."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, primary_key=True, related_name="identity")
    sealed = models.BinaryField()
    name_key = models.BinaryField(max_length=32, null=True)
    id_no_key = models.BinaryField(max_length=32, null=True)
    phone_key = models.BinaryField(max_length=32, null=True)
    source_key = models.BinaryField(max_length=32, null=True)  # organisation + name + sex + birth date

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("id_no_key",), condition=Q(id_no_key__isnull=False), name="one_id_no"),
            models.UniqueConstraint(
                fields=("source_key",),
                condition=Q(id_no_key__isnull=True, source_key__isnull=False),
                name="one_nameless_source_key",
            ),
        )
        indexes = (
            models.Index(fields=("name_key",), condition=Q(name_key__isnull=False), name="identity_name"),
            models.Index(fields=("phone_key",), condition=Q(phone_key__isnull=False), name="identity_phone"),
            models.Index(fields=("source_key",), condition=Q(source_key__isnull=False), name="identity_source"),
        )

    def __str__(self) -> str:
        return str(self.person_id)


class PersonKey(models.Model):
    """A keyed hash of one block of the `linkage` pack: persons with an equal key are compared. Jobs only."""

    id = models.BigAutoField(primary_key=True)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="keys", db_index=False)
    key = models.BinaryField(max_length=32)
    receiving = models.BooleanField()  # looked up while records come in

    class Meta:
        constraints = (models.UniqueConstraint(fields=("person", "key"), name="one_key_a_person"),)
        indexes = (models.Index(fields=("key",), name="person_key"),)

    def __str__(self) -> str:
        return str(self.person_id)


class PairState(models.TextChoices):
    OPEN = "open", _("待核对")
    SAME = "same", _("是同一人")
    DIFFERENT = "different", _("不是同一人")
    WITHDRAWN = "withdrawn", _("不用再核对")


PAIR_TRANSITIONS = {
    PairState.OPEN: {PairState.SAME, PairState.DIFFERENT, PairState.WITHDRAWN},
    PairState.SAME: {PairState.OPEN, PairState.DIFFERENT, PairState.WITHDRAWN},
    PairState.DIFFERENT: {PairState.OPEN},
    PairState.WITHDRAWN: {PairState.OPEN, PairState.SAME},
}


class PersonPair(models.Model):
    """Two persons who may be one. `evidence` names terms of the linkage pack that agree or differ, never a value.

    `one` was known first. A pair that the rules themselves link has no `answered_by`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    one = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    other = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=PairState, default=PairState.OPEN)
    rule = models.CharField(max_length=40)
    forbidden = models.CharField(max_length=40, blank=True)  # what held the rule back
    evidence = models.JSONField()  # agree, near, differ → terms
    pack_digest = models.CharField(max_length=64)
    found_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("one", "other"), name="one_pair"),)
        indexes = (
            models.Index(fields=("other",), name="pair_other"),
            models.Index(fields=("found_at", "id"), condition=Q(state="open"), name="pair_open"),
        )

    def __str__(self) -> str:
        return f"{self.one_id} ~ {self.other_id}"


class PersonMerge(models.Model):
    """`alias` became `survivor`: which rows pointed at it then, by the app that keeps them, to bring them back."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    pair = models.ForeignKey(PersonPair, on_delete=models.PROTECT, related_name="merges")
    alias = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    survivor = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField()  # name of `protocols.PersonRows` → what it needs to bring them back
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("alias",), condition=Q(undone_at__isnull=True), name="one_merge_at_a_time"),
        )

    def __str__(self) -> str:
        return f"{self.alias_id} → {self.survivor_id}"


class ConflictState(models.TextChoices):
    OPEN = "open", _("待核实")
    TWO_PEOPLE = "two_people", _("不是同一人")
    ONE_PERSON = "one_person", _("是同一人，来源改正")


CONFLICT_TRANSITIONS = {
    ConflictState.OPEN: {ConflictState.TWO_PEOPLE, ConflictState.ONE_PERSON},
    ConflictState.TWO_PEOPLE: {ConflictState.ONE_PERSON},
    ConflictState.ONE_PERSON: {ConflictState.TWO_PEOPLE},
}


class IdentityConflict(models.Model):
    """`person` came with the identity number of `holder` under another name: both are kept, somebody looks."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="conflict")
    holder = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=12, choices=ConflictState, default=ConflictState.OPEN)
    found_at = models.DateTimeField()
    answered_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    answered_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.person_id} ≠ {self.holder_id}"


class RecordState(models.TextChoices):
    FINAL = "final", _("正式")
    PRELIMINARY = "preliminary", _("初步")
    CORRECTED = "corrected", _("更正")
    CANCELLED = "cancelled", _("作废")


class Record(models.Model):
    """One version. `key` is the keyed digest of organisation and report identity, `digest` that of the content."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    key = models.BinaryField(max_length=32)
    version = models.PositiveIntegerField(default=1)
    current = models.BooleanField(default=True)
    digest = models.BinaryField(max_length=32)
    messages = ArrayField(models.CharField(max_length=32), default=list)  # `formats.identity.message_key` of each
    state = models.CharField(max_length=12, choices=RecordState)
    kind = models.CharField(max_length=20)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="records", db_index=False)
    found_as = models.UUIDField(null=True)  # the alias by which the source knows them: where it goes when that is split
    batch = models.UUIDField(db_index=True)
    department = models.CharField(max_length=60, blank=True)
    clinician_no = models.CharField(max_length=30, blank=True)
    at = models.DateTimeField()
    at_precision = models.CharField(max_length=8, default="second")
    received_at = models.DateTimeField()
    payload = models.JSONField()  # canonical record without `person`

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "version"), name="one_version_a_key"),
            models.UniqueConstraint(fields=("key",), condition=Q(current=True), name="one_current_a_key"),
        )
        indexes = (models.Index(fields=("person", "-at")),)

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

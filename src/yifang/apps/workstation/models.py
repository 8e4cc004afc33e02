"""What a hospital's own system may ask of us for its doctors: its keys, the windows it opened, what it was told.

No identity stands here: a visit is kept by the keyed hash of its number, and nothing says whose it was.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.models import Seat, User
from yifang.apps.places.models import Organisation
from yifang.apps.reporting.models import Suspicion
from yifang.kernel.ids import new_id


class ClientKind(models.TextChoices):
    HMAC = "hmac", _("签名链接（HMAC-SHA256）")
    ED25519 = "ed25519", _("签名链接（Ed25519）")
    CDS = "cds", _("CDS Hooks（JWT）")


class Client(models.Model):
    """A system of one hospital that may open windows by signed links, or ask as a CDS Hooks client.

    `sealed` is the secret of an HMAC key; `public` the public key of an Ed25519 one, or the JWKS of a CDS client, whose
    tokens name it by `issuer`. `networks` are the addresses that it may come from; empty: any.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=ClientKind)
    sealed = models.BinaryField(null=True)
    public = models.TextField(blank=True)
    issuer = models.CharField(max_length=300, blank=True)
    networks = models.CharField(max_length=300, blank=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)
    used_on = models.DateField(null=True)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("issuer",), condition=models.Q(revoked_at=None) & ~models.Q(issuer=""), name="one_cds_issuer"
            ),
        )
        ordering = ("made_at", "id")

    def __str__(self) -> str:
        return self.name


class UsedLink(models.Model):
    """A link that was followed: the digest of its nonce, kept until the link would have expired anyway."""

    digest = models.BinaryField(max_length=32, primary_key=True)
    until = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return bytes(self.digest).hex()


class VisitKey(models.Model):
    """By which visit and patient numbers of its hospital a suspicion is found: keyed hashes, never the numbers."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BinaryField(max_length=32)
    suspicion = models.ForeignKey(Suspicion, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "organisation", "suspicion"), name="one_visit_key_a_suspicion"),
        )

    def __str__(self) -> str:
        return f"{self.organisation_id} {self.suspicion_id}"


class Window(models.Model):
    """A window that a link opened for one doctor and one visit. `digest` is that of the secret in its cookie."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    digest = models.BinaryField(max_length=32, unique=True)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, null=True, related_name="+")  # null: our own link
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    keys = models.JSONField(default=list)  # keyed hashes (hex) of the visit and of the patient in this hospital
    person = models.UUIDField(null=True)  # once it is known whom the visit is about
    opened_at = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("opened_at",)),)

    def __str__(self) -> str:
        return str(self.id)


class Stranger(models.Model):
    """A staff number that a hospital's system named and that has no seat here: for the hospital's desk to settle."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    staff_no = models.CharField(max_length=30)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    times = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("organisation", "staff_no"), name="one_stranger_a_number"),)

    def __str__(self) -> str:
        return self.staff_no


class Outcome(models.TextChoices):
    SHOWN = "shown", _("已显示")
    ACCEPTED = "accepted", _("已采纳")
    OVERRIDDEN = "overridden", _("已排除")


class Prompt(models.Model):
    """A card that a CDS Hooks service answered with, and what the doctor did with it.

    `about` is the keyed hash of the patient's number in this hospital: what was dismissed in the other system before
    the record itself came in is dismissed here when it does.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    client = models.ForeignKey(Client, on_delete=models.PROTECT, related_name="+")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    hook = models.CharField(max_length=40)
    about = models.BinaryField(max_length=32)
    suspicion = models.ForeignKey(Suspicion, on_delete=models.PROTECT, null=True, related_name="+")
    disease = models.CharField(max_length=40)
    rule = models.CharField(max_length=80)
    shown_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.SHOWN)
    reason_code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=("organisation", "about", "disease", "shown_at"), name="prompt_about"),)

    def __str__(self) -> str:
        return f"{self.hook} {self.disease}"


class FrontEnd(models.Model):
    """What the national front-end software (前置软件) says of a visit: its card stands there, or was taken back."""

    id = models.BigAutoField(primary_key=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+", db_index=False)
    key = models.BinaryField(max_length=32)  # of the visit
    disease = models.CharField(max_length=40)
    stands = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("key", "organisation", "disease"), name="one_front_end_card_a_visit"),
        )

    def __str__(self) -> str:
        return f"{self.disease} {self.stands}"


class Reminder(models.Model):
    """A reminder of care (诊疗提醒) that a doctor was shown, and why it was closed.

    No identity and no finding stand here: `about` is the keyed hash of the patient's number, `rule` that of the
    reminders pack. `reason_code` is the pack's too, "" while it is open.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+", db_index=False)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    department = models.CharField(max_length=60, blank=True)
    about = models.BinaryField(max_length=32)
    rule = models.CharField(max_length=40)
    pack_digest = models.CharField(max_length=64)
    where = models.CharField(max_length=20)  # `window`, or the hook of CDS Hooks
    shown_at = models.DateTimeField()
    reason_code = models.CharField(max_length=20, blank=True)
    reason = models.CharField(max_length=200, blank=True)
    closed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (
            models.Index(fields=("organisation", "about", "shown_at"), name="reminder_about"),
            models.Index(fields=("organisation", "shown_at"), name="reminder_shown"),
        )

    def __str__(self) -> str:
        return f"{self.rule} {self.shown_at}"

"""What was answered on a form, with the very questions it was asked by.

Answers that say who somebody is, and free text, are sealed; the others are plain. Who sees a response stands in its
`seats` (`role@scope`), which follow the subject it belongs to. A response never changes: a correction is another one.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from yifang.apps.accounts.models import User
from yifang.apps.places.models import Organisation
from yifang.kernel.ids import new_id


class FormVersion(models.Model):
    """A form as it was when first filled; `content` is the pack's entry, `digest` that of the content."""

    digest = models.CharField(primary_key=True, max_length=64)
    form = models.CharField(max_length=40)
    version = models.PositiveIntegerField()
    content = models.JSONField()
    first_filled = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.form} {self.version}"


class Response(models.Model):
    """One filled form about `subject`. `filled_by` is empty where nobody may know who filled it, or a record did."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    form = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="+")
    subject = models.UUIDField(db_index=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, null=True, related_name="+")
    answers = models.JSONField()
    sealed = models.BinaryField(null=True)
    filled_by = models.ForeignKey(User, on_delete=models.PROTECT, null=True, related_name="+")
    filled_at = models.DateTimeField()
    seconds = models.PositiveIntegerField(null=True)  # from opening the page to sending it
    seats = ArrayField(models.CharField(max_length=130))
    group = models.CharField(max_length=24, blank=True)  # of the visibility pack; empty: no disease is named

    def __str__(self) -> str:
        return f"{self.form} {self.filled_at}"


class Attachment(models.Model):
    """A file given as an answer; sealed, and without what a camera writes into a picture."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="files")
    question = models.CharField(max_length=40)
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.question} {self.size}"

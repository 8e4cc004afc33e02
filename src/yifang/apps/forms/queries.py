"""Reads of what was filled: a file of a response that the viewer sees."""

from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.forms.models import Attachment
from yifang.apps.forms.services import content_of
from yifang.apps.ledger.services import looked
from yifang.kernel.errors import NotFound


def attachment(attachment_id: UUID, viewer: Viewer) -> tuple[Attachment, bytes]:
    """A file and its content; leaves an access entry. Raises NotFound `forms.no_file`."""
    with transaction.atomic():
        found = Attachment.objects.filter(id=attachment_id).first()
        if found is None:
            raise NotFound("forms.no_file")
        looked("forms.file_opened", "response", found.response_id, viewer)
    return found, content_of(found)

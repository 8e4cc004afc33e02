"""The files that were given with a form."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from yifang.apps.forms import queries


@require_safe
def attachment(request: HttpRequest, attachment_id: UUID) -> HttpResponse:
    """One file; pictures show in the page, anything else is saved."""
    found, content = queries.attachment(attachment_id, request.viewer)
    shown = found.content_type.startswith("image/")
    ending = found.content_type.partition("/")[2]
    response = HttpResponse(content, content_type=found.content_type)
    response["Content-Disposition"] = "inline" if shown else f'attachment; filename="{found.id}.{ending}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response

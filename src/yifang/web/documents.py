"""Word documents from a template and a record (docxtpl). The template says how it looks, the caller what it holds.

Values are escaped and the template language is sandboxed, so a template that a region edits can show values but run
nothing. A name that the template uses and the record lacks is an error, not a blank in an official document.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from docxtpl import DocxTemplate
from jinja2 import StrictUndefined
from jinja2.sandbox import SandboxedEnvironment

from yifang.web.exports import Provenance
from yifang.web.native_charts import NativeChart, into_document

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def render(
    template: Path, context: Mapping[str, Any], source: Provenance, charts: Mapping[str, NativeChart] | None = None
) -> bytes:
    """The filled document. The template gets `provenance` as (label, text) pairs, and the file's properties say it.

    `charts` stand where a paragraph of the template reads `[[chart:name]]`.

    Raises FileNotFoundError for a missing template and jinja2.UndefinedError for a value the context lacks.
    """
    if not template.is_file():
        raise FileNotFoundError(f"no document template at {template}")
    document = DocxTemplate(template)
    environment = SandboxedEnvironment(autoescape=True, undefined=StrictUndefined)
    document.render({**context, "provenance": source.pairs()}, environment)
    into_document(document.docx, charts or {})
    properties = document.docx.core_properties  # get_docx() would load the empty template again
    properties.title, properties.author = str(source.title)[:255], source.who
    # a property takes 255 characters; the document itself shows all of it
    properties.comments = "; ".join(f"{label}: {text}" for label, text in source.pairs() if text)[:255]
    properties.created = properties.modified = source.at.replace(tzinfo=None)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def response(
    name: str,
    template: Path,
    context: Mapping[str, Any],
    source: Provenance,
    charts: Mapping[str, NativeChart] | None = None,
) -> HttpResponse:
    """The document as a download called `name` (without ending)."""
    headers = {"Content-Disposition": content_disposition_header(True, f"{name}.docx") or "attachment"}
    return HttpResponse(render(template, context, source, charts), content_type=DOCX, headers=headers)

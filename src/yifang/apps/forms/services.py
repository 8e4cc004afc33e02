"""Filling a form: what was typed is read, refused with all its problems, or kept with the version it was asked by."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction

from yifang.apps.accounts.keys import sealing
from yifang.apps.forms import logic, pictures
from yifang.apps.forms.models import Attachment, FormVersion, Response
from yifang.apps.ledger.services import Actor, Change, append
from yifang.kernel import clock
from yifang.kernel.digest import digest_of
from yifang.kernel.errors import UserError
from yifang.kernel.ids import new_id
from yifang.knowledge import load
from yifang.knowledge.models.forms import Form

LARGEST = 5_000_000


class Unfilled(UserError):
    """A form that cannot be kept as it is; `read` says what was read and every problem."""

    def __init__(self, read: logic.Read) -> None:
        super().__init__("forms.unfilled", n=len(read.problems))
        self.read = read


@dataclass(frozen=True, slots=True)
class Kept:
    """Where a response belongs and who sees it."""

    subject: UUID
    seats: Sequence[str]
    organisation: UUID | None = None
    group: str = ""


def read(form: Form, given: logic.Given, done: Collection[str] = ()) -> logic.Read:
    """Read what was typed into a form of the effective pack."""
    return logic.read(form, given, done, load().diseases)


def fill(
    form_id: str,
    given: logic.Given,
    kept: Kept,
    by: Actor,
    *,
    files: Mapping[str, Sequence[bytes]] | None = None,
    done: Collection[str] = (),
    seconds: int | None = None,
) -> Response:
    """Keep a filled form. Raises Unfilled with every problem at once.

    The permission is that of the service which asks for it. An anonymous `by` has no user: nobody is written down.
    """
    form = load().forms.form(form_id)
    found = read(form, given, done)
    given_files = [(question, data) for question, datas in (files or {}).items() for data in datas if data]
    problems = [*found.problems, *_files_wrong(found, given_files)]
    if problems:
        raise Unfilled(logic.Read(found.answers, found.asked, problems, found.warnings))
    with transaction.atomic():
        version = _version(form)
        secret = {name: value for name, value in found.answers.items() if form.questions[name].sealed}
        row = Response(
            id=new_id(), form_id=version, subject=kept.subject, organisation_id=kept.organisation,
            answers={name: value for name, value in found.answers.items() if name not in secret},
            filled_by_id=by.user_id, filled_at=clock.now(), seconds=seconds, seats=list(kept.seats), group=kept.group,
        )  # fmt: skip
        if secret:
            row.sealed = sealing().seal(json.dumps(secret, ensure_ascii=False).encode(), context(row.id))
        row.save(force_insert=True)
        for question, data in given_files:
            clean = pictures.without_metadata(data)
            one = Attachment(
                id=new_id(), response=row, question=question, content_type=pictures.kind_of(data), size=len(clean)
            )
            one.sealed = sealing().seal(clean, file_context(one.id))
            one.save(force_insert=True)
        append(
            Change(
                "forms.filled", "response", row.id, fields=sorted(found.answers),
                facts={"form": form.id, "version": form.version, "subject": kept.subject, "files": len(given_files)},
                digest=sealing().digest("response", json.dumps(found.answers, sort_keys=True).encode()),
            ),
            by,
        )  # fmt: skip
    return row


def answers_of(response: Response) -> dict[str, Any]:
    """Every answer, the sealed ones opened."""
    answers = dict(response.answers)
    if response.sealed is not None:
        answers |= json.loads(sealing().open(bytes(response.sealed), context(response.id)))
    return answers


def form_of(response: Response) -> Form:
    """The form as it was asked."""
    return Form.model_validate(response.form.content)


def content_of(attachment: Attachment) -> bytes:
    """The file itself."""
    return sealing().open(bytes(attachment.sealed), file_context(attachment.id))


def context(response_id: UUID) -> str:
    """What the sealed answers are bound to."""
    return f"response:{response_id}"


def file_context(attachment_id: UUID) -> str:
    """What a sealed file is bound to."""
    return f"attachment:{attachment_id}"


def _files_wrong(found: logic.Read, files: Sequence[tuple[str, bytes]]) -> list[logic.Problem]:
    asked = {question.id for question in found.asked if question.type == "file"}
    problems = [logic.Problem(question, "forms.option") for question, _data in files if question not in asked]
    for question, data in files:
        if len(data) > LARGEST:
            problems.append(logic.Problem(question, "forms.file_large", {"most": LARGEST // 1_000_000}))
        elif not pictures.kind_of(data):
            problems.append(logic.Problem(question, "forms.file_kind"))
    return problems


def _version(form: Form) -> str:
    content = form.model_dump(mode="json", exclude_defaults=True)
    digest = digest_of(content)
    if not FormVersion.objects.filter(digest=digest).exists():
        row = FormVersion(digest=digest, form=form.id, version=form.version, content=content, first_filled=clock.now())
        FormVersion.objects.bulk_create([row], ignore_conflicts=True)
    return digest

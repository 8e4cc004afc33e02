"""Lines and results out to Excel, with the columns that inspectors ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from yifang.apps.records.models import Record
from yifang.apps.reporting.models import AbnormalResult, AuditLine
from yifang.apps.reporting.presenting import missed as told
from yifang.kernel import clock
from yifang.knowledge import load
from yifang.web import exports


def lines_book(
    request: HttpRequest, lines: Sequence[AuditLine], records: Mapping[UUID, Record], conditions: str
) -> HttpResponse:
    """漏报核查登记表. A doctor's name stands in it only where the reader sees the record: in the hospital itself."""
    fields = [
        exports.Field("number", _("序号"), "number", 6), exports.Field("organisation", _("报告单位"), width=24),
        exports.Field("day", _("就诊日期"), "date"), exports.Field("department", _("科室")),
        exports.Field("doctor", _("医生")), exports.Field("who", _("患者")),
        exports.Field("disease", _("病种"), width=20),
        exports.Field("source", _("来源")), exports.Field("because", _("依据"), width=40),
        exports.Field("verdict", _("结论")), exports.Field("late", _("迟报时长")),
        exports.Field("reason", _("原因"), width=30),
        exports.Field("due", _("报告时限"), "instant", 18), exports.Field("answer", _("核查结果")),
        exports.Field("why", _("核查说明"), width=30), exports.Field("card", _("补报卡号"), width=20),
        exports.Field("answered", _("核查时间"), "instant", 18),
    ]  # fmt: skip
    own = request.viewer.can("missed.answer")
    rows = (_line(number, one, records, own) for number, one in enumerate(lines, 1))
    return exports.response(
        f"missed-{clock.today():%Y%m%d}", fields, rows, _source(request, _("漏报核查登记表"), conditions)
    )


def results_book(
    request: HttpRequest, found: Sequence[AbnormalResult], records: Mapping[UUID, Record], conditions: str
) -> HttpResponse:
    """检验/影像异常结果反馈登记."""
    fields = [
        exports.Field("number", _("序号"), "number", 6), exports.Field("who", _("患者")),
        exports.Field("sex", _("性别"), width=6), exports.Field("birth", _("出生日期"), "date"),
        exports.Field("department", _("送检科室")), exports.Field("source", _("类别")),
        exports.Field("critical", _("危急值"), width=8), exports.Field("item", _("异常结果"), width=36),
        exports.Field("disease", _("提示病种"), width=20),
        exports.Field("reported", _("报告时间"), "instant", 18), exports.Field("told", _("反馈时间"), "instant", 18),
        exports.Field("doctor", _("接收医生")), exports.Field("confirmed", _("医生确认时间"), "instant", 18),
        exports.Field("state", _("处理结果")), exports.Field("reason", _("不报卡原因"), width=30),
        exports.Field("card", _("报告卡号"), width=20),
    ]  # fmt: skip
    rows = (_result(number, told.result(one, records)) for number, one in enumerate(found, 1))
    title = _("检验、影像异常结果反馈登记")
    return exports.response(f"results-{clock.today():%Y%m%d}", fields, rows, _source(request, title, conditions))


def _line(number: int, one: AuditLine, records: Mapping[UUID, Record], own: bool) -> dict[str, Any]:
    row = told.row(one, records)
    return {
        "number": number, "organisation": str(one.organisation), "day": one.day, "department": one.department,
        "doctor": told.doctor(row.record) if own else "", "who": row.record.person.masked_name if row.record else "",
        "disease": row.disease, "source": row.source, "because": row.because, "verdict": one.get_kind_display(),
        "late": row.late, "reason": row.reason, "due": one.due_at, "answer": row.answer, "why": one.why if own else "",
        "card": one.card.card_no if own and one.card else "", "answered": one.answered_at,
    }  # fmt: skip


def _result(number: int, row: told.ResultRow) -> dict[str, Any]:
    one, person = row.one, row.record.person if row.record else None
    sexes = {"male": _("男"), "female": _("女")}
    return {
        "number": number, "who": person.masked_name if person else "",
        "sex": sexes.get(person.sex, "") if person else "",
        "birth": person.birth_date if person else None, "department": one.department, "source": row.source,
        "item": one.item, "critical": _("是") if one.critical else "",
        "disease": row.disease, "reported": one.reported_at, "told": one.told_at,
        "doctor": row.doctor, "confirmed": one.confirmed_at, "state": one.get_state_display(), "reason": row.reason,
        "card": one.card.card_no if one.card else "",
    }  # fmt: skip


def _source(request: HttpRequest, title: str, conditions: str) -> exports.Provenance:
    return exports.Provenance(
        title=title, who=str(request.user), seat=str(request.seat), at=clock.now(), conditions=conditions,
        packs=load().digest, node=settings.YIFANG_NODE_NAME, purpose=_("漏报核查"),
    )  # fmt: skip

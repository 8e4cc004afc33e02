"""What the fields of a mapping are called."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Any] = {
    "person.name": _("姓名"), "person.family": _("姓"), "person.given": _("名"),
    "person.middle": _("中间名"), "person.sex": _("性别"), "person.birth": _("出生日期"),
    "person.age": _("年龄"), "person.phone": _("电话"), "person.address": _("现住址"),
    "person.area_code": _("现住址区划代码"), "person.employer": _("工作单位或学校"),
    "person.occupation": _("职业或人群分类"), "person.guardian": _("家长姓名"),
    "person.id.cn_id": _("居民身份证号"), "person.id.mrn": _("患者编号"),
    "person.id.insurance": _("医保编号"), "person.id.passport": _("护照号"),
    "person.id.ssn": _("社会保障号"), "person.id.other": _("其他证件号"),
    "person.death": _("死亡时间"), "encounter.id": _("就诊号"),
    "encounter.kind": _("就诊类型"), "encounter.department": _("科室"),
    "encounter.clinician": _("医生"), "encounter.clinician_family": _("医生姓"),
    "encounter.clinician_given": _("医生名"), "encounter.clinician_id": _("医生工号"),
    "encounter.organisation": _("医疗机构"), "encounter.organisation_id": _("医疗机构代码"),
    "encounter.start": _("就诊或入院时间"), "encounter.end": _("离院时间"),
    "encounter.reason": _("就诊原因"),
    "encounter.order": _("初诊或复诊"),
    "encounter.outcome": _("转归"), "diagnosis.code": _("诊断编码"),
    "diagnosis.text": _("诊断名称"), "diagnosis.at": _("诊断时间"),
    "diagnosis.onset": _("发病日期"), "result.code": _("检验项目代码"),
    "result.name": _("检验项目"), "result.value": _("检验结果"),
    "result.value_code": _("检验结果代码"), "result.pair": _("项目:结果"),
    "result.unit": _("结果单位"), "result.range": _("参考范围"), "result.flag": _("异常标志"),
    "result.specimen": _("标本"), "result.panel": _("检验组合"),
    "result.panel_code": _("检验组合代码"), "result.at": _("采样时间"),
    "result.issued": _("报告时间"), "result.status": _("项目状态"),
    "drug.code": _("药品代码"), "drug.name": _("药品"), "drug.at": _("用药时间"),
    "immunization.code": _("疫苗代码"), "immunization.name": _("疫苗"),
    "immunization.at": _("接种时间"), "note.complaint": _("主诉"),
    "note.history": _("现病史"), "note.past_history": _("既往史"), "note.exam": _("查体"),
    "note.imaging": _("影像所见"), "note.laboratory": _("检验说明"),
    "note.diagnosis": _("诊断说明"), "note.plan": _("处理意见"),
    "note.epidemiology": _("流行病学史"), "note.other": _("备注"),
    "report.id": _("报告单号"), "report.corrects": _("被更正的报告单号"),
    "report.status": _("报告状态"), "report.at": _("报告或登记时间"),
}  # fmt: skip


def target_label(target: str) -> str:
    """What a field of the mapping is called in the reader's language."""
    return str(LABELS[target])

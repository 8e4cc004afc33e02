"""Made-up contents for the gallery: every component in each of its states. No person here exists.

Names, addresses and the words of records stay Chinese on an English page, as they do in the real thing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from yifang.kernel import clock
from yifang.web.charts import Chart, Series
from yifang.web.components import Chip, Evidence, Moment, SavedView, Tab, changes
from yifang.web.tables import BulkAction, Column, Cursor, Empty, Page, Table


@dataclass(frozen=True)
class Card:
    number: str
    name: str
    sex: str
    age: str
    disease: str
    hospital: str
    state: tuple[str, str]
    onset: datetime
    due: datetime
    started: datetime
    stopped: datetime | None = None
    tag: str = ""
    counts: tuple[float | None, ...] = ()


class SampleForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("患者姓名"), max_length=10)
    onset = forms.DateField(label=gettext_lazy("发病日期"), help_text=gettext_lazy("病人第一次感到不适的日期"))
    case_class = forms.ChoiceField(
        label=gettext_lazy("病例分类"),
        choices=[("", "—"), ("c", gettext_lazy("确诊病例")), ("s", gettext_lazy("疑似病例"))],
    )
    sex = forms.ChoiceField(
        label=gettext_lazy("性别"),
        choices=[("m", gettext_lazy("男")), ("f", gettext_lazy("女"))],
        widget=forms.RadioSelect,
    )
    school = forms.BooleanField(label=gettext_lazy("在校学生或托幼儿童"), required=False)
    note = forms.CharField(label=gettext_lazy("备注"), widget=forms.Textarea(attrs={"rows": 3}), required=False)


def _cards(now: datetime) -> list[Card]:
    def card(
        number: int, name: str, sex: str, age: str, disease: str, state: tuple[str, str], left: float, **more: Any
    ) -> Card:
        due = now + timedelta(hours=left)
        return Card(
            f"C-{number:04}", name, sex, age, disease, more.pop("hospital", "第一人民医院"), state,
            now - timedelta(days=2), due, due - timedelta(hours=24), **more,
        )  # fmt: skip

    rise = (1.0, 0.0, 2.0, 1.0, None, 3.0, 2.0, 4.0, 9.0)
    flat = (3.0, 4.0, 2.0, 3.0, 3.0, 5.0, 4.0, 3.0, 3.0)
    waiting, returned, audited = (_("待审核"), "warn"), (_("已退回"), "bad"), (_("已审核"), "good")
    return [
        card(1, "王*明", _("男"), _("{n} 岁").format(n=34), _("霍乱"), waiting, -2.1, counts=rise),
        card(2, "李*", _("女"), _("{n} 岁").format(n=7), _("手足口病"), waiting, 0.7, tag=_("学生"), counts=flat),
        card(
            3,
            "陈*华",
            _("男"),
            _("{n} 岁").format(n=61),
            _("肺结核"),
            returned,
            5.2,
            hospital="城东街道社区卫生服务中心",
            counts=flat,
        ),
        card(4, "赵*", _("女"), _("{n} 岁").format(n=28), _("流行性感冒"), waiting, 71, tag=_("医务人员"), counts=rise),
        card(5, "孙*丽", _("女"), _("{n} 岁").format(n=45), _("布鲁氏菌病"), audited, 10, stopped=now, counts=flat),
    ]


def _charts() -> list[Chart]:
    weeks = [f"W{number}" for number in range(40, 48)]
    source = _("内容是编的，没有真人。")
    counts, more = (3, 4, 2, 6, 9, 14, 11, 5), (1, 2, 2, 3, 5, 6, 4, 2)
    links = ["?" for _number in counts]
    return [
        Chart(
            "sample-bars", "bars", _("流行曲线"), weeks,
            [
                Series(_("确诊病例"), more, links), Series(_("疑似病例"), counts, links, "3"),
                Series(_("预期"), [6.0] * 8, tone="expected", line=True),
                Series(_("限值"), [11.0] * 8, tone="limit", line=True),
            ],
            source, says=_("八周病例数"), corner=_("周"), marked=7,
        ),
        Chart(
            "sample-years", "years", _("与往年比较"), weeks,
            [
                Series(_("往年"), (1, 2, 2, 3, 4, 5, 4, 3), tone="band", upper=(5, 6, 7, 9, 12, 13, 11, 8)),
                Series(_("平均"), (3, 4, 4, 6, 8, 9, 7, 5), tone="expected"), Series("2026", counts, links, "now"),
            ],
            source, says=_("八周病例数"), corner=_("周"),
        ),
        Chart(
            "sample-heat", "heat", _("时间和地区"), weeks,
            [
                Series(name, counts[shift:] + counts[:shift], links)
                for shift, name in enumerate(("莘庄镇", "七宝镇", "颛桥镇"))
            ],
            source, says=_("八周病例数"), corner=_("周"),
        ),
        Chart(
            "sample-pyramid", "pyramid", _("年龄和性别"), ["0–4", "5–9", "10–14", "15–19"],
            [Series(_("男"), (5, 9, 4, 2), links, "1"), Series(_("女"), (4, 8, 6, 3), links, "4")],
            source, says=_("各年龄组病例数"), corner=_("年龄"),
        ),
        Chart(
            "sample-empty", "bars", _("没有数据的图"), [], [], source,
            empty=Empty(_("这段时间没有病例"), _("换一个时段看看。"), "chart-bar"),
        ),
    ]  # fmt: skip


def contents(request: HttpRequest) -> dict[str, Any]:
    """The template context of the gallery."""
    now = clock.now()
    cards = _cards(now)
    opened = request.GET.get("open", "")
    columns = [
        Column(_("患者"), "identity"),
        Column(_("病种")),
        Column(_("状态"), "state"),
        Column(_("发病日期"), "date", hint=_("病人第一次感到不适的日期"), minor=True),
        Column(_("期限"), "clock"),
        Column(_("近 9 天"), minor=True),
    ]
    table = Table(
        id="sample-cards",
        caption=_("待审核的报告卡"),
        columns=columns,
        page=Page(cards, after=Cursor((5,)).token()),
        row_template="web/gallery_row.html",
        key=lambda card: card.number,
        empty=Empty(_("没有待审核的报告卡")),
        url=lambda card: f"{request.path}?open={card.number}",
        changed=lambda card: now - timedelta(minutes=5) if card.number in ("C-0001", "C-0004") else None,
        opens_in="detail",
        opened=opened,
        bulk=[
            BulkAction(_("审核通过"), "#", "check", tone="primary"),
            BulkAction(_("退回"), "#", "arrow-back-up", tone="danger"),
        ],
    )
    nothing: Table[Card] = Table(
        id="sample-none",
        caption=_("隔离区"),
        columns=columns,
        page=Page([]),
        row_template="web/gallery_row.html",
        key=str,
        empty=Empty(_("隔离区是空的"), _("读不懂的来件会留在这里，改好后可以重新读入。"), icon="circle-check"),
    )
    return {
        "table": table,
        "none": nothing,
        "opened": next((card for card in cards if card.number == opened), None),
        "tabs": [
            Tab(_("待上报"), "#", current=True, count=3, urgent=True),
            Tab(_("待订正"), "#", count=1),
            Tab(_("被退回"), "#", count=2),
            Tab(_("漏报核查"), "#", count=0),
            Tab(_("已完成"), "#"),
        ],
        "chips": [
            Chip(_("病种"), _("手足口病、流行性感冒"), "?"),
            Chip(_("状态"), _("待审核"), "?"),
            Chip(_("发病日期"), "2026-11-01 – 2026-11-23", "?"),
        ],
        "views": [
            SavedView(_("两小时内到期"), "?", current=True),
            SavedView(_("学生与托幼"), "?"),
            SavedView(_("我退回的"), "?", mine=True),
        ],
        "evidence": [
            Evidence("diagnosis", "A00.9", _("出院诊断编码为霍乱"), _("诊断 第 1 行"), "cholera.icd10"),
            Evidence("lab", "霍乱弧菌 O1 群 阳性", _("粪便培养检出霍乱弧菌"), "OBX-5", "cholera.lab", url="#"),
            Evidence("text", "水样便 10 余次", _("主诉为急性水样腹泻"), _("主诉 第 4–11 字"), "syndrome.diarrhoea"),
            Evidence("text", "发热", _("病历写明没有发热"), _("现病史 第 20–22 字"), assertion="absent"),
            Evidence("text", "肺结核", _("十年前患病，已治愈"), _("既往史"), assertion="historical"),
        ],
        "pairs": [
            (_("姓名"), "王*明"), (_("性别"), _("男")), (_("证件号"), "310112********123X"), (_("电话"), ""),
            (_("现住址"), "闵行区江川路街道 **"), (_("职业"), _("民工")), (_("病人属于"), _("本县区")),
        ],
        "changes": changes(
            {"disease": _("其他感染性腹泻病"), "onset": "2026-11-20", "address": "江川路 100 号", "work": ""},
            {"disease": _("霍乱"), "onset": "2026-11-21", "address": "江川路 108 号", "work": _("民工")},
            {"disease": _("疾病名称"), "onset": _("发病日期"), "address": _("现住址"), "work": _("职业")},
        ),
        "moments": [
            Moment(
                now - timedelta(minutes=12), _("区疾控退回：缺少实验室结果"), "请补充粪便培养报告单号。",
                "arrow-back-up", "bad", who=_("区疾控"),
            ),
            Moment(
                now - timedelta(hours=2), _("录入大疫情网"), _("卡号 31011220260001234"), "send", "info", "#",
                who=_("医院公卫科"),
            ),
            Moment(now - timedelta(hours=3), _("医院审核通过"), "", "clipboard-check", "good", who=_("医院公卫科")),
            Moment(now - timedelta(hours=5), _("系统提示待排查线索"), _("依据：诊断编码、粪便培养"), "zoom-question"),
        ],
        "clocks": [
            {"due": now + timedelta(days=3, hours=4), "started": now - timedelta(hours=1)},
            {"due": now + timedelta(hours=3, minutes=12), "started": now - timedelta(hours=1)},
            {"due": now + timedelta(minutes=48), "started": now - timedelta(hours=3)},
            {"due": now - timedelta(hours=2, minutes=5)},
            {"due": now + timedelta(hours=1), "stopped": now},
            {"due": now - timedelta(hours=1), "stopped": now},
        ],
        "states": [
            (_("草稿"), "neutral"), (_("待医院审核"), "info"), (_("待审核"), "warn"),
            (_("已退回"), "bad"), (_("已审核"), "good"), (_("已结案"), "done"),
        ],
        "rising": (1, 0, 2, 1, None, 3, 2, 4, 9),
        "flat": (3, 4, 2, 3, 3, 5, 4, 3, 3),
        "charts": _charts(),
        "form": SampleForm(),
        "wrong": SampleForm({"name": "", "onset": "2026-13-40", "sex": "m"}, prefix=None, auto_id="wrong_%s"),
        "source": "主诉：腹泻、呕吐 1 天。\n现病史：患者昨日进食海鲜后出现水样便 10 余次，伴呕吐，无发热，无腹痛。",
    }  # fmt: skip

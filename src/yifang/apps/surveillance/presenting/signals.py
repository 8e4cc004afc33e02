"""How a signal is told on a page: rows of the inbox, why it was raised, its steps. Words only; no reads, no changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from yifang.apps.accounts.words import message_language
from yifang.apps.surveillance.models import TRANSITIONS, Signal, SignalState, SignalStep
from yifang.apps.surveillance.presenting.series import Series, series_of
from yifang.apps.surveillance.queries import area_name, disease_name
from yifang.web.components import Moment, Tone
from yifang.web.packs import confidence_name

TONES: dict[str, Tone] = {
    SignalState.OPEN: "warn",
    SignalState.VERIFYING_DESK: "info",
    SignalState.VERIFYING_FIELD: "info",
    SignalState.CLOSED: "done",
    SignalState.ESCALATED: "bad",
}
_ICONS = {
    SignalState.VERIFYING_DESK: "database",
    SignalState.VERIFYING_FIELD: "map-pin",
    SignalState.CLOSED: "circle-check",
    SignalState.ESCALATED: "arrow-up-right",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One signal in the inbox."""

    signal: Signal
    disease: str
    area: str
    tone: Tone
    series: Series
    curve: str

    @property
    def state(self) -> str:
        return str(SignalState(self.signal.state).label)

    @property
    def where(self) -> str:
        """The unit in which a threshold was reached, else the area."""
        return unit_name(self.signal) or self.area


def row(signal: Signal) -> Row:
    """The row of a signal."""
    name, area, series = disease_name(signal.disease), area_name(signal.area_code), series_of(signal)
    return Row(signal, name, area, TONES[signal.state], series, series.says(f"{area} {name}"))


def unit_name(signal: Signal) -> str:
    """The class, school, village or series that the signal is about; "" for its whole area."""
    unit = signal.explanation.get("unit") or {}
    return str((unit.get("name_en") if message_language() == "en" else "") or unit.get("name") or "")


METHODS = {
    "single_case": gettext_lazy("单病例预警"),
    "threshold": gettext_lazy("聚集性阈值"),
    "moving_percentile": gettext_lazy("移动百分位数法"),
    "ears_c1": "EARS C1",
    "ears_c2": "EARS C2",
    "ears_c3": "EARS C3",
}


def method_name(signal: Signal) -> str:
    """What the method is called."""
    return str(METHODS.get(signal.method, signal.method))


def reasons(signal: Signal) -> list[tuple[Any, Any]]:
    """Why the signal was raised, each number with its name; what a method does not give is left out."""
    told = signal.explanation
    hours = told.get("response_hours") or (signal.due_at - signal.raised_at).total_seconds() / 3600
    unresolved, waiting = told.get("unresolved", 0), len(told.get("suspicions", []))
    parameters = _("、").join(f"{key} {value}" for key, value in told.get("parameters", {}).items())
    given = [
        (_("方法"), method_name(signal) + (_("（往年数据不足三年，改用此法）") if told.get("fallback") else "")),
        (_("单元"), unit_name(signal)),
        (_("观察到"), ngettext("{n} 例", "{n} 例", signal.observed).format(n=signal.observed)),
        (_("预期"), _("{n:g} 例").format(n=signal.expected)),
        (_("限值"), _("{n:g} 例 / {days} 天").format(n=signal.limit, days=signal.window_days)),
        (_("P 值"), f"{signal.pvalue:.3g}" if signal.pvalue is not None else ""),
        (_("参数"), parameters),
        (_("规则"), _rule(signal)),
        (_("来源"), told["source"]),
        (_("把握程度"), confidence_name(told["confidence"])),
        (_("本地资料起于"), told.get("known_since", "")),
        (_("答复时限"), _("{n:g} 小时").format(n=round(hours, 1))),
        (_("知识包版本"), signal.pack_digest[:12]),
        (_("涉及地区"), _("、").join(area_name(code) for code in told["areas"])),
        (_("未归到单元"), _("本县区另有 {n} 例没有填清学校或单位").format(n=unresolved) if unresolved else ""),
        (_("待排查线索"), _("{n} 条还没有报告的线索").format(n=waiting) if waiting else ""),
    ]  # fmt: skip
    return [(label, text) for label, text in given if text not in ("", None)]


def _rule(signal: Signal) -> SafeString:
    """The rule, which opens with its sources in the packs as they stand now."""
    pack, part, *rest = str(signal.explanation["rule"]).split(".")
    if (pack, part) == ("surveillance", "rare"):
        address, says = reverse("pack", args=[pack]) + "?part=rare", _("本地首例或多年未见的病种")
    elif pack == "diseases" or not rest:
        address = reverse("pack_entry", args=["diseases", "diseases", signal.disease])
        says = _("{disease}的预警规则").format(disease=disease_name(signal.disease))
    else:
        address, says = reverse("pack_entry", args=[pack, part, rest[0]]), f"{part}.{rest[0]}"
    return format_html('<a href="{}">{}</a>', address, says)


def moments(signal: Signal, steps: Sequence[SignalStep], left: Sequence[datetime]) -> list[Moment]:
    """The course of a signal as a time line, from the moment it was raised; `left` is when cases left it."""
    raised = Moment(signal.raised_at, _("产生预警"), method_name(signal), "radar", "warn")
    gone = [Moment(at, _("1 例被排除或订正"), _("不再计入本信号"), "circle-x", "info") for at in left]
    answered = [
        Moment(
            step.at,
            " · ".join(filter(None, (step.get_state_display(), step.get_conclusion_display()))),
            step.note,
            _ICONS[SignalState(step.state)],
            TONES[step.state],
            who=step.by,
        )
        for step in steps
    ]
    return [raised, *sorted([*gone, *answered], key=lambda moment: moment.at)]


CASE_CLASSES = {
    "suspected": gettext_lazy("疑似病例"),
    "clinical": gettext_lazy("临床诊断病例"),
    "confirmed": gettext_lazy("确诊病例"),
    "carrier": gettext_lazy("病原携带者"),
    "positive_test": gettext_lazy("阳性检测"),
}


def choices(signal: Signal) -> list[tuple[str, Any]]:
    """The states that may follow, without closing, which has a form of its own."""
    order = (SignalState.VERIFYING_DESK, SignalState.VERIFYING_FIELD, SignalState.ESCALATED)
    names = {
        SignalState.VERIFYING_DESK: _("数据核实"),
        SignalState.VERIFYING_FIELD: _("现场核实"),
        SignalState.ESCALATED: _("升级"),
    }
    return [(state, names[state]) for state in order if state in TRANSITIONS[SignalState(signal.state)]]


def may_close(signal: Signal) -> bool:
    """Whether the signal may be closed from its present state."""
    return SignalState.CLOSED in TRANSITIONS[SignalState(signal.state)]

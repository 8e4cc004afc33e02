"""A card in the words and columns of the national system, for whoever keys it there. Pure.

Every column of the `national_system` pack stands in its order; what that system fills itself stays empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from yifang.apps.reporting.rules import Answers, Situation, form_of
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.knowledge import Knowledge

_SUPPLEMENT = {"lab_result": ("hfmd_card", "实验室结果"), "hfmd_severe": ("hfmd_card", "重症")}
_UNITS = {"01": "岁", "02": "月", "03": "天"}


def headers(knowledge: Knowledge) -> list[str]:
    """The heads of the columns in the order of the pack."""
    return [one.header for one in knowledge.national_system.columns]


def row_of(answers: Mapping[str, Any], situation: Situation, *, organisation: str, revised: bool) -> dict[str, str]:
    """Header → text. `organisation` is the reporting unit's name, `revised` whether the card is a correction."""
    knowledge = situation.knowledge
    told = _Told(Answers(answers, situation), knowledge, organisation, revised)
    row = {}
    for column in knowledge.national_system.columns:
        if column.only and told.read.text("disease") not in column.only:
            row[column.header] = ""
        else:
            row[column.header] = told.cell(column.id)
    return row


class _Told:
    def __init__(self, read: Answers, knowledge: Knowledge, organisation: str, revised: bool) -> None:
        self.read, self._knowledge, self._form = read, knowledge, form_of(knowledge)
        self._own: Mapping[str, Callable[[], str]] = {
            "card_state": lambda: knowledge.national_system.card_states[int(revised)].label,
            "sex": lambda: next((word for word in self._values("sex") if self._label("sex").startswith(word)), ""),
            "age_value": self._age,
            "case_class": lambda: self._label("case_class"),
            "disease": self._disease,
            "previous_disease": lambda: read.text("revised_from_disease"),
            "residence_area": lambda: _code(read.text("residence_area")),
            "report_org": lambda: organisation,
            "employer": lambda: f"{read.text('employer')}{read.text('school_class')}",
        }

    def cell(self, id: str) -> str:
        """The text of the column `id`, empty for what the card does not say."""
        if id in self._own:
            return self._own[id]()
        if id in _SUPPLEMENT:
            return self._of_supplement(*_SUPPLEMENT[id])
        field = self._form.fields.get(id)
        if field is None or field.filled_by_system:
            return ""
        text = self.read.text(id)
        if field.codes is not None:
            return field.codes.get(text, text)
        return text[:16].replace("T", " ") if field.type == "datetime" else text

    def _label(self, id: str) -> str:
        codes = self._form.fields[id].codes or {}
        return codes.get(self.read.text(id), "")

    def _values(self, id: str) -> tuple[str, ...]:
        return next(one.values for one in self._knowledge.national_system.columns if one.id == id)

    def _age(self) -> str:
        """35岁, 6月, 12天: as given, else counted from the birth date to onset."""
        if given := self.read.text("age_value"):
            return f"{given}{_UNITS.get(self.read.text('age_unit'), '岁')}"
        days, years = self.read.age_days, self.read.age_years
        if days is None or years is None:
            return ""
        return f"{years}岁" if years else f"{round(days / 30.44)}月" if days >= 31 else f"{days}天"

    def _disease(self) -> str:
        """The name of the subtype where the card names one, else of the disease; “其它” with what was written."""
        disease = self._knowledge.diseases.get(self.read.text("disease"))
        if disease is None:
            return self.read.text("other_disease_name")
        part = disease.subtype(self.read.text("disease_subtype"))
        return part.name if part else disease.name

    def _of_supplement(self, supplement: str, label: str) -> str:
        found = next((one for one in self._form.supplements if one.id == supplement), None)
        return next((self.read.text(one.id) for one in (found.fields if found else ()) if one.label == label), "")


def _code(text: str) -> str:
    try:
        return areas.normalise(text) if text else ""
    except YifangError:
        return text

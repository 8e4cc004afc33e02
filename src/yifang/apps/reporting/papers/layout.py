"""《中华人民共和国传染病报告卡》 as it lies on paper: rows of labels, blanks and boxes, filled with a card's answers.

Pure: answers and packs in, a paper out. The printed page and the reader of photographed cards share it, so that what
is printed can be read. Questions and choices are the pack's; the order of the rows is that of the paper card.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from yifang.apps.reporting.rules import Field, Form, form_of
from yifang.kernel import areas
from yifang.kernel.errors import YifangError
from yifang.knowledge import Knowledge

TITLE = "中华人民共和国传染病报告卡"
CLASSES = (("A", "甲类传染病"), ("B", "乙类传染病"), ("C", "丙类传染病"), ("O", "其他法定管理以及重点监测传染病"))


@dataclass(frozen=True, slots=True)
class Box:
    """A choice with its box; `parts` are the subtypes that stand in brackets behind a disease."""

    label: str
    ticked: bool
    parts: Sequence[Box] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A question on the paper: a blank with its text, or boxes. `field` is its id; `star` where the card has one."""

    field: str
    label: str
    text: str = ""
    boxes: Sequence[Box] = ()
    star: bool = False
    width: Literal["short", "long", "whole"] = "short"


@dataclass(frozen=True, slots=True)
class Paper:
    """Blocks of rows of items, divided by lines on the paper; `supplement` is the 附卡 with its name."""

    title: str
    number: Item
    kind: Item
    blocks: Sequence[Sequence[Sequence[Item]]]
    supplement: tuple[str, Sequence[Item]] | None


def paper_of(answers: Mapping[str, Any], knowledge: Knowledge, organisation: str) -> Paper:
    """The card on paper; `organisation` is the name of the one that reports."""
    return _Printer(form_of(knowledge), knowledge, answers, organisation).paper()


@dataclass(frozen=True)
class _Printer:
    form: Form
    knowledge: Knowledge
    answers: Mapping[str, Any]
    organisation: str

    def paper(self) -> Paper:
        supplement = self.form.supplement_of(self._text("disease"))
        return Paper(
            TITLE,
            self._blank("card_no"),
            self._boxes("card_type"),
            (
                (
                    (self._blank("name"), self._blank("guardian_name")),
                    (self._boxes("id_type"),),
                    (self._blank("id_no"), self._boxes("sex")),
                    (self._day("birth_date"), self._blank("age_value"), self._boxes("age_unit")),
                    (self._blank("employer", "long"), self._blank("school_class"), self._blank("phone")),
                    (self._boxes("patient_belongs"),),
                    (self._area(), self._blank("residence_detail", "long")),
                    (self._boxes("population"),),
                ),
                (
                    (self._boxes("case_class"),),
                    (self._boxes("acute_chronic"),),
                    (self._day("onset_date"), self._moment("diagnosis_datetime"), self._day("death_date")),
                    *(
                        (self._item(field),)
                        for field in ("clinical_severity", "origin")
                        if self._text(field)
                    ),
                    *(((self._blank("origin_area", "long"),),) if self._text("origin_area") else ()),
                ),
                *(((self._diseases(key, title),),) for key, title in CLASSES),
                (
                    (self._blank("other_disease_name", "long"),),
                    (self._blank("revised_from_disease"), self._blank("return_reason")),
                    (self._reporter(), self._blank("report_org_phone")),
                    (self._blank("report_doctor"), self._moment("fill_date")),
                    (self._blank("remark", "whole"),),
                ),
            ),
            (supplement.name, [self._item(one.id) for one in supplement.fields]) if supplement else None,
        )  # fmt: skip

    def _field(self, id: str) -> Field:
        found = self.form.field(id)
        if found is None:
            raise KeyError(f"the report card pack has no field {id!r}")
        return found

    def _text(self, id: str) -> str:
        value = self.answers.get(id)
        return "" if value is None else str(value)

    def _item(self, id: str) -> Item:
        return self._boxes(id) if self._field(id).codes is not None else self._blank(id, "long")

    def _blank(self, id: str, width: Literal["short", "long", "whole"] = "short", text: str | None = None) -> Item:
        field = self._field(id)
        return Item(id, field.label, self._text(id) if text is None else text, star=field.required, width=width)

    def _boxes(self, id: str) -> Item:
        field, chosen = self._field(id), self._text(id)
        boxes = [Box(label, code == chosen) for code, label in (field.codes or {}).items()]
        return Item(id, field.label, boxes=boxes, star=field.required, width="whole" if len(boxes) > 4 else "long")

    def _day(self, id: str) -> Item:
        return self._blank(id, text=day_in_words(self._text(id)))

    def _moment(self, id: str) -> Item:
        text = self._text(id)
        hour = text[11:16]
        return self._blank(id, text=f"{day_in_words(text)}{f' {hour}' if hour else ''}".strip())

    def _area(self) -> Item:
        code = self._text("residence_area")
        try:
            name = self.knowledge.regions.full_name(areas.normalise(code)) if code else ""
        except YifangError:
            name = ""
        return self._blank("residence_area", "long", f"{name or ''} {code}".strip())

    def _reporter(self) -> Item:
        return self._blank("report_org", "long", self.organisation)

    def _diseases(self, statutory: str, title: str) -> Item:
        """Every disease of the class that has a card of its own, its subtypes in brackets."""
        return Item(f"disease.{statutory}", title, boxes=list(self._of_class(statutory)), star=True, width="whole")

    def _of_class(self, statutory: str) -> Iterator[Box]:
        chosen, part = self._text("disease"), self._text("disease_subtype")
        for one in self.knowledge.diseases.values():
            if one.statutory_class == statutory and (one.report_as is None or one.id == chosen):
                mine = one.id == chosen
                yield Box(one.name, mine, [Box(sub.name, mine and sub.id == part) for sub in one.subtypes])


def day_in_words(text: str) -> str:
    """`2026-11-23` as the card writes it: 2026年11月23日; what is no day stays as it is."""
    parts = text[:10].split("-")
    return f"{parts[0]}年{parts[1]}月{parts[2]}日" if len(parts) == 3 and all(parts) else text

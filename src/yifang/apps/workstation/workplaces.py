"""Where a patient learns or works, asked with few keys: by an earlier card, the list of the area, a class in short."""

from __future__ import annotations

import re
from uuid import UUID

from django.utils.translation import gettext_lazy

from yifang.apps.places.models import OrganisationKind
from yifang.apps.places.suggesting import suggestions
from yifang.apps.reporting import versions
from yifang.apps.reporting.models import Card, CardState
from yifang.apps.reporting.rules import Answers, Situation
from yifang.apps.reporting.rules.fields import REQUIRED_WHEN
from yifang.apps.reporting.rules.form import form_of
from yifang.knowledge import load

FIELDS = ("employer", "school_class")
NURSERY, PUPIL = "1", "3"
NURSERY_CLASSES = {  # what the card says → how it reads
    "小班": gettext_lazy("小班"),
    "中班": gettext_lazy("中班"),
    "大班": gettext_lazy("大班"),
    "托班": gettext_lazy("托班"),
}
_SHORT = re.compile(r"(\d{1,2})\s*[.。,，/\- ]\s*(\d{1,2})")
_DIGITS = "零一二三四五六七八九"


def populations(field: str, situation: Situation) -> list[str]:
    """The population groups of whose card the field is asked, by the rule of the card."""
    codes = form_of(load()).fields["population"].codes or {}
    return [code for code in codes if REQUIRED_WHEN[field](Answers({"population": code}, situation))]


def earlier(person: UUID | None) -> tuple[str, str]:
    """Workplace or school, and class, of the person's latest card that the viewer sees; "" where none says it."""
    cards = Card.objects.filter(person_id=person).exclude(state__in=(CardState.DRAFT, CardState.DELETED))
    for card in cards.order_by("-created_at")[:3]:
        answers = versions.answers_of(versions.current(card))
        if answers.get("employer"):
            return str(answers["employer"]), str(answers.get("school_class") or "")
    return "", ""


def offered(text: str, area: str, population: str, before: str = "") -> list[str]:
    """At most nine names to choose from: what an earlier card said, then the list of the area."""
    kinds = [OrganisationKind.SCHOOL]
    if population not in (NURSERY, PUPIL):
        kinds = [
            one for one in OrganisationKind.values if one not in (OrganisationKind.GROUP, OrganisationKind.VILLAGE)
        ]
    found = suggestions(text, area, kinds)
    first = [before] if before and text in before else []
    return list(dict.fromkeys([*first, *found]))[:9]


def class_in_words(text: str, school: str) -> str:
    """`3.2` → 三年级2班; at a middle school 初三2班, 7 to 9 and 10 to 12 likewise. Anything else stays as it is."""
    found = _SHORT.fullmatch(text.strip())
    if found is None or not 1 <= int(found[1]) <= 12:
        return text
    grade, number = int(found[1]), int(found[2])
    if any(word in school for word in ("高中", "高级中学")) and grade <= 3:
        grade += 9
    elif any(word in school for word in ("中学", "初中")) and grade <= 3:
        grade += 6
    stage = "高" if grade > 9 else "初" if grade > 6 else ""
    year = _DIGITS[grade - (9 if grade > 9 else 6 if grade > 6 else 0)]
    return f"{stage}{year}{number}班" if stage else f"{year}年级{number}班"

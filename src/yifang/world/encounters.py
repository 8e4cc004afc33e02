"""The visits of a day: cases with what their record says of them, the common run of patients, decoys, people again.

Like the cases, a day's visits depend on the seed and the day alone. What is wrong with a record as it is sent is drawn
here too (`faults`), because it decides what the truth may expect of it.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from yifang.world import faults, seasons
from yifang.world.chance import dice, stream
from yifang.world.county import County
from yifang.world.data import Illness, common, decoys, diseases, names, panels, pick, said
from yifang.world.epidemics import Case, Epidemics, curve_of, daily
from yifang.world.people import OCCUPATIONS, Resident, age_on
from yifang.world.places import Organisation
from yifang.world.writing.form import Patient, Result, Visit

_AGAIN_WITHIN = 10
HOSPITAL_SHARES = (0.53, 0.27, 0.20)
"""How those who go to a hospital divide among the three."""
# how a doctor names the disease in passing while the diagnosis says something else
_ASIDE = ("考虑{}。", "外院诊断{}。", "初步印象：{}。", "{}可能性大，建议上级医院就诊。")
_FEVER = ("发热", "发烧", "高热", "体温", "身上烧", "寒战")
_NO_FEVER = ("无发热", "否认发热", "不发烧", "未发热", "没有发烧")
_AT_SCHOOL = ("班里有好几个同学也这样", "同班有类似患儿", "班上近日有多人请假", "同班有水痘患儿")
_NEGATIVE = ("阴性", "(-)", "未", "0-2/HP", "3-5/HP")
_ROUTINE = ("血常规", "尿常规", "粪便常规")
_DOUBT = ("?", "？", "(疑似)", "待排", "可能", "待查")
_BESIDES = (("J20.900", "急性支气管炎"), ("I10.x00", "高血压病"), ("E11.900", "2型糖尿病"), ("K29.500", "慢性胃炎"))


@dataclass(slots=True)
class Seen:
    """A visit and the truth about it."""

    visit: Visit
    organisation: Organisation
    person: int
    illness: Illness
    case: Case | None = None
    named: str = ""
    again: bool = False
    fault: str = ""
    lab_fault: str = ""


class Encounters:
    """The visits of any day."""

    def __init__(self, county: County, epidemics: Epidemics) -> None:
        self.county, self.epidemics = county, epidemics
        self._doctors: dict[tuple[str, str], list[tuple[str, str]]] = {}
        scale = county.scale
        period = [scale.first_day + timedelta(days=at) for at in range(scale.days)]
        notifiable = sum(daily(one, len(county.people)) * one.visits * (1 + one.again) for one in diseases())
        in_outbreaks = 0.007 * len(county.people)  # the season's influenza, nearly all of it
        self._kinds = (*common(), *decoys())
        whole = sum(one.weight for one in common())
        # A decoy's share is per thousand of all visits, a common illness' weight of the rest.
        decoyed = sum(one.weight for one in decoys()) / 1000
        self._weights = np.array(
            [one.weight / whole * (1 - decoyed) for one in common()] + [one.weight / 1000 for one in decoys()]
        )
        left = max(scale.encounters * 0.05, scale.encounters * 0.99 - notifiable * scale.days - in_outbreaks)
        spread = sum(float(self._mix(day).sum()) for day in period)
        self._scale = left / spread

    def _mix(self, day: date) -> NDArray[np.float64]:
        """Visits of each kind on a day, relative to each other and to other days."""
        at = seasons.of_day(day)
        curves = np.array([curve_of(one)[at] for one in self._kinds])
        mixed: NDArray[np.float64] = self._weights * curves * seasons.attendance(day)
        return mixed

    def visits(self, day: date) -> list[Seen]:
        """The visits of a day in the order of their time, numbered by organisation."""
        chance = dice(self.county.seed, "visits", day)
        found = [self._of_case(case, day, chance, False) for case in self.epidemics.cases(day) if case.visits]
        found += list(self._again(day, chance))
        found += list(self._others(day, chance))
        found.sort(key=lambda one: (one.visit.at, one.organisation.code, one.person))
        counts: Counter[str] = Counter()
        for one in found:
            counts[one.organisation.code] += 1
            one.visit.number = f"{one.organisation.code[6:]}{day:%y%m%d}{counts[one.organisation.code]:04d}"
            one.fault, one.lab_fault = faults.drawn(chance, bool(one.visit.results), one.case is None)
        return found

    def _again(self, day: date, chance: random.Random) -> Iterator[Seen]:
        """Who comes again within ten days, at times to another door."""
        for back in range(3, _AGAIN_WITHIN + 1):
            earlier = day - timedelta(days=back)
            for case in self.epidemics.cases(earlier):
                if case.visits and case.illness.again:
                    mine = dice(self.county.seed, "again", case.id)
                    if mine.random() < case.illness.again and mine.randint(3, _AGAIN_WITHIN) == back:
                        yield self._of_case(case, day, chance, True)

    def _others(self, day: date, chance: random.Random) -> Iterator[Seen]:
        numbers = stream(self.county.seed, "others", day)
        people = self.county.people
        for illness, expected in zip(self._kinds, (self._mix(day) * self._scale).tolist(), strict=True):
            count = int(numbers.poisson(expected))
            weights = np.array([ill * len(mine) for ill, mine in zip(illness.ages, people.by_band, strict=True)])
            bands = numbers.choice(len(weights), size=count, p=weights / weights.sum())
            ranks = numbers.random(count)
            for band, rank in zip(bands.tolist(), ranks.tolist(), strict=True):
                mine = people.by_band[band]
                person = int(mine[int(rank * len(mine))])
                for _ in range(30):
                    if people.birth[person] <= day.toordinal():
                        yield self._plain(illness, person, day, chance)
                        break
                    person = int(pick(mine, chance))  # not born yet: the ages are those of the last day

    def _of_case(self, case: Case, day: date, chance: random.Random, again: bool) -> Seen:
        illness, named = case.illness, case.named
        lab = named == "lab" or (named in ("code", "text", "note") and case.tested)
        where = self._where(case.person, illness, chance, lab)
        if where.kind != "hospital":
            lab = False
            named = "vague" if named == "lab" else named
        code, text = _written(illness, named, chance)
        years = age_on(self.county.people.resident(case.person).birth, day)
        if named in ("code", "text") and chance.random() < 0.07:
            text += pick(_DOUBT, chance)
        elif code and years > 40 and chance.random() < 0.15:
            other = pick(_BESIDES, chance)
            code, text = f"{code};{other[0]}", f"{text};{other[1]}"
        results: tuple[Result, ...] = ()
        if lab:
            results = _results(pick(illness.panels, chance)[0], chance)
        elif named == "vague" and where.kind == "hospital" and chance.random() < 0.2:
            results = _results("blood", chance)
        seen = self._visit(illness, case.person, day, where, code, text, results, chance)
        seen.case, seen.named, seen.again = case, named, again
        seen.visit.onset = case.onset
        if named == "note":
            seen.visit.history += pick(_ASIDE, chance).format(pick(illness.texts, chance))
        return seen

    def _plain(self, illness: Illness, person: int, day: date, chance: random.Random) -> Seen:
        where = self._where(person, illness, chance, False)
        results: tuple[Result, ...] = ()
        if where.kind == "hospital":
            for name, share in illness.panels:
                if chance.random() < share:
                    results += _results(name, chance)
        code, text = pick(illness.diagnoses, chance)
        return self._visit(illness, person, day, where, code, text, results, chance)

    def decoy(self, illness: Illness, person: int, day: date, where: Organisation, chance: random.Random) -> Seen:
        """One visit of a decoy at a place of one's choice."""
        drawn = [name for name, share in illness.panels if chance.random() < share]
        results = tuple(line for name in drawn for line in _results(name, chance))
        code, text = pick(illness.diagnoses, chance)
        return self._visit(illness, person, day, where, code, text, results, chance)

    def _where(self, person: int, illness: Illness, chance: random.Random, lab: bool) -> Organisation:
        places = self.county.places
        if lab or illness.inpatient == 1 or chance.random() < illness.hospital:
            draw = chance.random()
            first, second, _ = HOSPITAL_SHARES
            return places.hospitals[0 if draw < first else 1 if draw < first + second else 2]
        own = int(self.county.people.township[person])
        return places.centres[own if chance.random() < 0.93 else int(chance.random() * len(places.centres))]

    def _visit(
        self, illness: Illness, person: int, day: date, where: Organisation, code: str, text: str,
        results: tuple[Result, ...], chance: random.Random,
    ) -> Seen:  # fmt: skip
        who = self.county.people.resident(person)
        years = age_on(who.birth, day)
        kind = _kind(illness, where, chance)
        at = _time(day, kind, chance)
        department = _department(illness, where, years, kind)
        doctor_no, doctor = pick(self._of_department(where.code, department), chance)
        complaint, history = (
            said(pick(illness.complaints, chance), chance),
            said(pick(illness.histories, chance), chance),
        )
        if years >= 14 and "患儿" in history:
            history = history.replace("患儿", "患者")
        if not who.school_class and ("同班" in history or "班" in history):
            for phrase in _AT_SCHOOL:
                history = history.replace(phrase + "。", "").replace("，" + phrase, "")
        visit = Visit(
            "", at, at + timedelta(minutes=chance.randint(40, 240)), kind, department, doctor_no, doctor, complaint,
            history, code, text, illness.reason, results, patient_of(who), _temperature(complaint + history, chance),
        )  # fmt: skip
        return Seen(visit, where, person, illness)

    def _of_department(self, organisation: str, department: str) -> list[tuple[str, str]]:
        found = self._doctors.get((organisation, department))
        if found is None:
            given: dict[str, Any] = names()
            chance = dice(self.county.seed, "doctors", organisation, department)
            first = chance.randint(100, 899)
            found = [
                (f"D{first + at}", pick(given["families"], chance) + pick(given["doctor_given"], chance))
                for at in range(3)
            ]
            self._doctors[organisation, department] = found
        return found


def patient_of(who: Resident) -> Patient:
    """A resident as a record names them."""
    return Patient(
        who.name, who.sex, who.birth, who.id_no, who.phone, who.area, who.address, who.employer + who.school_class,
        who.guardian, OCCUPATIONS[who.occupation], f"M{who.number:07d}",
    )  # fmt: skip


def _written(illness: Illness, named: str, chance: random.Random) -> tuple[str, str]:
    """Code and name of the diagnosis as the record has them."""
    if named == "code":
        return pick(illness.diagnoses, chance)  # type: ignore[no-any-return]
    if named == "text":
        return "", pick(illness.texts, chance)
    return pick(illness.vague, chance)  # type: ignore[no-any-return]


def _results(panel: str, chance: random.Random) -> tuple[Result, ...]:
    found = []
    for line in panels()[panel]:
        value = said(line.value, chance)
        normal = value.startswith(_NEGATIVE) or value == line.normal or line.panel in _ROUTINE
        found.append(Result(line.panel, said(line.name, chance), value, line.normal, line.specimen, not normal))
    return tuple(found)


def _kind(illness: Illness, where: Organisation, chance: random.Random) -> str:
    if illness.reason in ("健康体检",):
        return "checkup"
    if where.kind == "hospital":
        if illness.inpatient and chance.random() < illness.inpatient:
            return "inpatient"
        if "急诊科" in illness.departments or chance.random() < 0.08:
            return "emergency"
    return "outpatient"


def _time(day: date, kind: str, chance: random.Random) -> datetime:
    if kind == "emergency":
        minute = chance.randint(0, 24 * 60 - 1)
    elif chance.random() < 0.65:
        minute = int(chance.triangular(8 * 60, 12 * 60, 9 * 60))
    else:
        minute = int(chance.triangular(14 * 60, 18 * 60, 15 * 60))
    return datetime(day.year, day.month, day.day, minute // 60, minute % 60)


def _department(illness: Illness, where: Organisation, years: int, kind: str) -> str:
    if where.kind != "hospital":
        return "犬伤门诊" if "犬伤门诊" in illness.departments else "全科"
    if kind == "emergency":
        return "急诊科"
    if "儿科" in illness.departments and years < 14:
        return "儿科"
    return next((one for one in illness.departments if one != "儿科"), "内科" if years >= 14 else "儿科")


def _temperature(told: str, chance: random.Random) -> str:
    feverish = any(word in told for word in _FEVER) and not any(word in told for word in _NO_FEVER)
    if feverish:
        return f"{chance.triangular(37.2, 39.6, 38.2):.1f}"
    return f"{chance.uniform(36.2, 36.9):.1f}" if chance.random() < 0.5 else ""

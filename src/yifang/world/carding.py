"""The cards of the county's cases in the national system: who reported, how late, in which state, what was wrong.

A share was corrected, deleted, left unaudited or entered late; some residents were reported elsewhere, some who live
elsewhere were reported here. All of it follows from the case, so a case has the same card each time.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from yifang import knowledge
from yifang.kernel.identity_number import check_digit
from yifang.world.chance import dice
from yifang.world.county import County
from yifang.world.data import names, pick
from yifang.world.encounters import Seen
from yifang.world.epidemics import Case
from yifang.world.people import OCCUPATIONS, Resident
from yifang.world.writing.national import Card, age, area, belongs, minute

_CLASSES = {"confirmed": "确诊病例", "clinical": "临床诊断病例", "suspected": "疑似病例"}
_DELETED = ("重卡", "诊断变更，排除", "误报")
# how the export names diseases whose pack name is never written there
_NAMES = {
    "hepatitis_a": "甲肝", "hepatitis_b": "乙肝", "hepatitis_c": "丙肝", "hepatitis_e": "戊肝",
    "other_infectious_diarrhoea": "其他感染性腹泻",
}  # fmt: skip
_STAGES = {"A51.0": "Ⅰ期梅毒", "A51.4": "Ⅱ期梅毒"}
_BEFORE = {"hepatitis_a": "hepatitis_unspecified", "influenza": "influenza", "pulmonary_tb": "pulmonary_tb"}


class Registry:
    """The national system's side of the county as it stands at the end of the day `until`."""

    def __init__(self, county: County, until: date) -> None:
        self.county = county
        self._end = datetime.combine(until, time(23, 59))
        self.cards: list[Card] = []

    def report(self, seen: Seen) -> str:
        """The card of a case's first visit. Returns its national id, `` where nobody reported it."""
        case = seen.case
        if case is None or seen.again:
            return ""
        chance = dice(self.county.seed, "card", case.id)
        reported = case.illness.carded * (0.18 if seen.named == "vague" else 1.0)
        if chance.random() >= reported:
            return ""
        who = self.county.people.resident(case.person)
        diagnosed = seen.visit.result_at if seen.named == "lab" else seen.visit.at
        return self._card(case, who, who.area, seen, diagnosed, chance)

    def elsewhere(self, case: Case) -> str:
        """The card of a resident who saw no doctor here, for the few who went to another county."""
        chance = dice(self.county.seed, "elsewhere", case.id)
        if case.visits or chance.random() >= 0.12 or case.illness.carded == 0:
            return ""
        outside = pick(names()["outside"], chance)
        who = self.county.people.resident(case.person)
        at = datetime.combine(case.seen, time(9)) + timedelta(minutes=chance.randint(0, 480))
        return self._card(case, who, who.area, None, at, chance, outside["area"], outside["name"])

    def visitor(self, seen: Seen) -> None:
        """Now and then a card of somebody like this patient who lives outside the county."""
        case = seen.case
        if case is None or seen.again:
            return
        chance = dice(self.county.seed, "visitor", case.id)
        if chance.random() >= 0.02:
            return
        home = pick((names()["areas"]["seat"], names()["areas"]["neighbour"], names()["areas"]["other_county"],
                     names()["areas"]["other_province_county"]), chance)  # fmt: skip
        like = self.county.people.resident(case.person)
        first17 = f"{home['code']}{like.birth:%Y%m%d}{chance.randint(450, 499) * 2 + (like.sex == 'male'):03d}"
        who = replace(
            like, name=like.name[0] + pick(names()["boys" if like.sex == "male" else "girls"], chance),
            id_no=first17 + check_digit(first17), phone=f"154{chance.randint(0, 99_999_999):08d}",
            area=f"{home['code']}001", address=f"{home['name']}{home['name'][:2]}城关镇{chance.randint(1, 90)}号",
            employer="", school_class="",
        )  # fmt: skip
        self._card(case, who, who.area, seen, seen.visit.at + timedelta(minutes=25), chance)

    def _card(
        self, case: Case, who: Resident, residence: str, seen: Seen | None, diagnosed: datetime, chance: random.Random,
        reporter: str = "", unit: str = "",
    ) -> str:  # fmt: skip
        county = self.county.places.townships[0].area.parent
        where = reporter or county
        entered = diagnosed + timedelta(minutes=round(chance.triangular(15, 20 * 60, 120)))
        if chance.random() < 0.06:
            entered = diagnosed + timedelta(minutes=chance.randint(24 * 60 + 10, 96 * 60))
        # from the case alone, so that a case has the same card in every export
        serial = chance.randrange(100_000_000)
        id = f"6499{entered:%y%m%d}{serial:08d}"
        organisation = unit or (seen.organisation.name if seen else "")
        code = seen.organisation.code if seen else f"{where}H01"
        lab = bool(seen and seen.visit.results and (case.tested or case.named == "lab"))
        values = {
            "national_card_id": id, "card_no": f"{code}-{entered:%Y}-{serial % 1_000_000:06d}", "card_state": "原始卡",
            "name": who.name, "guardian_name": who.guardian, "id_no": who.id_no, "id_type": "居民身份证",
            "sex": "男" if who.sex == "male" else "女", "birth_date": str(who.birth),
            "age_value": age(who.birth, diagnosed.date()), "employer": who.employer + who.school_class,
            "phone": who.phone, "patient_belongs": belongs(residence, where),
            "residence_area": area(residence) if chance.random() > 0.01 else f"{residence[:6]}99",
            "residence_detail": who.address, "population": OCCUPATIONS[who.occupation],
            "case_class": _CLASSES[case.illness.card[0 if lab else 1]], "acute_chronic": _acute(case, seen),
            "onset_date": str(case.onset), "diagnosis_datetime": minute(diagnosed),
            "disease": _name(case, seen, lab), "report_doctor": seen.visit.doctor if seen else "外院医生",
            "fill_date": str(diagnosed.date()), "report_area": area(where), "report_org": organisation,
            "report_org_type": "综合医院" if "H" in code else "乡镇卫生院", "entry_time": minute(entered),
            "entry_user": f"{code[-3:].lower()}_01", "entry_user_org": organisation, "audit_state": "未审核卡",
        }  # fmt: skip
        if case.illness.id == "hfmd":
            values |= {"lab_result": "肠道病毒阳性" if lab else "未检测", "hfmd_severe": "否"}
        self._audited(values, entered, diagnosed, case, chance)
        if entered <= self._end:
            self.cards.append(Card(id, entered, where, residence, values))
            return id
        return ""

    def _audited(
        self, values: dict[str, str], entered: datetime, diagnosed: datetime, case: Case, chance: random.Random
    ) -> None:
        """What the CDC did with it by the last day."""
        end = self._end
        wait = chance.triangular(20, 20 * 60, 240) if chance.random() > 0.04 else chance.uniform(25 * 60, 70 * 60)
        audited = entered + timedelta(minutes=round(wait))
        fate = chance.random()
        if fate < 0.02 and audited <= end:
            values |= {
                "audit_state": "已删除卡", "delete_time": minute(audited), "delete_user": "649921_cdc01",
                "delete_user_org": "禾澍县疾病预防控制中心", "delete_reason": pick(_DELETED, chance),
            }  # fmt: skip
            return
        if audited > end or fate < 0.035:
            return
        times = {"county_audit_time": minute(audited), "audit_state": "已终审卡"}
        revised = audited + timedelta(minutes=chance.randint(300, 9 * 24 * 60))
        if fate < 0.075 and revised <= end:
            final = revised + timedelta(minutes=chance.randint(60, 20 * 60))
            before = knowledge.load().diseases[_BEFORE.get(case.illness.id, case.illness.id)]
            times |= {
                "card_state": "订正卡", "previous_disease": _NAMES.get(before.id, before.name),
                "previous_diagnosis_datetime": minute(diagnosed), "previous_final_audit_time": minute(audited),
                "revision_report_time": minute(revised), "revision_user": "649921_cdc01",
                "revision_user_org": "禾澍县疾病预防控制中心",
                "diagnosis_datetime": minute(revised - timedelta(minutes=chance.randint(30, 290))),
            }  # fmt: skip
            if final <= end:
                times["revision_final_time"] = minute(final)
            else:
                times["audit_state"] = "订正未审核"
        values |= times

    def scopes(self) -> tuple[Sequence[Card], Sequence[Card]]:
        """Cards by the reporting county and by residence, in the order of their entry."""
        county = self.county.places.townships[0].area.parent
        ordered = sorted(self.cards, key=lambda one: (one.entered, one.national_card_id))
        return (
            [one for one in ordered if one.report_area == county],
            [one for one in ordered if one.residence.startswith(county)],
        )


def _acute(case: Case, seen: Seen | None) -> str:
    if case.illness.id not in ("hepatitis_b", "hepatitis_c"):
        return ""
    return "急性" if seen and seen.visit.code.startswith(("B16", "B17")) else "慢性"


def _name(case: Case, seen: Seen | None, lab: bool) -> str:
    id = case.illness.id
    if id == "pulmonary_tb":
        return "病原学阳性" if lab else "无病原学结果"
    if id == "syphilis":
        return _STAGES.get(seen.visit.code[:5] if seen else "", "隐性梅毒")
    if id == "hiv_aids":
        return "HIV感染者" if seen and seen.visit.code.startswith("Z21") else "艾滋病病人"
    return _NAMES.get(id) or knowledge.load().diseases[id].name

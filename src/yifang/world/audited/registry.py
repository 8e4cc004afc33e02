"""The national system's side of the hospital: every case reported in time and rightly, unless something was planted."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta

from yifang import knowledge
from yifang.world.carding import Registry
from yifang.world.chance import dice
from yifang.world.county import County
from yifang.world.encounters import Seen
from yifang.world.epidemics import Case
from yifang.world.people import Resident
from yifang.world.writing.national import Card, age, area, belongs, minute

LOWER = {"确诊病例": "临床诊断病例", "临床诊断病例": "确诊病例", "疑似病例": "确诊病例"}


class Punctual(Registry):
    """A registry whose hospitals report in time; a share of the cards is corrected or still unaudited."""

    def __init__(self, county: County, until: date) -> None:
        super().__init__(county, until + timedelta(days=30))

    def reported(self, seen: Seen, late: timedelta | None = None, wrong: str = "") -> str:
        """Report a case; `late` is how long after the limit, `wrong` the class or name that the card says instead.

        Returns what is wrong with it in words, `` for nothing.
        """
        case = seen.case
        if case is None:
            return ""
        chance = dice(self.county.seed, "punctual", case.id)
        who = self.county.people.resident(case.person)
        diagnosed = seen.visit.result_at if seen.named == "lab" else seen.visit.at
        self._card(case, who, who.area, seen, diagnosed, chance)
        card = self.cards[-1]
        limit = timedelta(hours=knowledge.load().diseases[case.illness.id].report_hours)
        spent = limit * chance.triangular(0.02, 0.9, 0.15) if late is None else limit + late
        self._entered(card, diagnosed + spent, chance)
        if wrong == "class":
            before = card.values["case_class"]
            card.values["case_class"] = LOWER[before]
            return f"{before} → {card.values['case_class']}"
        if wrong == "result":
            before = card.values["disease"]
            card.values["disease"] = "无病原学结果"
            return f"{before} → 无病原学结果"
        return minute(diagnosed + spent) if late is not None else ""

    def long_ago(self, who: Resident, disease: str, name: str, klass: str, day: datetime, unit: str, code: str) -> None:
        """A card of years ago."""
        chance = dice(self.county.seed, "long ago", who.number, disease)
        county = self.county.places.townships[0].area.parent
        entered = day + timedelta(hours=3)
        serial = chance.randrange(100_000_000)
        id = f"6499{entered:%y%m%d}{serial:08d}"
        values = {
            "national_card_id": id, "card_no": f"{code}-{entered:%Y}-{serial % 1_000_000:06d}", "card_state": "原始卡",
            "name": who.name, "id_no": who.id_no, "id_type": "居民身份证", "sex": "男" if who.sex == "male" else "女",
            "birth_date": str(who.birth), "age_value": age(who.birth, day.date()), "phone": who.phone,
            "patient_belongs": belongs(who.area, county), "residence_area": area(who.area),
            "residence_detail": who.address, "case_class": klass, "onset_date": str(day.date() - timedelta(days=9)),
            "diagnosis_datetime": minute(day), "disease": name, "report_doctor": "旧卡医生",
            "fill_date": str(day.date()), "report_area": area(county), "report_org": unit,
            "report_org_type": "综合医院", "entry_time": minute(entered), "entry_user": "h01_01",
            "entry_user_org": unit, "audit_state": "已终审卡",
            "county_audit_time": minute(entered + timedelta(hours=4)),
            "acute_chronic": "慢性" if disease.startswith("hepatitis") else "",
        }  # fmt: skip
        self.cards.append(Card(id, entered, county, who.area, values))

    def _entered(self, card: Card, at: datetime, chance: random.Random) -> None:
        card.entered = at
        card.values["entry_time"] = minute(at)
        card.values |= {"audit_state": "已终审卡", "county_audit_time": minute(at + timedelta(minutes=90))}
        if chance.random() < 0.05:
            card.values["audit_state"] = "未审核卡"
            del card.values["county_audit_time"]

    def _audited(
        self, values: dict[str, str], entered: datetime, diagnosed: datetime, case: Case, chance: random.Random
    ) -> None:
        """Nothing: the entry of a card is settled afterwards."""

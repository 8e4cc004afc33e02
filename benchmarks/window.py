"""The doctor's ten seconds: keystrokes over every suspicion of the demo, and how long a window and a CDS card take.

The node holds the demo and `YIFANG_BENCH_VISITS` visits more. An opening is the whole of it: the signed link, the
redirect, the page to its last byte, each link new as a hospital's system makes it; eight doctors with 2 s to think.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import statistics
import threading
import time
import uuid
from datetime import date, timedelta
from typing import Any

from benchmarks.node import Node, quantile, running

Figure = tuple[str, float, str, float]
VISITS = int(os.environ.get("YIFANG_BENCH_VISITS", "2000"))
DOCTORS, ROUNDS, THINK = 8, 20, 2.0
_UNLISTED = "闵行区兴业电子有限公司"  # a workplace on no list, as long as most
ISSUER = "https://emr.example.org"


def run() -> list[Figure]:
    """Median and largest count of keystrokes; the 95th percentiles in milliseconds."""
    with running("--demo") as node:
        _wait_for_demo(node)
        hospital, visits = _more()
        _county_list()
        keys, with_place = _keystrokes()
        client, secret, private = _clients(hospital)
        opened = _at_once(lambda order: _open(node, client, secret, visits, order))
        asked = _at_once(lambda order: _ask(node, private, order))
    return [
        (f"keystrokes of a card, median of {len(keys)} of the demo", statistics.median(keys), "keys", 12),
        (f"keystrokes, median of the {len(with_place)} with school or work", statistics.median(with_place), "keys", 12),
        ("keystrokes, 90th percentile", quantile([float(one) for one in keys], 0.9), "keys", 40),
        (f"window by signed link, p95 of {len(opened)}", quantile(opened, 0.95) * 1000, "ms", 300),
        (f"CDS Hooks cards, p95 of {len(asked)}", quantile(asked, 0.95) * 1000, "ms", 300),
    ]


def _wait_for_demo(node: Node) -> None:
    state = node.data / "demo-state"
    for _ in range(600):
        if state.exists() and state.read_text().strip() == "done":
            return
        time.sleep(0.5)
    raise RuntimeError("the demo did not fill within five minutes")


def _more() -> tuple[Any, list[str]]:
    """Children with 手足口病 at one hospital, one visit each. Returns the hospital and the numbers of the visits."""
    from django.db import transaction

    from yifang.apps.accounts.models import Seat, User
    from yifang.apps.ledger.services import NODE
    from yifang.apps.places.models import Organisation
    from yifang.apps.records import services
    from yifang.apps.workstation.models import VisitKey
    from yifang.formats import canonical
    from yifang.kernel import clock
    from yifang.kernel.identity_number import check_digit

    hospital = Organisation.objects.create(code="HBENCH", name="窗口医院", kind="hospital", area_code="310112")
    for order in range(DOCTORS):
        user = User.objects.create(username=f"bench{order}", display_name=f"医生{order}", password="!")
        Seat.objects.create(
            user=user, role="clinician", organisation=hospital, department="儿科", staff_no=f"W{order}",
            since=date(2020, 1, 1),
        )  # fmt: skip
    at = canonical.Moment(
        (clock.now() - timedelta(hours=1)).astimezone(clock.CHINA).strftime("%Y-%m-%dT%H:%M"), "minute"
    )
    numbers, records = [], []
    for order in range(VISITS):
        first17 = f"310112{date(2019, 1, 1) + timedelta(days=order % 1500):%Y%m%d}{order // 1500 * 2 + 1:03d}"
        numbers.append(f"BENCH{order}")
        records.append(
            canonical.Record(
                kind="encounter", key=numbers[-1], status="final",
                source=canonical.Source(format="hl7v2", path="bench", control_id=numbers[-1]),
                person=canonical.Person(
                    identifiers=(canonical.Identifier("cn_id", first17 + check_digit(first17)),), name=f"陈{order}",
                    sex="male", birth=canonical.Moment(f"{first17[6:10]}-{first17[10:12]}-{first17[12:14]}", "day"),
                    area_code="310112003", phone="13800000000", address="示范路", guardian="陈大",
                ),
                encounter=canonical.Encounter(
                    id=numbers[-1], kind="outpatient", department="儿科", clinician_id=f"W{order % DOCTORS}", start=at
                ),
                at=at,
                diagnoses=(canonical.Diagnosis((canonical.Code("icd10", "B08.401"),), "手足口病", "DG1[1]", at=at),),
                notes=(canonical.Note("complaint", "发热2天，手足皮疹1天", "complaint", at),),
            )
        )  # fmt: skip
    before = VisitKey.objects.count()
    for start in range(0, VISITS, 500):
        with transaction.atomic():
            services.receive(records[start : start + 500], hospital, uuid.uuid4(), NODE)
    for _ in range(1200):
        if VisitKey.objects.count() - before >= VISITS:
            return hospital, numbers
        time.sleep(0.1)
    raise RuntimeError("the visits were not identified within two minutes")


def _keystrokes() -> tuple[list[int], list[int]]:
    """Of every suspicion that the demo made, as its window asks: all of them, and those that ask for school or work.

    The group that the record leaves open is one of the person's age; whoever has a school or workplace names one of the
    county's list by its letters, and every other worker one that is on no list, in full.
    """
    from yifang.apps.accounts.models import Seat
    from yifang.apps.accounts.viewers import enter, viewer_of
    from yifang.apps.reporting import services
    from yifang.apps.reporting.models import Suspicion
    from yifang.apps.workstation import workplaces
    from yifang.apps.workstation.presenting import WindowForm

    chance, every, with_place = random.Random(11), [], []
    seats = {seat.organisation_id: seat for seat in Seat.objects.filter(role="clinician").select_related("user")}
    rows = Suspicion.objects.exclude(organisation__code="HBENCH").select_related("person", "record", "organisation")
    for one in rows.order_by("found_at", "id"):
        with enter(viewer_of(seats[one.organisation_id]).acting_for("reporting.card")) as viewer:
            preview = services.preview(one, viewer)
            before = workplaces.earlier(one.person_id)
        form = WindowForm(preview, preview.answers, before)
        keys = form.keystrokes
        group = str(preview.answers.get("population") or _group(one.person.birth_date, chance))
        asked = [each.field.name for each in form.questions if each.when and group in each.when.split()]
        if "employer" in asked:
            keys += _keys_of_place(one.person.area_code, group, before[0], chance)
        if "school_class" in asked:
            keys += 1 if before[1] or group == workplaces.NURSERY else len("3.2") + 1
        every.append(keys)
        if asked:
            with_place.append(keys)
    return every, with_place


def _county_list() -> None:
    """Schools and workplaces as many as a county has, on its list."""
    from yifang.apps.places.models import Organisation

    where = re.findall("..", "莘庄七宝颛桥华漕虹桥梅陇吴泾马桥浦江江川古美新虹春申曙光星河长江黄河东方育才文来")
    ends = {
        "school": ("第一小学", "第二小学", "实验小学", "中心小学", "中学", "实验中学", "第一幼儿园", "新城幼儿园"),
        "worksite": ("电子厂", "服装厂", "食品有限公司", "物流有限公司", "机械有限公司", "建筑公司", "物业公司", "酒店",
                     "商场", "印刷厂", "家具厂", "科技公司", "农场", "超市", "修理厂"),
    }  # fmt: skip
    Organisation.objects.bulk_create(
        Organisation(code=f"{kind}{n}", name=name, kind=kind, area_code=f"310112{n % 14 + 101}")
        for kind in ends
        for n, name in enumerate(place + end for place in where for end in ends[kind])
    )


def _group(birth: date | None, chance: random.Random) -> str:
    """A population group of the age: nursery, pupil, and of the grown the commonest in turn."""
    years = (date.today() - birth).days // 365 if birth else 40
    if years < 3:
        return "2"
    if years < 7:
        return "1"
    if years < 18:
        return "3"
    return "23" if years >= 60 else chance.choice(["16", "17", "18", "20", "22", "9"])


def _keys_of_place(area: str, group: str, before: str, chance: random.Random) -> int:
    """One key for what an earlier card said; else letters until the list holds it, and its number; else it is spelt."""
    from pypinyin import lazy_pinyin

    from yifang.apps.places.suggesting import initials, suggestions
    from yifang.apps.workstation import workplaces

    if before:
        return 1
    pupil = group in (workplaces.NURSERY, workplaces.PUPIL)
    if pupil or chance.random() < 0.5:
        wanted = chance.choice(suggestions("", area, ["school" if pupil else "worksite"], limit=10_000))
        for letters in range(len(wanted)):
            if wanted in workplaces.offered(initials(wanted)[:letters], area, group):
                return letters + 1
    return len("".join(lazy_pinyin(_UNLISTED))) + 2


def _clients(hospital: Any) -> tuple[str, str, Any]:
    import jwt
    from cryptography.hazmat.primitives.asymmetric import ec

    from yifang.apps.ledger.services import NODE
    from yifang.apps.workstation.services import add_client

    client, secret = add_client(hospital, "HIS", "hmac", NODE)
    private = ec.generate_private_key(ec.SECP384R1())
    public = jwt.algorithms.ECAlgorithm.to_jwk(private.public_key())
    add_client(hospital, "EMR", "cds", NODE, public=public, issuer=ISSUER)
    return client.id.hex, secret, private


def _at_once(work: Any) -> list[float]:
    took: list[float] = []
    threads = [threading.Thread(target=lambda order=order: took.extend(work(order))) for order in range(DOCTORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if len(took) != DOCTORS * ROUNDS:
        raise RuntimeError(f"only {len(took)} of {DOCTORS * ROUNDS} were answered")
    return took


def _open(node: Node, client: str, secret: str, visits: list[str], order: int) -> list[float]:
    from yifang.apps.workstation import links

    chance, took = random.Random(order), []
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    for round in range(ROUNDS + 2):
        visit = visits[chance.randrange(len(visits) // DOCTORS) * DOCTORS + order]
        said = {"doctor": f"W{order}", "visit": visit, "at": int(time.time()), "nonce": uuid.uuid4().hex}
        link = links.sign(client, secret, said)
        begun = time.perf_counter()
        connection.request("GET", f"/w/{link}")
        answer = connection.getresponse()
        answer.read()
        cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
        connection.request("GET", answer.getheader("Location") or "/", headers={"Cookie": cookie})
        page = connection.getresponse()
        body = page.read().decode()
        if page.status != 200 or "疑似手足口病" not in body:
            raise RuntimeError(f"{answer.status} {page.status}")
        if round >= 2:  # the threads have met the page
            took.append(time.perf_counter() - begun)
        time.sleep(chance.uniform(0.5, 1.5) * THINK)
    return took


def _ask(node: Node, private: Any, order: int) -> list[float]:
    import jwt

    took, chance = [], random.Random(order)
    connection = http.client.HTTPConnection("127.0.0.1", node.port, timeout=30)
    service = "yifang-patient-view"
    for round in range(ROUNDS + 2):
        patient = f"p{order}-{round}"
        subject = {"reference": f"Patient/{patient}"}
        code = {"system": "http://hl7.org/fhir/sid/icd-10", "code": "J10.101", "display": "流行性感冒"}
        conditions = [
            {"resourceType": "Condition", "id": f"c{number}", "subject": subject, "code": {"coding": [code]}}
            for number in range(20)
        ]
        prefetch = {
            "user": {"resourceType": "Practitioner", "id": "d", "identifier": [{"value": f"W{order}"}]},
            "patient": {"resourceType": "Patient", "id": patient, "gender": "male", "birthDate": "2016-01-01"},
            "conditions": {"resourceType": "Bundle", "entry": [{"resource": one} for one in conditions]},
        }
        body = {
            "hook": "patient-view", "hookInstance": str(uuid.uuid4()), "prefetch": prefetch,
            "context": {"userId": "Practitioner/d", "patientId": patient},
        }  # fmt: skip
        now = int(time.time())
        claims = {
            "iss": ISSUER, "aud": f"http://127.0.0.1:{node.port}/cds-services/{service}", "iat": now,
            "exp": now + 240, "jti": uuid.uuid4().hex,
        }  # fmt: skip
        headers = {
            "Content-Type": "application/json", "Authorization": f"Bearer {jwt.encode(claims, private, 'ES384')}"
        }  # fmt: skip
        begun = time.perf_counter()
        connection.request("POST", f"/cds-services/{service}", json.dumps(body), headers)
        answer = connection.getresponse()
        told = json.loads(answer.read())
        if answer.status != 200 or len(told["cards"]) != 1:
            raise RuntimeError(f"{answer.status} {told}")
        if round >= 2:
            took.append(time.perf_counter() - begun)
        time.sleep(chance.uniform(0.5, 1.5) * THINK)
    return took

"""Temporary: the district's pages at scale."""

import time, os
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests import apps
from tests.reporting.test_pages_district import BACKEND, make_entered
from yifang.apps.reporting.models import Card, Case

N = int(os.environ.get("N_CASES", "100000"))


def test_scale(db):
    county = apps.county()
    entered = make_entered(county)
    card = entered()
    h, doc = county.hospital.id, county.users["clinician"].pk
    with connection.cursor() as c:
        t = time.time()
        c.execute(
            """CREATE TEMP TABLE g AS SELECT i, gen_random_uuid() p, gen_random_uuid() c, gen_random_uuid() k,
          CASE WHEN i %% 50 = 0 THEN '310105' WHEN i %% 3 = 0 THEN '310104' ELSE '310112' END a,
          (ARRAY['hfmd','influenza','hepatitis_b','pulmonary_tb','infectious_diarrhea'])[1 + i %% 5] d, (ARRAY['ordinary','ordinary','bloodborne_hepatitis','tb','ordinary'])[1+i %% 5] g, date '2026-11-20' - (i %% 700) AS day FROM generate_series(1,%s) i""",
            [N],
        )
        c.execute(
            """INSERT INTO records_person (id, sex, birth_date, area_code, masked_name, masked_id_no, masked_phone, created_at) SELECT p,'male','2020-01-01',a||'101','王*','','',now() FROM g"""
        )
        c.execute(
            """INSERT INTO records_personidentity (person_id, sealed, name_key, id_no_key, phone_key) SELECT p, ''::bytea, sha256((i % 20000)::text::bytea), sha256(i::text::bytea), sha256(('p'||i)::bytea) FROM g"""
        )
        c.execute(
            """INSERT INTO reporting_case (id, person_id, disease, subtype, "group", case_class, onset_date, diagnosed_at, entered_on, audited_on, residence_area, report_area, report_org_id, population, age_days, excluded, created_at)
          SELECT c,p,d,'',g,'clinical',day,day,day,day,a||'101',a,%s,'2',900,false,day FROM g""",
            [h],
        )
        c.execute(
            """INSERT INTO reporting_card (id, card_no, organisation_id, department, doctor_id, person_id, case_id, state, reason, version, disease, subtype, "group", case_class, residence_area, report_area, school_class, onset_date, diagnosed_at, population, masked_name, pack_digest, created_at, report_due_at, reviewed_at, national_card_id, entered_at, audit_due_at, audited_at, late_reason)
          SELECT k,'X'||i,%s,'',%s,p,c,CASE WHEN i %% 1000 = 7 THEN 'submitted' ELSE 'audited' END,'',1,d,'',g,'clinical',a||'101',a,'',day,day,'2','王*','',day,day,day,'N'||i,day,day,NULL,'' FROM g""",
            [h, doc],
        )
        for kind, col in (("case", "c"), ("card", "k")):
            c.execute(f"""INSERT INTO accounts_visibility (scope,kind,subject,person,day,disease,"group",level,reason)
              SELECT s,'{kind}',{col},p,day,d,g,2,'report_area' FROM g, unnest(ARRAY['area:'||a,'area:310100','area:310000','org:{h}','area:'||a||'101']) s""")
        c.execute("SELECT 1")
        for tb in (
            "records_person",
            "records_personidentity",
            "reporting_case",
            "reporting_card",
            "accounts_visibility",
        ):
            c.execute(f"ANALYZE {tb}")
        print("filled", round(time.time() - t, 1))
        c.execute(
            "select proname, proleakproof from pg_proc where proname in ('byteaeq','texteq','uuid_eq','int4eq','array_eq','like','textlike','starts_with','date_ge','timestamptz_lt','boolne','booleq')"
        )
        print(c.fetchall())
    one = Case.objects.exclude(report_area="x").filter(report_area="310112", disease="hfmd").first()
    small = "neighbour_epidemiologist"
    urls = {
        "audit": "/audit/",
        "audit d": "/audit/?disease=hfmd&class=clinical",
        "all": "/audit/?tab=all",
        "all d": "/audit/?tab=all&disease=hfmd",
        "all state": "/audit/?tab=all&state=submitted",
        "cases": "/cases/",
        "cases d": "/cases/?disease=influenza",
        "cases class": "/cases/?class=confirmed",
        "cases since": "/cases/?since=2025-01-01&until=2025-02-01",
        "card": f"/audit/{card.id}",
        "case": f"/cases/{one.id}",
    }
    for who in ("epidemiologist", small, "city_epidemiologist"):
        client = Client()
        client.force_login(county.users[who], backend=BACKEND)
        for name, url in urls.items():
            client.get(url)
            spent=[]
            def timed(execute, sql, params, many, context):
                t=time.perf_counter()
                try: return execute(sql, params, many, context)
                finally: spent.append((time.perf_counter()-t, sql))
            best=[]
            for _ in range(4):
                spent.clear()
                with connection.execute_wrapper(timed):
                    t=time.process_time(); w=time.perf_counter(); r=client.get(url); best.append((time.perf_counter()-w, time.process_time()-t))
            m=min(best)
            print(f"{who[:10]:10} {name:12} {r.status_code} {m[0]*1000:6.1f} ms cpu {m[1]*1000:6.1f} sql {len(spent)} {sum(x[0] for x in spent)*1000:6.1f}", [(round(x[0]*1000,1), x[1][:60].replace(chr(10)," ")) for x in sorted(spent, reverse=True)[:2]])
        for text in ("X77", "陈小宝", "13800000001"):
            client.post("/search", {"q": text})
            t = time.perf_counter()
            r = client.post("/search/" if False else client_url, {"q": text})
            print(who[:10], "search", text, r.status_code, round((time.perf_counter() - t) * 1000, 1))


from django.urls import reverse

client_url = reverse("search")

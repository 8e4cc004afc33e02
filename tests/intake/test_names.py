"""A hospital's own names: counted where the packs do not know them, proposed, confirmed, used for what came before."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest

from tests import apps
from yifang.apps.accounts.viewers import enter
from yifang.apps.intake import names_command, services
from yifang.apps.intake.models import LocalName, NameKind, NameState
from yifang.apps.intake.services import names
from yifang.apps.ledger.services import NODE
from yifang.apps.records.models import Record
from yifang.apps.reporting.models import Suspicion
from yifang.formats.canonical import Drug, Item
from yifang.kernel.errors import NotAllowed, NotFound, UserError, YifangError

pytestmark = pytest.mark.django_db


@pytest.fixture
def county() -> apps.County:
    return apps.county()


def report(key: str, name: str, value: str = "阳性", order: int = 1):
    who = apps.person(order=order)
    return apps.record(key, kind="lab_report", results=(apps.result(name, value, specimen="粪便"),), who=who)


def come(county, *records, where: str = "hospital", digest: bytes = b"d") -> None:
    items = [Item(at, "csv", (one,), None, b"x") for at, one in enumerate(records)]
    with apps.as_jobs():
        services.take(services.open_batch(county.feeds[where], "a.csv", digest * 32), items, NODE)


def named(name: str) -> LocalName:
    return LocalName.objects.get(name=name)


def test_only_names_that_the_packs_do_not_know_are_counted(county):
    drugged = replace(apps.record("D", department="疑难病科室"), drugs=(Drug((), "蒙脱石散", "x"),))
    come(county, report("A", "霍乱弧菌培养"), report("B", "NV核酸"), report("C", "NV核酸", order=2), drugged)
    assert sorted(LocalName.objects.values_list("kind", "name", "seen")) == [
        ("department", "疑难病科室", 1), ("drug", "蒙脱石散", 1), ("test", "NV核酸", 2),
    ]  # fmt: skip
    come(county, report("E", "NV核酸"), digest=b"e")
    assert named("NV核酸").seen == 3


@pytest.mark.parametrize(
    ("kind", "name", "target"),
    [
        (NameKind.TEST, "霍乱弧菌(本院培养)", "霍乱"), (NameKind.TEST, "甲流抗原快筛", "流"),
        (NameKind.DRUG, "利福平胶囊0.15g", "利福平"),
        (NameKind.DEPARTMENT, "感染科门诊", "16"), (NameKind.DEPARTMENT, "儿科二病区", "07"),
    ],
)  # fmt: skip
def test_the_likeliest_meaning_is_proposed(kind, name, target):
    proposals = names.propose(kind, name)
    assert proposals
    assert target in f"{proposals[0][0]} {names.label(kind, proposals[0][0])}"
    assert proposals == sorted(proposals, key=lambda pair: -pair[1])


def test_what_is_unlike_everything_is_proposed_as_nothing():
    assert names.propose(NameKind.TEST, "zzzz") == []


def cholera() -> str:
    return next(one.id for one in names.load().triggers.lab if one.disease == "cholera")


def test_a_confirmed_name_is_used_for_what_came_before_and_for_what_comes(county):
    come(county, report("A", "弧菌甲(本院)"))
    apps.deliver()
    assert not Suspicion.objects.exists()
    with apps.as_jobs():
        names.answer(named("弧菌甲(本院)").id, NameState.CONFIRMED, cholera(), NODE)
    apps.run_deferred()
    apps.deliver()
    assert Suspicion.objects.get().disease == "cholera"
    row = Record.objects.get()
    assert row.payload["results"][0]["codes"][-1]["system"] == "yifang"
    come(county, report("A", "弧菌甲(本院)"), digest=b"e")  # the same again is a repeat, annotated or not
    assert Record.objects.count() == 1
    come(county, report("B", "弧菌甲(本院)", order=2), digest=b"f")
    apps.deliver()
    assert (
        Record.objects.get(version=1, current=True, id__gt=row.id).payload["results"][0]["codes"][-1]["code"]
        == cholera()
    )
    with apps.as_jobs():
        names.answer(named("弧菌甲(本院)").id, NameState.OPEN, "", NODE)
    apps.run_deferred()
    assert not Record.objects.filter(payload__results__0__codes__contains=[{"system": "yifang"}]).exists()


def test_what_one_hospital_confirmed_is_proposed_to_another(county):
    come(county, report("A", "弧菌甲(本院)"))
    with apps.as_jobs():
        names.answer(named("弧菌甲(本院)").id, NameState.CONFIRMED, cholera(), NODE)
    come(county, report("A", "弧菌甲(本院)"), where="other_hospital")
    learnt = LocalName.objects.get(organisation=county.other_hospital)
    assert learnt.state == NameState.OPEN
    assert learnt.proposals[0] == [cholera(), 1.0]


def test_the_page_lists_by_frequency_proposes_and_keeps_the_answer(county, client):
    come(county, *(report(f"A{n}", "无名甲项", order=n) for n in range(3)), report("B", "怪项目"))
    client.force_login(county.users["hospital_desk"])
    page = client.get("/names/").content.decode()
    assert page.index("无名甲项") < page.index("怪项目")
    assert "没有待对照的名称" in client.get("/names/?kind=drug").content.decode()
    one = named("怪项目")
    assert client.post(f"/names/{one.id}", {"target": "none"}).status_code == 302
    assert named("怪项目").state == NameState.IGNORED
    assert "怪项目" in client.get("/names/?state=ignored").content.decode()
    assert client.post(f"/names/{one.id}", {"reopen": "1"}).status_code == 302
    assert client.post(f"/names/{one.id}", {"target": "nothing-like-it"}).status_code == 400
    assert client.post(f"/names/{one.id}", {}).status_code == 400
    assert "对不上唯一的一项" in client.post(f"/names/{one.id}", {"other": "病毒"}, follow=True).content.decode()
    assert client.post(f"/names/{one.id}", {"other": "乙型流感病毒抗原"}).status_code == 302
    assert (named("怪项目").state, named("怪项目").target) == ("confirmed", "lb_flu_ag")
    assert client.post(f"/names/{one.id}", {"reopen": "1"}).status_code == 302
    client.cookies["django_language"] = "en"
    assert "Local names" in client.get("/names/").content.decode()
    client.force_login(county.users["other_hospital_desk"])
    assert "怪项目" not in client.get("/names/").content.decode()
    assert client.post(f"/names/{one.id}", {"target": "none"}).status_code == 404


def test_only_who_sets_sources_answers(county):
    come(county, report("A", "怪项目"))
    viewer = county.viewer("hospital_lab")
    with enter(viewer), pytest.raises(NotAllowed):
        names.answer(named("怪项目").id, NameState.IGNORED, "", viewer)
    one, viewer = named("怪项目").id, county.viewer("other_hospital_desk")
    with enter(viewer), pytest.raises(NotFound):
        names.answer(one, NameState.IGNORED, "", viewer)


def test_departments_of_ones_own_mean_standard_ones(county):
    come(county, apps.record("A", department="小小儿科"))
    with apps.as_jobs():
        assert names.standard_department(county.hospital.id, "小小儿科") == ""
        names.answer(named("小小儿科").id, NameState.CONFIRMED, "07", NODE)
        assert names.standard_department(county.hospital.id, "小小儿科") == "07"
        assert names.standard_department(county.hospital.id, "急诊科") == "20"


def test_the_command_lists_and_answers(county, capsys):
    come(county, report("A", "怪项目"))

    def command(*words: str) -> str:
        parser = argparse.ArgumentParser()
        names_command.configure(parser)
        with apps.as_jobs():
            assert names_command.run(parser.parse_args(words)) == 0
        return capsys.readouterr().out

    assert "怪项目" in command()
    assert "没有" in command("--kind", "drug")
    assert "怪项目" in command("--name", "怪项目", "--means", cholera())
    assert "怪项目" in command("--state", "confirmed", "--organisation", "H31011201")
    for words in (("--name", "没有的"), ("--name", "怪项目", "--means", "x")):
        with pytest.raises((UserError, YifangError)):
            command(*words)


@pytest.mark.parametrize(
    ("name", "never"),
    [
        ("乙肝表面抗体", "HBsAg"), ("乙肝e抗原", "HBsAg"), ("NV核酸", "HIV"), ("RBPT", "RPR"), ("巨细胞病毒IgG", "HIV"),
        ("风疹IgG", "IgM"), ("风疹病毒抗体IgM", "麻疹"), ("轮状病毒抗原", "流感"),
    ],
)  # fmt: skip
def test_what_a_test_looks_for_and_its_agent_are_never_guessed_over(name, never):
    proposed = [names.label(NameKind.TEST, target) for target, _ in names.propose(NameKind.TEST, name)]
    assert not [one for one in proposed if never in one]

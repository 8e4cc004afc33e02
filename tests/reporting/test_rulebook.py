"""Rules under change control: drafted, tried on history, activated by a second person, in force at once, and back."""

from __future__ import annotations

import contextlib

import pytest
from django.db import transaction

from tests import apps
from tests.reporting.test_suspicions import BOY, hfmd, take
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import rulebook
from yifang.apps.reporting.models import RuleSet, RuleSetState, Suspicion, Trial, TrialChange, TrialState
from yifang.apps.reporting.services import rulebook as services
from yifang.kernel.errors import NotAllowed, UserError, WrongState
from yifang.knowledge import PackError, load

pytestmark = [pytest.mark.django_db]

# ZX九号快检 is a test of no pack; the flu antigen is only counted.
TEXT = """\
pack: triggers
source: {id: local_2027, text: "院感染管理委员会2027-01纪要", confidence: MEDIUM}
override:
  lab:
    lb_local_zoster: {names: [ZX九号快检], disease: varicella, level: strong}
    lb_flu_ag: {level: weak}
"""
WRONG = TEXT.replace("level: weak", "levle: weak").replace("disease: varicella", "disease: varicela")


def local(key: str = "Z1"):
    return apps.record(key, kind="lab_report", who=BOY, results=(apps.result("ZX九号快检", "阳性"),))


def drafted(county: apps.County, text: str = TEXT, name: str = "hospital_desk") -> RuleSet:
    viewer = county.viewer(name)
    with enter(viewer):
        return services.draft(viewer, title="增加水痘快检", text=text)


def tried(county: apps.County, one: RuleSet, days: int = 30, name: str = "hospital_desk") -> Trial:
    viewer = county.viewer(name)
    with enter(viewer):
        trial = services.try_on_history(one.id, viewer, days=days)
    apps.run_deferred()
    return Trial.objects.get(id=trial.id)


def step(county: apps.County, name: str, verb: str, one: RuleSet) -> RuleSet:
    viewer = county.viewer(name)
    with enter(viewer):
        return getattr(services, verb)(one.id, viewer)


def activated(county: apps.County, text: str = TEXT) -> RuleSet:
    one = drafted(county, text)
    tried(county, one)
    step(county, "hospital_desk", "propose", one)
    return step(county, "epidemiologist", "activate", one)


def test_a_draft_from_first_words_to_force_and_back() -> None:
    county = apps.county()
    take(county, local(), hfmd("V1"), apps.influenza("F1", diagnoses=(), complaint=""))
    assert {one.disease for one in Suspicion.objects.all()} == {"hfmd", "influenza"}
    one = drafted(county)
    trial = tried(county, one)
    assert (trial.state, trial.done, trial.total) == (TrialState.DONE, 3, 3)
    assert (trial.newly, trial.no_longer, trial.unchanged) == (1, 1, 1)
    assert trial.rules == {"lb_local_zoster": {"newly": 1}, "lb_flu_ag": {"no_longer": 1}}
    changes = {(change.kind, change.disease, change.rule) for change in TrialChange.objects.all()}
    assert changes == {("newly", "varicella", "lb_local_zoster"), ("no_longer", "influenza", "lb_flu_ag")}
    assert Suspicion.objects.count() == 2, "a trial changes nothing"
    step(county, "hospital_desk", "propose", one)
    with pytest.raises(NotAllowed):
        step(county, "hospital_desk", "activate", one)
    active = step(county, "epidemiologist", "activate", one)
    assert (active.number, active.state) == (1, RuleSetState.ACTIVE)
    assert rulebook.in_force().digest == active.digest != load().digest
    take(county, local("Z2"))
    raised = Suspicion.objects.get(disease="varicella")
    assert raised.pack_digest == active.digest
    assert rulebook.version_of(raised.pack_digest) == active
    # a second version, then back to the first
    second = activated(county, "# 恢复内置规则\n")
    assert second.number == 2
    assert rulebook.in_force() is load()
    again = step(county, "administrator", "activate", one)
    assert (again.number, again.state) == (1, RuleSetState.ACTIVE)
    assert RuleSet.objects.get(id=second.id).state == RuleSetState.RETIRED
    assert rulebook.in_force().digest == active.digest


def test_what_is_wrong_is_kept_told_and_goes_no_further() -> None:
    county = apps.county()
    one = drafted(county, WRONG)
    assert one.digest == ""
    with pytest.raises(PackError) as refused:
        rulebook.read(one.text)
    told = refused.value.render("zh")
    for words in ("rules.yaml:5", "varicela", "varicella", "rules.yaml:6", "levle"):
        assert words in told
    for verb in (lambda v: services.try_on_history(one.id, v, days=30), lambda v: services.propose(one.id, v)):
        viewer = county.viewer("hospital_desk")
        with enter(viewer), pytest.raises(PackError):
            verb(viewer)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pack: visibility\nsource: {id: a, text: b, confidence: LOW}\noverride: {}\n", "triggers, syndromes"),
        ("pack: triggers\noverride: {}\n", "source"),
        ("pack: triggers\n  source: [\n", "rules.yaml:"),
        ("- 1\n", "rules.yaml:1"),
        ("pack: nonsense\nsource: {id: a, text: b, confidence: LOW}\noverride: {}\n", "nonsense"),
        ("pack: triggers\nsource: {id: a, text: b, confidence: SURE}\noverride: {}\n", "SURE"),
    ],
)
def test_bad_words_name_place_and_mend(text: str, says: str) -> None:
    with pytest.raises(PackError) as refused:
        rulebook.read(text)
    assert says in refused.value.render("zh")


def test_two_packs_in_one_text_and_lines_of_the_whole() -> None:
    second = "pack: syndromes\nsource: {id: b, text: b, confidence: LOW}\noverride: {nothing: 1}\n"
    with pytest.raises(PackError) as refused:
        rulebook.read(TEXT + "---\n" + second)
    (problem,) = refused.value.problems
    assert (problem.line, problem.place) == (10, "nothing")


def test_steps_in_order_only() -> None:
    county = apps.county()
    one = drafted(county)
    with pytest.raises(WrongState) as untried:
        step(county, "hospital_desk", "propose", one)
    assert untried.value.code == "reporting.rules_untried"
    with pytest.raises(WrongState):
        step(county, "epidemiologist", "activate", one)
    tried(county, one)
    desk = county.viewer("hospital_desk")
    with enter(desk):
        services.propose(one.id, desk)
        services.change(one.id, desk, title="又改了", text=TEXT + "\n    lb_ev: {level: strong}\n")
    assert RuleSet.objects.get().state == RuleSetState.DRAFT, "what was tried is not what it says now"
    with pytest.raises(WrongState):
        step(county, "hospital_desk", "propose", one)
    with enter(desk), pytest.raises(UserError):
        services.try_on_history(one.id, desk, days=0)
    step(county, "hospital_desk", "discard", one)
    with pytest.raises(WrongState):
        step(county, "hospital_desk", "discard", one)


DRAFTS = {"hospital_desk", "other_hospital_desk", "epidemiologist", "residence_epidemiologist",
          "school_epidemiologist", "neighbour_epidemiologist", "hiv_officer", "city_epidemiologist"}  # fmt: skip
ACTIVATES = {"epidemiologist", "hiv_officer", "city_epidemiologist", "administrator"}


def test_who_may() -> None:
    county = apps.county()
    proposed = drafted(county)
    tried(county, proposed)
    step(county, "hospital_desk", "propose", proposed)
    drafts, activates = set(), set()
    for name in apps.CAST:
        for may, act in ((drafts, lambda n: drafted(county, name=n)), (activates, _activates(county, proposed))):
            with contextlib.suppress(NotAllowed), transaction.atomic():
                act(name)
                may.add(name)
                transaction.set_rollback(True)
    assert (drafts, activates) == (DRAFTS, ACTIVATES)


def _activates(county: apps.County, one: RuleSet):
    return lambda name: step(county, name, "activate", one)


def test_a_hospital_tries_on_its_own_records_and_the_list_follows_who_may_see_them() -> None:
    county = apps.county()
    take(county, local())
    apps.receive(county.other_hospital, local("Z9"))
    apps.deliver()
    own = tried(county, drafted(county))
    assert own.total == 1
    everywhere = tried(county, drafted(county, name="epidemiologist"), name="epidemiologist")
    assert (everywhere.total, everywhere.newly) == (2, 2)
    for name, sees in (("hospital_desk", 2), ("other_hospital_desk", 1), ("epidemiologist", 0), ("administrator", 0)):
        with enter(county.viewer(name)):
            assert TrialChange.objects.count() == sees, name


def test_a_trial_that_was_cut_short_begins_anew() -> None:
    county = apps.county()
    take(county, local())
    trial = tried(county, drafted(county))
    with apps.as_jobs():
        Trial.objects.update(state=TrialState.RUNNING)
        from yifang.apps.reporting.rulebook import trying

        trying.run(trial.id)
        assert trying.run(trial.id) is None
    assert (Trial.objects.get().newly, TrialChange.objects.count()) == (1, 1)


def _command(capsys, *words: str) -> tuple[int, str]:
    import argparse
    from types import SimpleNamespace

    from yifang.apps.reporting import rules_command

    parser = argparse.ArgumentParser()
    rules_command.configure(parser)
    args = parser.parse_args(words)
    args.config = SimpleNamespace(lang="en")
    code = rules_command.run(args)
    told = capsys.readouterr()
    return code, (told.out + told.err).strip()


def test_the_whole_way_at_the_command_line(capsys, tmp_path) -> None:
    county = apps.county()
    take(county, local())
    file = tmp_path / "rules.yaml"
    file.write_text(WRONG, encoding="utf-8")
    assert _command(capsys, "draft", str(file), "--title", "t", "--as", "hospital_desk")[0] == 2
    assert not RuleSet.objects.exists()
    file.write_text(TEXT, encoding="utf-8")
    assert _command(capsys, "draft", str(file), "--title", "t", "--as", "nobody_known")[0] == 2
    assert _command(capsys, "draft", str(file), "--title", "t", "--as", "clinician")[0] == 2
    code, id = _command(capsys, "draft", str(file), "--title", "快检", "--as", "hospital_desk")
    assert code == 0
    assert "newly raised 1" in _command(capsys, "try", id, "--as", "hospital_desk")[1]
    assert _command(capsys, "propose", id[-8:], "--as", "hospital_desk")[0] == 0
    code, told = _command(capsys, "activate", id, "--as", "hospital_desk")
    assert (code, "no seat" in told) == (2, True)
    assert _command(capsys, "activate", id, "--as", "administrator")[1].startswith("1 active")
    assert "快检" in _command(capsys, "list")[1]
    assert "ZX九号快检" in _command(capsys, "show", "1")[1]
    assert _command(capsys, "show", "77")[0] == 2
    assert "interrupted 0 times" in _command(capsys, "interruptions")[1]

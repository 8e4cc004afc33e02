"""The pages of the rules: every rule is told in both languages, every number opens, a draft goes its whole way."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import translation

from tests import apps
from tests.reporting.test_rulebook import TEXT, WRONG, local
from tests.reporting.test_suspicions import hfmd, take
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import RuleSet, Suspicion, Trial
from yifang.apps.reporting.rulebook import plain
from yifang.knowledge import load

pytestmark = [pytest.mark.django_db]


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_rule_is_told(language: str) -> None:
    known = load()
    with translation.override(language):
        triggers = known.triggers
        rules = (*triggers.lab, *triggers.imaging, *triggers.drug, *triggers.negative_rules, *triggers.diagnosis_text)
        for one in rules:
            told = plain.rule(known, one.id)
            assert told is not None, one.id
            assert told.says, one.id
            assert told.source, one.id
            assert not re.search(r"\{\w+\}|None", "".join(told.says)), told.says
        for disease in known.diseases:
            assert plain.rules_of(known, disease), disease


def test_the_index_and_the_pages_of_rules(county, sign_in) -> None:
    take(county, hfmd("V1"), apps.influenza("F1"))
    doctor = county.viewer("clinician")
    with enter(doctor):
        services.dismiss(Suspicion.objects.get(disease="hfmd").id, doctor, code="past")
    desk = sign_in("hospital_desk")
    index = desk.get(reverse("reporting:rules")).content.decode()
    assert f"{reverse('reporting:rules_fired')}?disease=influenza" in index
    page = desk.get(reverse("reporting:rules_disease", args=["influenza"])).content.decode()
    assert reverse("reporting:rule", args=["lb_flu_ag"]) in page
    rule = desk.get(reverse("reporting:rule", args=["diag_icd"])).content.decode()
    assert "state=dismissed&amp;reason=past" in rule
    fired = desk.get(reverse("reporting:rules_fired"), {"rule": "diag_icd", "state": "dismissed", "reason": "past"})
    assert str(Suspicion.objects.get(disease="hfmd").id) in fired.content.decode()
    assert str(Suspicion.objects.get(disease="influenza").id) not in fired.content.decode()
    assert desk.get(reverse("reporting:rule", args=["lb_none"])).status_code == 404
    officer = sign_in("epidemiologist").get(reverse("reporting:rules")).content.decode()
    assert reverse("reporting:rules_fired") not in officer, "who may not see suspicions sees no numbers of them"


def test_a_draft_in_the_pages(county, sign_in) -> None:
    take(county, local(), hfmd("V1"))
    desk, officer = sign_in("hospital_desk"), sign_in("epidemiologist")
    desk.post(reverse("reporting:rulesets"), {"title": "本院快检"})
    one = RuleSet.objects.get()
    here = reverse("reporting:ruleset", args=[one.id])
    page = desk.post(here, {"title": "本院快检", "text": WRONG}, follow=True).content.decode()
    assert "rules.yaml:5" in page
    assert "varicella" in page, "the mend"
    assert reverse("reporting:ruleset_step", args=[one.id, "try"]) not in page
    page = desk.post(here, {"title": "本院快检", "text": TEXT.replace("\n", "\r\n")}, follow=True).content.decode()
    assert "rules.yaml:" not in page
    desk.post(reverse("reporting:ruleset_step", args=[one.id, "try"]), {"days": "90"})
    assert 'hx-trigger="every 2s"' in desk.get(here).content.decode()
    apps.run_deferred()
    trial = Trial.objects.get()
    listed = desk.get(reverse("reporting:trial", args=[trial.id]), {"kind": "newly"}).content.decode()
    assert reverse("records:record", args=[trial.changes.get().record_id]) in listed
    assert (
        reverse("records:record", args=[trial.changes.get().record_id])
        not in officer.get(reverse("reporting:trial", args=[trial.id])).content.decode()
    )
    desk.post(reverse("reporting:ruleset_step", args=[one.id, "propose"]))
    assert reverse("reporting:ruleset_step", args=[one.id, "activate"]) not in desk.get(here).content.decode()
    officer.post(reverse("reporting:ruleset_step", args=[one.id, "activate"]))
    one.refresh_from_db()
    assert (one.number, one.state) == (1, "active")
    assert desk.post(reverse("reporting:ruleset_step", args=[one.id, "nonsense"])).status_code == 400
    # The administrator sees no person: numbers, no list.
    told = sign_in("administrator").get(reverse("reporting:trial", args=[trial.id])).content.decode()
    assert reverse("records:record", args=[trial.changes.get().record_id]) not in told

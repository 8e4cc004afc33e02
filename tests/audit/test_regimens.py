"""Drugs of one regimen that came as several orders: what they say together."""

from datetime import datetime, timedelta

from yifang import identify
from yifang.audit.regimens import put_together, rules_of_many, window_of
from yifang.formats.canonical import Drug, Record, Source
from yifang.kernel.clock import CHINA
from yifang.knowledge import load

K = load()
AT = datetime(2026, 11, 3, 9, 0, tzinfo=CHINA)


def order(days, name):
    drug = Drug((), name, "drug")
    return AT + timedelta(days=days), Record("order", f"{days}{name}", "final", Source("csv"), drugs=(drug,))


def said(*orders):
    merged = list(put_together(orders, window_of(K)))
    return [(one.disease, one.confidence) for each in identify.compiled(K).identify(merged) for one in each.suspicions]


def test_a_line_a_drug_is_one_treatment():
    lines = [order(0, "异烟肼片"), order(0, "利福平胶囊"), order(3, "盐酸乙胺丁醇片")]
    assert said(*lines) == said(*reversed(lines)) == [("pulmonary_tb", "strong")]
    assert list(put_together(lines[:1], window_of(K))) == []


def test_drugs_of_different_seasons_are_none():
    assert said(order(0, "异烟肼片"), order(40, "利福平胶囊")) == []


def test_only_rules_that_one_drug_does_not_meet_are_read_again():
    assert rules_of_many(K).keys() == {"dr_tb", "dr_hiv", "dr_brucella"}
    assert "异福片" in rules_of_many(K)["dr_tb"]

"""The component tags: what they say, that they say it without colour too, and that they escape what they are handed."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django import forms
from django.template import Context, Template, TemplateSyntaxError
from django.test import RequestFactory
from django.utils import translation

from yifang.kernel import clock
from yifang.web import sparklines
from yifang.web.components import Change, Chip, Evidence, Moment, Tab, changes

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def frame():
    with translation.override("zh-hans"), clock.frozen(NOW):
        yield


def draw(source: str, method: str = "get", **context: object) -> str:
    context["request"] = getattr(RequestFactory(), method)("/list?a=1")
    html = Template("{% load yifang %}" + source).render(Context(context))
    return re.sub(r"\s+", " ", html).strip()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


@pytest.mark.parametrize(
    ("source", "context", "said"),
    [
        ("{% clock due %}", {"due": NOW + timedelta(hours=3, minutes=12)}, "剩 3 小时 12 分"),
        ("{% clock due %}", {"due": NOW - timedelta(hours=2)}, "已超 2 小时"),
        ("{% clock due %}", {"due": None}, "—"),
        ("{% clock due start stop %}", {"due": NOW, "start": None, "stop": NOW + timedelta(hours=1)}, "超时 1 小时"),
        ("{% clock due item.nothing item.nothing %}", {"due": NOW + timedelta(hours=5), "item": {}}, "剩 5 小时"),
        ('{% state "待审核" "warn" %}', {}, "待审核"),
        ('{% identity "王*明" "男" "34 岁" "" "学生" %}', {}, "王*明 学生 男 · 34 岁"),
        ('{% identity "" %}', {}, "姓名未填"),
        (
            "{% chips items what 12 %}",
            {"items": [Chip("病种", "流感")], "what": "的报告卡"},
            "显示 病种 流感 的报告卡 共 12 条",
        ),
        ("{% chips items what %}", {"items": [], "what": "的报告卡"}, "显示全部 的报告卡"),
        ("{% deflist pairs %}", {"pairs": [("电话", ""), ("年龄", 0)]}, "电话 未填 年龄 0"),
        ("{% diff items %}", {"items": []}, "两个版本没有差别"),
        ("{% diff items %}", {"items": [Change("职业", "", "民工")]}, "项目 修改前 修改后 职业 未填 民工"),
        ('{% progress 3 10 "读入" %}', {}, "读入 3 / 10"),
        ('{% empty "没有" "说明" %}', {}, "没有 说明"),
        ("{% when at %}", {"at": NOW}, "2026-11-23 16:00"),
        ("{% when at 'Y-m-d' %}", {"at": NOW + timedelta(hours=12)}, "2026-11-24"),
        ("{% when at 'n月j日 H:i' %}", {"at": NOW}, "11月23日 16:00"),
        ("{% when at %}", {"at": NOW.date()}, "2026-11-23"),
        (
            "{% timeline items %}",
            {"items": [Moment(NOW, "退回", "缺结果", who="区疾控")]},
            "2026-11-23 16:00 区疾控 退回 缺结果",
        ),
        (
            "{% evidence items %}",
            {"items": [Evidence("text", "发热", "没有发热", "主诉 第 3 字", "r1", "absent")]},
            "发热 否认 没有发热 出处 主诉 第 3 字 规则 r1",
        ),
    ],
)
def test_a_component_says(source, context, said):
    assert words(draw(source, **context)) == said


@pytest.mark.parametrize(
    "source",
    [
        "{% identity bad bad bad bad bad %}", "{% state bad %}", "{% masked bad %}", "{% masked bad '/x' %}",
        "{% chips chips bad %}", "{% deflist pairs %}", "{% diff changes bad bad %}", "{% timeline moments %}",
        "{% evidence evidence %}", "{% sparkline values bad %}", "{% progress 1 2 bad %}", "{% empty bad bad %}",
        "{% filedrop 'f' bad '.csv' bad %}",
    ],
)  # fmt: skip
def test_a_component_escapes_what_it_is_handed(source):
    bad = "<script>\"'"
    html = draw(
        source, bad=bad, chips=[Chip(bad, bad, "/x", bad)], pairs=[(bad, bad)], changes=[Change(bad, bad, bad + "x")],
        moments=[Moment(NOW, bad, bad, who=bad)], evidence=[Evidence("lab", bad, bad, bad, bad)], values=[1, 2],
    )  # fmt: skip
    assert "<script>" not in html
    assert "&lt;" in html


def test_no_component_needs_an_inline_style_or_script():
    html = draw(
        "{% clock due %}{% sparkline values 'x' 1 2 %}{% progress 1 2 'x' %}{% filedrop 'f' 'x' %}",
        due=NOW,
        values=[1, None, 3],
    )
    assert not re.search(r"\sstyle=|\son\w+=|<script", html)


def test_a_late_clock_is_told_by_words_colour_and_shape():
    html = draw("{% clock due %}", due=NOW - timedelta(minutes=90))
    assert "is-late" in html
    assert "#alert-triangle" in html
    assert "已超 1 小时 30 分" in html
    assert 'title="期限 2026-11-23 14:30"' in html


def test_an_icon_that_is_not_in_the_sprite_fails_loudly():
    with pytest.raises(TemplateSyntaxError, match="no icon 'unicorn'"):
        draw('{% icon "unicorn" %}')


@pytest.mark.parametrize(
    ("before", "after", "marked"),
    [
        ("江川路 100 号", "江川路 108 号", ("江川路 10<del>0</del> 号", "江川路 10<ins>8</ins> 号")),
        ("其他感染性腹泻病", "霍乱", ("<del>其他感染性腹泻病</del>", "<ins>霍乱</ins>")),
        (None, True, ("", "<ins>是</ins>")),
        ("<b>", "", ("<del>&lt;b&gt;</del>", "")),
    ],
)
def test_a_change_marks_what_went_and_what_came(before, after, marked):
    assert Change("x", before, after).marked() == marked


def test_changes_are_those_with_a_label_in_its_order():
    found = changes({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 3, "c": 4, "d": 5}, {"c": "丙", "b": "乙", "a": "甲"})
    assert found == [Change("丙", 3, 4), Change("乙", 2, 3)]


def test_a_curve_leaves_gaps_open_and_marks_the_last_point_above_the_limit():
    html = sparklines.draw([1, 2, None, 4, 9], "近 5 天", expected=2, limit=6)
    assert html.count("<polyline") == 2
    assert "is-above" in html
    assert 'aria-label="近 5 天"' in html
    assert "is-above" not in sparklines.draw([1, 9, None], "x", limit=6)
    assert "<polyline" not in sparklines.draw([], "x")


class Card(forms.Form):
    name = forms.CharField(label="姓名", help_text="与证件一致")
    sex = forms.ChoiceField(label="性别", choices=[("m", "男")], widget=forms.RadioSelect)
    disease = forms.ChoiceField(label="病种", choices=[("", "—"), ("a", "霍乱")])
    school = forms.BooleanField(label="学生", required=False)
    file = forms.FileField(label="附件", required=False)


def test_a_form_tells_every_error_at_once_beside_its_field_and_above():
    html = draw("{% form_errors form %}{% for f in form %}{% field f %}{% endfor %}", form=Card({}))
    assert "有 3 处需要改正" in html
    assert html.count("这个字段是必填项。") == 6
    assert 'href="#id_name_box"' in html
    assert 'id="id_name_box"' in html
    assert re.search(r'<input[^>]*name="name"[^>]*>', html)[0].count("aria-describedby") == 1
    assert 'aria-invalid="true"' in html


def test_errors_are_read_out_only_when_they_answer_what_was_sent():
    assert 'role="alert"' in draw("{% form_errors form %}", "post", form=Card({}))
    assert 'role="alert"' not in draw("{% form_errors form %}", form=Card({}))
    assert draw("{% form_errors form %}", form=Card()) == ""


def test_a_part_that_refreshes_itself_keeps_its_address():
    assert draw('<div {% live "card" "cards" %}></div>') == (
        '<div id="cards" data-live-part hx-get="/list?a=1" hx-select="#cards" hx-swap="outerHTML" '
        'hx-trigger="live:card from:body"></div>'
    )


def test_a_part_that_refreshes_itself_brings_its_neighbours_and_the_menu_along():
    html = draw('<div {% live "card" "cards" "tabs" %}></div>', menu=["a link"])
    assert 'hx-select-oob="#tabs,#menu:innerHTML"' in html
    assert "oob" not in draw('<div {% live "card" "cards" %}></div>')


def test_a_tab_says_where_counting_stopped():
    assert "1000+" in draw("{% tabs items %}", items=[Tab("待审核", "/a", count=1001)])


@pytest.mark.parametrize(("count", "red"), [(0, False), (1, True)])
def test_nothing_waiting_is_never_red(count, red):
    assert ("is-urgent" in draw("{% tabs items %}", items=[Tab("待匹配", "/a", count=count, urgent=True)])) is red

"""Texts are found where they are marked, kept in .po files, compiled without gettext, and missing English is named."""

import gettext
import io
import subprocess
import sys

import pytest

from yifang.web import messages
from yifang.web.messages import po, sources


def entries(path):
    return {(entry.context, entry.msgid, entry.plural) for entry in sources.texts(path, path.name)}


PYTHON = [
    ('_("报告卡")', {("", "报告卡", "")}),
    ('x = gettext_lazy("病例" "数")', {("", "病例数", "")}),
    ('ngettext("{n} 条", "{n} 条们", n)', {("", "{n} 条", "{n} 条们")}),
    ('pgettext("动词", "审核")', {("动词", "审核", "")}),
    ('translation.gettext("退回")', {("", "退回", "")}),
    ('_(variable) + other("没有标记")', set()),
]
TEMPLATES = [
    ('{% translate "报告卡" %}', {("", "报告卡", "")}),
    ("{% translate '审核' context '动词' %}", {("动词", "审核", "")}),
    ('{% icon "x" _("关闭") %} (a) {{ v|default:_("无") }}', {("", "关闭", ""), ("", "无", "")}),
    ("{% blocktranslate trimmed with n=k %}\n  共 {{ n }} 条\n{% endblocktranslate %}", {("", "共 %(n)s 条", "")}),
    (
        "{% blocktranslate count n=k %}有 {{ n }} 处 (错){% plural %}有 {{ n }} 处们{% endblocktranslate %}",
        {("", "有 %(n)s 处 (错)", "有 %(n)s 处们")},
    ),
    ("{# {% translate '旧' %} #}普通文字", set()),
]


@pytest.mark.parametrize(
    ("name", "source", "found"),
    [("a.py", *row) for row in PYTHON] + [("a.html", *row) for row in TEMPLATES],
)
def test_what_is_marked_is_found(tmp_path, name, source, found):
    path = tmp_path / name
    path.write_text(source, encoding="utf-8")
    assert entries(path) == found


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ('<p>{% translate "报告卡" %}</p>', []),
        ("<p>报告卡</p>\n<p>ok</p>", [1]),
        ('{% comment %}\n说明\n{% endcomment %}\n{# 说明 #}\n<b title="标题">', [5]),
        ('{% state "待审核" %}', [1]),
        ('{% state _("待审核") %}', []),
        ("{% blocktranslate %}\n共\n{% endblocktranslate %}\n条", [4]),
    ],
)
def test_chinese_that_nobody_marked_is_found_with_its_line(tmp_path, source, lines):
    path = tmp_path / "a.html"
    path.write_text(source, encoding="utf-8")
    assert [number for number, _text in sources.unmarked(path)] == lines


@pytest.fixture
def package(tmp_path):
    """One app that says “报告卡” in Python and counts in a template."""
    app = tmp_path / "cards"
    (app / "locale").mkdir(parents=True)
    (app / "views.py").write_text('title = _("报告卡")\n', encoding="utf-8")
    (app / "page.html").write_text(
        "{% blocktranslate count n=k %}{{ n }} 张{% plural %}{{ n }} 张{% endblocktranslate %}", encoding="utf-8"
    )
    return tmp_path


def translate(package, **strings):
    path = package / "cards/locale/en/LC_MESSAGES/django.po"
    texts = {"报告卡": ("Report card",), "%(n)s 张": ("%(n)s card", "%(n)s cards")} | strings
    known = po.read(path)
    po.write(path, [po.Entry(**{**vars(entry), "strings": texts[entry.msgid]}) for entry in known.values()])


def test_extract_keeps_translations_and_drops_what_is_gone(package):
    assert list(messages.extract(package).values()) == [2]
    translate(package)
    (package / "cards/views.py").write_text('title = _("病例")\n', encoding="utf-8")
    path, waiting = messages.extract(package).popitem()
    assert waiting == 1
    assert {entry.msgid: entry.strings for entry in po.read(path).values()} == {
        "病例": ("",),
        "%(n)s 张": ("%(n)s card", "%(n)s cards"),
    }


def test_a_compiled_catalogue_is_what_gettext_reads(package):
    messages.extract(package)
    translate(package)
    (mo,) = messages.compile_all(package)
    catalogue = gettext.GNUTranslations(io.BytesIO(mo.read_bytes()))
    assert catalogue.gettext("报告卡") == "Report card"
    assert [catalogue.ngettext("%(n)s 张", "%(n)s 张", n) for n in (1, 2)] == ["%(n)s card", "%(n)s cards"]
    assert messages.compile_all(package) == []  # nothing newer


def test_our_files_are_read_by_babel_alike(package):
    pofile = pytest.importorskip("babel.messages.pofile")
    messages.extract(package)
    translate(package, 报告卡=('Report "card"\nline',))
    path = package / "cards/locale/en/LC_MESSAGES/django.po"
    theirs = {message.id: message.string for message in pofile.read_po(path.open("rb")) if message.id}
    assert theirs == {"报告卡": 'Report "card"\nline', ("%(n)s 张", "%(n)s 张"): ("%(n)s card", "%(n)s cards")}
    assert po.read(path)["", "报告卡"].strings == ('Report "card"\nline',)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, None),
        ({"报告卡": ("",)}, "'报告卡' has no English"),
        ({"报告卡": ("报告 card",)}, "still has Chinese"),
        ({"%(n)s 张": ("one card", "cards")}, "different placeholders"),
        ({"%(n)s 张": ("one card", "%(n)s cards")}, None),
    ],
)
def test_check_names_what_an_english_page_would_show_wrongly(package, change, said):
    messages.extract(package)
    translate(package, **change)
    problems = messages.check(package)
    assert (problems == []) if said is None else (len(problems) == 1 and said in problems[0])


def test_check_names_texts_out_of_step_fuzzy_and_unmarked(package):
    messages.extract(package)
    translate(package)
    path = package / "cards/locale/en/LC_MESSAGES/django.po"
    path.write_text(
        path.read_text(encoding="utf-8").replace('msgid "报告卡"', '#, fuzzy\nmsgid "报告卡"'), encoding="utf-8"
    )
    (package / "cards/page.html").write_text("<p>新的</p>", encoding="utf-8")
    said = "\n".join(messages.check(package))
    assert "'%(n)s 张' is no longer used" in said
    assert "'报告卡' is marked fuzzy" in said
    assert "cards/page.html:1: '<p>新的</p>' is not marked" in said


def test_a_text_and_a_count_of_it_do_not_clash(package):
    """gettext keeps counted texts apart from plain ones."""
    other = package / "cases"
    (other / "locale").mkdir(parents=True)
    (other / "views.py").write_text('n = ngettext("报告卡", "报告卡", 2)\n', encoding="utf-8")
    messages.extract(package)
    translate(package)
    path = other / "locale/en/LC_MESSAGES/django.po"
    strings = ("{n} card", "{n} cards")
    po.write(path, [po.Entry(**{**vars(entry), "strings": strings}) for entry in po.read(path).values()])
    assert [line for line in messages.check(package) if "use one" in line] == []


def test_two_apps_may_not_say_one_text_in_two_ways(package):
    other = package / "cases"
    (other / "locale").mkdir(parents=True)
    (other / "views.py").write_text('title = _("报告卡")\n', encoding="utf-8")
    messages.extract(package)
    translate(package)
    path = other / "locale/en/LC_MESSAGES/django.po"
    po.write(path, [po.Entry(**{**vars(entry), "strings": ("Case form",)}) for entry in po.read(path).values()])
    (problem,) = messages.check(package)
    assert "use one, or tell them apart with pgettext" in problem


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('msgid "a"\nmsgstr oops\n', ":2: cannot read"),
        ('msgid "a"\nmsgstr "b"\n\nmsgid "a"\nmsgstr "c"\n', "stands twice"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, text, said):
    path = tmp_path / "django.po"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(po.PoError, match=said):
        po.read(path)


def test_the_shell_itself_is_complete_in_english():
    assert [line for line in messages.check() if line.startswith("web/")] == []


def test_the_command_needs_no_development_package():
    code = (
        "import sys\n"
        "for name in ('babel', 'playwright', 'pytest'): sys.modules[name] = None\n"
        "sys.argv = ['messages', 'compile']\n"
        "from yifang.web.messages.__main__ import main\n"
        "sys.exit(main())"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

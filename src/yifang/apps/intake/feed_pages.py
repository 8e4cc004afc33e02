"""The feeds, and one feed: how it comes in, how often, how complete, how late, and whether it fell silent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from yifang.apps.accounts.viewers import Viewer
from yifang.apps.accounts.words import message_language
from yifang.apps.intake import connectors, feed_numbers, queries
from yifang.apps.intake.feed_numbers import DAYS
from yifang.apps.intake.keys_command import state as key_state
from yifang.apps.intake.models import Connection, Feed
from yifang.kernel import clock, messages
from yifang.kernel.protocols import WorkLine
from yifang.web import components
from yifang.web.charts import Chart, Series
from yifang.web.tables import Empty

_TONES: dict[str, components.Tone] = {
    "closed": "neutral", "failing": "bad", "silent": "bad", "never": "bad", "well": "good", "unwatched": "neutral",
}  # fmt: skip
_KEY_TONES: dict[str, components.Tone] = {"good": "good", "expired": "warn", "revoked": "neutral"}


@require_safe
def feeds(request: HttpRequest) -> HttpResponse:
    """The feeds of one's organisation, those that need somebody first."""
    today, now = clock.today(), clock.now()
    rows = []
    for one in queries.feed_states(request.viewer, _since(today)):
        found = feed_numbers.state(one.line.feed, one.line.last_at, bool(one.connection and one.connection.error), now)
        days = feed_numbers.by_day(one.days, today)
        rows.append(
            {
                "line": one.line, "state": state_words(found), "tone": _TONES[found], "bad": _TONES[found] == "bad",
                "ways": [label for label, _detail in _ways(one)], "cadence": span_words(one.line.feed.cadence),
                "figures": feed_numbers.figures(one.days),
                "curve": [day.records if day else 0 for _day, day in days],
            }
        )  # fmt: skip
    rows.sort(key=lambda row: not row["bad"])
    return render(request, "intake/feeds.html", {"rows": rows, "days": DAYS})


@require_safe
def feed(request: HttpRequest, code: str) -> HttpResponse:
    """One feed. Its numbers open to the batches and the quarantine behind them."""
    today, now = clock.today(), clock.now()
    one = queries.feed_state(code, _since(today), request.viewer)
    found = feed_numbers.state(one.line.feed, one.line.last_at, bool(one.connection and one.connection.error), now)
    figures = feed_numbers.figures(one.days)
    context = {
        "feed": one.line.feed, "line": one.line, "connection": one.connection, "days": DAYS, "figures": figures,
        "state": state_words(found), "tone": _TONES[found], "found": found,
        "trouble": _trouble(one.line.feed, one, found), "ways": _ways(one),
        "cadence": span_words(one.line.feed.cadence),
        "keys": [(key, _KEY_TONES[key_state(key)], _key_words(key_state(key))) for key in one.keys],
        "complete": [(label, figures.complete[name]) for name, label in _fields()],
        "delay": figures.delay, "median": bound_words(figures.delay and figures.delay.median),
        "most": bound_words(figures.delay and figures.delay.most),
        "chart": _chart(one.line.feed, one, today),
        "may_connect": request.viewer.can("feed.connect"), "changed": bool(one.connection and one.connection.found),
        "batches_url": f"{reverse('intake:batches')}?feed={one.line.feed.id}",
    }  # fmt: skip
    return render(request, "intake/feed.html", context)


def work_lines(viewer: Viewer) -> Iterator[WorkLine]:
    """The feeds that fell silent or cannot be read, for the desk that answers for them."""
    if not viewer.can("quarantine.mend"):
        return
    now = clock.now()
    for one in queries.watched(viewer):
        feed, failing = one.line.feed, bool(one.connection and one.connection.error)
        found = feed_numbers.state(feed, one.line.last_at, failing, now)
        if _TONES[found] == "bad":
            label = f"{name_of(feed)}：{state_words(found)}" if message_language() == "zh" else ""
            label = label or f"{name_of(feed)}: {state_words(found)}"
            days = (now - one.line.last_at).days if one.line.last_at else 0
            yield WorkLine(label, reverse("intake:feed_page", args=[feed.code]), max(days, 1), urgent=True)


def name_of(feed: Feed) -> str:
    """The feed's name in the reader's language."""
    return (feed.name_en if message_language() == "en" else "") or feed.name


def state_words(state: str) -> str:
    """How a feed is, in a word."""
    return {
        "closed": _("已停用"), "failing": _("读不了"), "silent": _("已沉默"), "never": _("从未来过"),
        "well": _("按时"), "unwatched": _("未设应来间隔"),
    }[state]  # fmt: skip


def span_words(seconds: int) -> str:
    """A length of time in words; empty for none."""
    units = ((86400, _("{n} 天")), (3600, _("{n} 小时")), (60, _("{n} 分钟")), (1, _("{n} 秒")))
    for size, words in units:
        if seconds and seconds % size == 0:
            return words.format(n=seconds // size)
    return ""


def bound_words(minutes: int | None) -> str:
    """An upper bound of a delay."""
    return f"≤ {span_words(minutes * 60)}" if minutes else f"> {span_words(30 * 86400)}"


def _ways(one: queries.FeedState) -> list[tuple[str, str]]:
    """How the feed comes in, and the particulars of each way."""
    feed = one.line.feed
    folder = "inbox" if feed.folder == "." else f"inbox/{feed.folder or feed.code}"
    ways = [(_("目录"), folder)]
    if feed.senders:
        ways.append(
            ("MLLP", _("端口 {port}，来自 {senders}").format(port=settings.YIFANG.mllp_port, senders=feed.senders))
        )
    if good := sum(key_state(key) == "good" for key in one.keys):
        ways.append(("HTTP", ngettext("{n} 个在用密钥", "{n} 个在用密钥", good).format(n=good)))
    if (read := one.connection) is not None:
        place = " ".join(
            str(read.settings[key]) for key in ("view", "operation", "path", "resource") if key in read.settings
        )
        shown = _("{source} {place}，每 {every} 读一次")
        ways.append(
            (
                connectors.get(read.connector).title,
                shown.format(source=read.shown, place=place, every=span_words(read.every)),
            )
        )
    return ways


def _trouble(feed: Feed, one: queries.FeedState, found: str) -> str:
    """What is wrong with the feed and what to do, empty where nothing is."""
    if found == "failing" and one.connection:
        return reason_of(one.connection)
    if found == "silent":
        text = _("应每 {cadence} 来一次，已超过三倍时间没有收到。请查来源系统和接口程序是否停了。")
        return text.format(cadence=span_words(feed.cadence))
    if found == "never":
        return _("还没有收到过任何内容。请核对来源系统的接口设置。")
    return ""


def reason_of(read: Connection) -> str:
    """Why a source cannot be read, in words."""
    try:
        return messages.render(read.error, read.error_params, message_language())
    except messages.MessageError:  # noted by another version
        return read.error


def _fields() -> list[tuple[str, Any]]:
    return [
        ("id", _("身份证件号")), ("birth", _("出生日期")), ("address", _("住址或区划代码")), ("time", _("发生时间")),
        ("diagnosis", _("诊断编码（就诊和报卡）")),
    ]  # fmt: skip


def _key_words(state: str) -> str:
    return messages.render(f"intake.key_state.{state}", {}, message_language())


def _chart(feed: Feed, one: queries.FeedState, today: date) -> Chart:
    days = feed_numbers.by_day(one.days, today)
    batches = reverse("intake:batches")
    links = [f"{batches}?feed={feed.id}&day={day.isoformat()}" if found else "" for day, found in days]

    def series(name: Any, field: str, tone: Any) -> Series:
        return Series(name, [getattr(found, field) if found else 0 for _day, found in days], links, tone)

    records = sum(found.records for _day, found in days if found)
    nothing = None if one.days else Empty(_("这 {n} 天没有收到内容").format(n=DAYS), "", "inbox")
    return Chart(
        "feed-days", "bars", _("每天收到的记录"), [f"{day:%m-%d}" for day, _found in days],
        [
            series(_("存入"), "records", "1"), series(_("重复"), "repeats", "3"), series(_("隔离件"), "refused", "5"),
        ],
        _("按到达日，接收时逐批累计"), says=_("{days} 天共存入 {n} 条").format(days=DAYS, n=records), corner=_("日期"),
        empty=nothing, marked=len(days) - 1,
    )  # fmt: skip


def _since(today: date) -> date:
    return today - timedelta(days=DAYS - 1)

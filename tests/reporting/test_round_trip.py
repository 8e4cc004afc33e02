"""Cards taken out in the national columns, completed there, and brought back by each form of file."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tests import apps
from tests.reporting import cards
from yifang.apps.accounts.viewers import enter
from yifang.apps.reporting import services
from yifang.apps.reporting.models import Card, CardState, EntrySource
from yifang.kernel import clock
from yifang.kernel.clock import CHINA

pytestmark = pytest.mark.django_db
CHILDREN = (("陈小宝", 1), ("林小雨", 2), ("赵一诺", 3))


def as_csv(rows: list[list[str]], encoding: str) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode(encoding)


def as_workbook(rows: list[list[str]], encoding: str) -> bytes:
    book = openpyxl.Workbook()
    for cells in rows:
        book.active.append(cells)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


FORMS = (("回执.csv", as_csv, "gbk"), ("回执-8.csv", as_csv, "utf-8-sig"), ("回执.xlsx", as_workbook, ""))


def test_numbers_and_times_come_back_by_every_form_of_file_and_a_wrong_row_is_named_by_its_number(county, sign_in):
    desk, waiting = county.viewer("hospital_desk"), []
    for name, order in CHILDREN:
        card = cards.brought(county, CardState.HOSPITAL_REVIEW, cards.blank(county, **cards.right(name, order)))
        with enter(desk):
            services.approve(card.id, desk)
        waiting.append(Card.objects.get(id=card.id))
    apps.deliver()
    client = sign_in("hospital_desk")
    picked = {"pick": [str(one.id) for one in waiting], "as": "csv"}
    taken_out = client.post("/desk/columns", picked).content.decode("gb18030")
    header, *rows = list(csv.reader(io.StringIO(taken_out)))
    by_name = {cells[header.index("患者姓名")]: cells for cells in rows}
    at = (clock.now() - timedelta(minutes=1)).astimezone(CHINA).replace(second=0, microsecond=0)
    for number, ((name, _), card, (file, form, encoding)) in enumerate(zip(CHILDREN, waiting, FORMS, strict=True)):
        done = list(by_name[name])
        done[header.index("卡片ID")], done[header.index("报告卡录入时间")] = (
            f"310112-00{number}",
            f"{at:%Y-%m-%d %H:%M}",
        )
        done[header.index("审核状态")] = "未审核卡"
        without_time = list(done)
        without_time[header.index("卡片ID")], without_time[header.index("报告卡录入时间")] = f"310112-90{number}", ""
        sheet = [["传染病报告卡"], header, without_time, done]
        answer = client.post("/desk/reconcile", {"file": SimpleUploadedFile(file, form(sheet, encoding))})
        page = client.get(answer["Location"]).content.decode()
        assert f"310112-90{number}" in page, "the wrong row is shown"
        assert "报告卡录入时间" in page, "and the column at fault"
        client.post(f"{answer['Location']}/confirm", {"card-4": str(card.id)})
        card.refresh_from_db()
        assert (card.national_card_id, card.entered_at, card.entry_source) == (
            f"310112-00{number}", at, EntrySource.RECONCILED,
        )  # fmt: skip
    wrong = client.get(answer["Location"]).content.decode()
    assert wrong.index("不能登记") < wrong.index(">3<"), "row 3 of the file, title and header counted"

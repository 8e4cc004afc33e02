"""What this app offers to the shell: people to the search box, records to the person's time line."""

from collections.abc import Iterator
from uuid import UUID

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from yifang.apps.accounts.roles import ROLES, may
from yifang.apps.accounts.viewers import Viewer
from yifang.apps.records import presenting, queries
from yifang.kernel import protocols


def register() -> None:
    """Called once, when the app is ready."""
    protocols.search.add(protocols.Named("records.people", people))
    protocols.searched.add(protocols.Named("records", queries.searched))
    protocols.name_words("purpose", {queries.SEARCHING: _("按姓名号码查找")})
    protocols.timeline.add(protocols.Named("records", records))
    protocols.menu.add(
        protocols.MenuItem(
            "person_pairs",
            _("疑似同一人"),
            "records:pairs",
            frozenset(key for key in ROLES if may(key, "person.link")),
            41,
            "users",
            queries.person_pairs_waiting,
            _("核对两份资料是不是同一个人：是，就合到一起；不是，以后不再问。"),
            group="records",
        )
    )
    protocols.menu.add(
        protocols.MenuItem(
            "registers",
            _("登记簿"),
            "records:registers",
            frozenset(key for key in ROLES if may(key, "register.view")),
            42,
            "clipboard-list",
            about=_("门诊日志、出入院登记、检验和影像异常登记，由收到的记录生成，供检查和自查。"),
            group="records",
        )
    )
    protocols.subject_pages.add(protocols.SubjectPage("person", "records:person"))
    protocols.subject_pages.add(protocols.SubjectPage("pair", "records:pair"))
    protocols.name_words("subject", {"pair": _("疑似同一人"), "register": _("登记簿")})
    protocols.subject_pages.add(protocols.SubjectPage("record", "records:record"))


def people(viewer: Viewer, text: str, limit: int) -> list[protocols.SearchHit]:
    """People found by their exact name, number or telephone, masked."""
    return [
        protocols.SearchHit(
            "person",
            found.masked_name,
            " · ".join(filter(None, (presenting.sex(found), presenting.age(found.birth_date), found.masked_id_no))),
            reverse("records:person", args=[found.id]),
        )
        for found in queries.look_up(viewer, text, limit)
    ]


def records(viewer: Viewer, person_id: UUID) -> Iterator[protocols.TimelineEntry]:
    """The person's records as the viewer may see them."""
    for row in queries.records_of(person_id):
        where = " ".join(filter(None, (row.organisation.name, row.department)))
        detail = " · ".join(filter(None, (where, presenting.summary(row))))
        url = reverse("records:record", args=[row.id]) if viewer.can("record.view") else ""
        doses = list(presenting.doses(row))
        if row.kind != "immunization" or not doses:
            yield protocols.TimelineEntry(row.at, row.kind, presenting.kind(row), detail, url)
        for at, name in doses:  # each on its own day, whichever record tells of it
            yield protocols.TimelineEntry(
                at, "immunization", presenting.KINDS["immunization"], f"{name} · {where}", url
            )

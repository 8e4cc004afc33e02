"""The side menu: long ones are grouped, so that every role sees a short one."""

import pytest

from yifang.apps.accounts.roles import ROLES
from yifang.kernel import protocols
from yifang.web.context import FLAT, GROUPS, MenuLink, grouped


def links(*groups: str, current: int = -1) -> list[MenuLink]:
    return [MenuLink(f"L{n}", f"/{n}/", "circle", n == current, n, group) for n, group in enumerate(groups)]


def test_a_long_menu_is_grouped_and_a_group_of_one_stands_by_itself():
    found = grouped(links("", "", *["reports"] * 5, "rules", *["data"] * 3, current=10))
    assert [(group.key, len(group.links), bool(group.label), group.current) for group in found] == [
        ("", 2, False, False),
        ("reports", 5, True, False),
        ("data", 3, True, True),
        ("rules", 1, False, False),
    ]
    assert found[1].waiting == 2 + 3 + 4 + 5 + 6


def test_a_short_menu_is_not_grouped():
    (only,) = grouped(links(*["reports"] * FLAT))
    assert (only.label, len(only.links)) == ("", FLAT)


def test_every_group_of_an_entry_has_a_heading():
    assert {item.group for item in protocols.menu} <= {"", *GROUPS}


@pytest.mark.parametrize("role", ROLES)
def test_every_role_has_a_short_menu(role: str):
    """What stands there at once: the links above the groups, the headings, the links of the one group that is open."""
    found = grouped(links(*(item.group for item in protocols.menu if not item.roles or role in item.roles)))
    above = sum(1 if group.label else len(group.links) for group in found)
    opened = max((len(group.links) for group in found if group.label), default=0)
    assert above <= 10
    assert above + opened <= 15
